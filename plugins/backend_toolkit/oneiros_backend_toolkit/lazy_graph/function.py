"""The result of `K.function`: a program, compiled on demand."""

import numpy as np
from oneiros.errors import ArgumentError, DataError
from oneiros.typing import Shape

from oneiros_backend_toolkit.compiled_on_demand import CompiledOnDemand
from oneiros_backend_toolkit.function import check_new_shape
from oneiros_backend_toolkit.images import last_order
from oneiros_backend_toolkit.lazy_graph.graph import Variable
from oneiros_backend_toolkit.lazy_graph.program import Program
from oneiros_backend_toolkit.lazy_graph.recorder import Recorder
from oneiros_backend_toolkit.lazy_graph.tensors import LazyTensor

COUNTERS = 2**31
"""The number of steps after which random operations start over."""


class RecordedFunction(CompiledOnDemand):
    """A Function over recorded nodes: compiled once per phase and shapes of its inputs.

    An engine defines `compile_step`, and more of CompiledOnDemand where it can.

    # Arguments
        backend: the RecordedBackend it belongs to.
        inputs: list of nodes, the learning phase possibly among them.
        outputs: list of tensors.
        updates: list of `(variable, new value)` pairs.
        options: what the engine is told; it finds them in the program's `options`.

    # Properties
        program: the Program that it computes.
    """

    def __init__(self, backend, inputs, outputs, updates, **options) -> None:
        super().__init__(backend, _originals(inputs), outputs, updates)
        recorder: Recorder = backend.recorder
        pairs = []
        for variable, new in self.updates:
            pairs.append((variable, _new_value(recorder, variable, new)))
        lifted = [recorder.lift(x) for x in self.outputs]
        has_phase = self.phase_index is not None
        substitutes = [(form, self._moved(x)) for x, form in self.forms]
        self.program = Program(
            recorder=recorder,
            inputs=self.placeholders,
            outputs=lifted,
            updates=pairs,
            has_phase=has_phase,
            options=options,
            substitutes=substitutes,
        )

    def _moved(self, x: LazyTensor) -> LazyTensor:
        """Returns an input with channels last, as a constant: what is differentiated by
        the input is differentiated by this node, too."""
        order = last_order(self.backend.ndim(x))
        moved = self.backend.permute_dimensions(x, order)
        constant: LazyTensor = self.backend.stop_gradient(moved)
        return constant

    # Random state

    def get_random_state(self) -> list[list[int]]:
        """Returns seed and counter of each random operation."""
        states = [stream.source for stream in self.program.streams]
        return [[state.seed, state.counter] for state in states]

    def set_random_state(self, states) -> None:
        """Sets seeds and counters.

        What was compiled with other seeds is compiled again.
        """
        streams = self.program.streams
        if len(states) != len(streams):
            raise ArgumentError(
                f"set_random_state received the seeds of {len(states)} random "
                f"operations, but this function has {len(streams)}. Build the model as "
                "it was when they were saved."
            )
        with self._lock:
            for node, state in zip(streams, states):
                seed, counter = np.array(state, np.uint32).tolist()
                node.source.seed = seed
                node.source.counter = counter
            self.forget_compiled()

    def advance(self, steps: int) -> int:
        """Returns the number of the next step, and counts these on all streams."""
        if not self.program.streams:
            return 0
        with self._lock:
            states = [stream.source for stream in self.program.streams]
            counter: int = max(state.counter for state in states)
            for state in states:
                state.counter = (counter + steps) % COUNTERS
        return counter


def check_update(variable: LazyTensor, shape: Shape) -> None:
    """Checks the shape of a variable's new value, once that is known.

    # Raises
        DataError: if it isn't the variable's.
    """
    sizes = tuple(shape)
    if sizes != variable.shape:
        raise DataError(
            f"The update of {variable.name!r} has shape {sizes}, expected shape "
            f"{variable.shape}."
        )


def _originals(inputs):
    """Returns the inputs of a function, and for copies what they are copies of."""
    if isinstance(inputs, (list, tuple)):
        return [_originals(x) for x in inputs]
    original = getattr(inputs, "original", None)
    if original is None:
        return inputs
    return original


def _new_value(recorder: Recorder, variable, new) -> LazyTensor:
    """Returns the node of a variable's new value, of the variable's type."""
    if not recorder.owns(variable) or not isinstance(variable.source, Variable):
        raise ArgumentError(
            f"An update changes a variable of its backend, not {variable!r:.200}."
            f"{recorder.of_engine(variable)}"
        )
    node: LazyTensor = recorder.lift(new, variable.dtype)
    if node.shape is not None:
        check_new_shape(variable.name, variable.shape, node.shape)
    return node
