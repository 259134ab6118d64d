"""The result of `K.function`: a program, compiled on demand."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import numpy as np
from oneiros.errors import ArgumentError, GraphError

from oneiros_backend_toolkit.batches import compiled_steps, padded_index
from oneiros_backend_toolkit.feeds import Upload
from oneiros_backend_toolkit.function import Function
from oneiros_backend_toolkit.images import last_order
from oneiros_backend_toolkit.interrupts import kept_interrupts
from oneiros_backend_toolkit.lazy_graph.engine import CompiledLoop, CompiledStep
from oneiros_backend_toolkit.lazy_graph.program import Program
from oneiros_backend_toolkit.lazy_graph.recorder import Recorder
from oneiros_backend_toolkit.lazy_graph.sources import Variable
from oneiros_backend_toolkit.lazy_graph.tensors import LazyTensor
from oneiros_backend_toolkit.updates import check_new_shape

Array = np.ndarray[Any, Any]
COUNTERS = 2**31
"""The number of steps after which random operations start over."""


class RecordedFunction(Function):
    """A Function over recorded nodes: compiled once per phase and shapes of its inputs.

    # Arguments
        backend: the Backend it belongs to.
        recorder: the Recorder of its nodes.
        inputs: list of nodes, the learning phase possibly among them.
        outputs: list of tensors.
        updates: list of `(variable, new value)` pairs.
        options: what the engine is told; it finds them in the program's `options`.

    # Properties
        program: the Program that it computes.
    """

    def __init__(
        self,
        backend: Any,
        recorder: Recorder,
        inputs: Any,
        outputs: Any,
        updates: Any,
        **options: Any,
    ) -> None:
        super().__init__(backend, _originals(inputs), outputs, updates)
        pairs = [(old, _new_value(recorder, old, new)) for old, new in self.updates]
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
        self._engine = recorder.engine
        self._lock = threading.RLock()
        self._steps: dict[Any, CompiledStep] = {}
        self._loops: dict[Any, tuple[int, CompiledLoop]] = {}

    def _moved(self, x: LazyTensor) -> LazyTensor:
        """Returns an input with channels last, as a constant: what is differentiated by
        the input is differentiated by this node, too."""
        moved = self.backend.permute_dimensions(x, last_order(self.backend.ndim(x)))
        constant: LazyTensor = self.backend.stop_gradient(moved)
        return constant

    # Random state

    def get_random_state(self) -> list[list[int]]:
        """Returns seed and counter of each random operation."""
        states = [stream.source for stream in self.program.streams]
        return [[state.seed, state.counter] for state in states]

    def set_random_state(self, states: Any) -> None:
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
            for node, (seed, counter) in zip(streams, states, strict=True):
                node.source.seed = seed
                node.source.counter = counter
            self._steps.clear()
            self._loops.clear()

    def _advance(self, steps: int) -> int:
        """Returns the number of the next step, and counts these on all streams."""
        if not self.program.streams:
            return 0
        with self._lock:
            states = [stream.source for stream in self.program.streams]
            counter: int = max(state.counter for state in states)
            for state in states:
                state.counter = (counter + steps) % COUNTERS
        return counter

    # One step

    def run(self, arrays: list[Array], phase: int | None) -> list[Any]:
        """Runs once on checked arrays."""
        key = (phase or 0, *self._shapes(arrays))
        step = self._steps.get(key)
        if step is None:
            step = self._compiled_step(key, arrays)
        return step(arrays, self._advance(1))

    def _shapes(self, arrays: list[Any]) -> list[tuple[int, ...]]:
        """Returns the shapes that are compiled for."""
        if not self._engine.specialises:
            return []
        return [array.shape for array in arrays]

    def _compiled_step(self, key: Any, arrays: list[Array]) -> CompiledStep:
        phase = key[0]
        with self._lock:
            if key not in self._steps:
                with kept_interrupts():
                    compiled = self._engine.compile(self.program, phase, arrays)
                self._steps[key] = compiled
            return self._steps[key]

    # Runs of steps

    def upload(self, arrays: Sequence[Any]) -> Upload:
        """Copies whole data sets to the device, for `loop`."""
        return Upload([self._engine.put(*pair) for pair in self.check_upload(arrays)])

    def loop(self, handle: Upload, index: Any, phase: int | None = None) -> list[Any]:
        """Runs one step per row of `index` in one compiled call.

        See `oneiros_backend_toolkit.function.Function.loop`.
        """
        rows = self.check_index(handle, index)
        chosen = 0 if phase is None else self.check_phase(phase)
        arrays = handle.arrays
        steps, batch = rows.shape
        key = (chosen, batch, *[shape[1:] for shape in self._shapes(arrays)])
        if steps == 1 and key not in self._loops:
            arrays = self._engine.rows(arrays, rows[0])
            return [output[None] for output in self.run(arrays, chosen)]
        with self._lock:
            most, run = self._loops.get(key, (0, None))
            if run is None or most < steps:
                most = compiled_steps(steps, batch, arrays)
                padded = padded_index(rows, most)
                with kept_interrupts():
                    run = self._engine.compile_loop(
                        self.program, chosen, arrays, padded
                    )
                self._loops[key] = (most, run)
        outputs = run(arrays, padded_index(rows, most), steps, self._advance(steps))
        if any(len(output) < steps for output in outputs):
            raise GraphError(
                f"The engine lost steps of a loop of {steps}. Pass batches one by one "
                f"instead."
            )
        return [output[:steps] for output in outputs]


def _originals(inputs: Any) -> Any:
    """Returns the inputs of a function, and for copies what they are copies of."""
    if isinstance(inputs, (list, tuple)):
        return [_originals(x) for x in inputs]
    original = getattr(inputs, "original", None)
    return inputs if original is None else original


def _new_value(recorder: Recorder, variable: Any, new: Any) -> LazyTensor:
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
