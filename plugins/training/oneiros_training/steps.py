"""A model's compiled functions, and streams whose batches they process."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from oneiros import backend as K
from oneiros.backend.contract import CompiledFunction
from oneiros.engine.node import to_list
from oneiros.engine.streams import CALL, Run, Stream, current_observer
from oneiros.typing import Array


@dataclass(slots=True)
class Step:
    """A model's compiled function for one use, and the learning phase to call it with.

    # Properties
        function: a `K.function`; or any function of a list of arrays, which runs once.
        phase: 0 or 1; None if the function takes no learning phase.
    """

    function: CompiledFunction
    phase: int | None

    def __call__(self, arrays: list[Array]) -> list[Array]:
        """Runs on one batch."""
        return to_list(self.function(self.inputs(arrays)))

    def inputs(self, arrays: list[Any]) -> list[Any]:
        """Returns all that the function takes: these arrays and the learning phase, if
        it takes one."""
        return arrays if self.phase is None else [*arrays, float(self.phase)]


def step_for(model, use: str) -> Step:
    """Returns the model's compiled function for a use, with its phase; makes it if
    needed.

    A user's function that isn't a `K.function` receives the phase if the model depends
    on it.

    # Arguments
        use: `"train"`, `"test"` or `"predict"`.
    """
    getattr(model, f"_make_{use}_function")()
    function = getattr(model, f"{use}_function")
    if isinstance(function, CompiledFunction):
        takes_phase = function.phase_index is not None
    else:
        is_fixed = isinstance(K.learning_phase(), int)
        takes_phase = model.uses_learning_phase and not is_fixed
    return Step(function, int(use == "train") if takes_phase else None)


class ModelStream(Stream):
    """Batches, and the step of a model that processes them.

    # Arguments
        model: the model.
        use: `"train"`, `"test"` or `"predict"`.

    # Properties
        step: the `Step`, once the stream is open.
        observer: the `Observer` to notify of phases, once the stream is open.
    """

    def __init__(self, model, use: str):
        self.model = model
        self.use = use
        self.observer = current_observer()

    def open(self, singly: bool = False) -> None:
        """Prepares for the first epoch."""
        self.observer = current_observer()
        self.step = step_for(self.model, self.use)

    def compute_batch(self, run: Run, arrays: list[Array]) -> list[Array]:
        """Like `compute`, for a run of one batch with these arrays."""
        self.observer.enter(CALL)
        outputs = self.step(arrays)
        self.observer.computed(self.step.function, run, arrays)
        return [np.asarray(output)[None] for output in outputs]
