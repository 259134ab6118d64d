"""Functions that are compiled when they are called, for the shapes of their inputs."""

import sys
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
from oneiros.typing import Array, Tensors

from oneiros_backend_toolkit.batches import compiled_steps, padded_index
from oneiros_backend_toolkit.function import Function, Upload
from oneiros_backend_toolkit.interrupts import interrupted_safely

CompiledStep = Callable[[Tensors, Any], list[Array]]
"""A function of the input arrays and the step number that returns outputs."""
CompiledLoop = Callable[[Tensors, Array, int, Any], list[Array]]
"""A function of data, an index, a number of steps and the first step's number that
returns the outputs of each step."""


class CompiledOnDemand(Function):
    """A Function that is compiled once per phase and shapes of its inputs.

    An engine defines `compile_step` and `advance`, and `compile_loop` if it compiles
    loops.

    # Properties
        specialises: whether it is compiled for inputs of certain shapes; otherwise what
            is compiled accepts all shapes.
    """

    specialises: bool = True

    def __init__(self, backend, inputs, outputs, updates=()) -> None:
        super().__init__(backend, inputs, outputs, updates)
        self._lock = threading.RLock()
        self._steps: dict[Any, CompiledStep] = {}
        self._loops: dict[Any, tuple[int, CompiledLoop | None]] = {}

    def compile_step(self, phase: int, arrays: Tensors) -> CompiledStep:
        """Returns one step, compiled for inputs of the shapes of these."""
        raise NotImplementedError

    def compile_loop(
        self, phase: int, arrays: Tensors, index: Array
    ) -> CompiledLoop | None:
        """Returns a loop, compiled for an index of the shape of this one; None if steps
        are faster one by one.

        The loop may go on beyond the number of steps.
        """
        return None

    def advance(self, steps: int):
        """Returns the number of the next step for random operations, and counts
        these."""
        raise NotImplementedError

    def forget_compiled(self) -> None:
        """Lets the next call compile anew."""
        with self._lock:
            self._steps.clear()
            self._loops.clear()

    def run(self, arrays: list[Array], phase: int | None) -> Tensors:
        """Runs once on checked arrays."""
        shapes = self._shapes(arrays)
        key = (phase or 0, *shapes)
        step = self._steps.get(key)
        if step is None:
            step = self._compiled_step(key, arrays)
        number = self.advance(1)
        return step(arrays, number)

    def _shapes(self, arrays: Tensors) -> list[tuple[int, ...]]:
        """Returns the shapes that are compiled for."""
        if not self.specialises:
            return []
        return [array.shape for array in arrays]

    def _compiled_step(self, key, arrays: list[Array]) -> CompiledStep:
        phase = key[0]
        with self._lock:
            if key not in self._steps:
                with interrupted_safely():
                    self._steps[key] = self.compile_step(phase, arrays)
            return self._steps[key]

    def loop(self, handle: Upload, index, phase: int | None = None) -> Tensors:
        """Runs one step per row of `index` in one compiled call.

        See `oneiros_backend_toolkit.function.Function.loop`.
        """
        rows = self.check_index(handle, index)
        chosen = 0
        if phase is not None:
            chosen = self.check_phase(phase)
        arrays = handle.arrays
        steps, batch = rows.shape
        shapes = self._shapes(arrays)
        row_shapes = [shape[1:] for shape in shapes]
        key = (chosen, batch, *row_shapes)
        if steps == 1 and key not in self._loops:
            return self.run_steps(arrays, rows, chosen)
        most, run = self._compiled_loop(key, arrays, rows)
        if run is None:
            data = [np.asarray(array) for array in arrays]
            return self.run_steps(data, rows, chosen)
        padded = padded_index(rows, most)
        first = self.advance(steps)
        outputs = run(arrays, padded, steps, first)
        return [output[:steps] for output in outputs]

    def _compiled_loop(
        self, key, arrays: Tensors, rows: Array
    ) -> tuple[int, CompiledLoop | None]:
        """Returns a loop, and for how many steps at most it is compiled."""
        phase, batch, *_ = key
        steps = len(rows)
        with self._lock:
            most, run = self._loops.get(key, (-1, None))
            if most < steps:
                most = compiled_steps(steps, batch, arrays)
                padded = padded_index(rows, most)
                with interrupted_safely():
                    run = self.compile_loop(phase, arrays, padded)
                if run is None:
                    most = sys.maxsize
                self._loops[key] = (most, run)
            return most, run
