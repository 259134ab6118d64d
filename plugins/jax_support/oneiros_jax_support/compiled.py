"""Functions whose steps JAX compiles."""

from typing import Any

import numpy as np
from oneiros.typing import Array
from oneiros_backend_toolkit.batches import aligned_copy
from oneiros_backend_toolkit.compiled_on_demand import (
    CompiledLoop,
    CompiledOnDemand,
    CompiledStep,
)

from oneiros_jax_support.cores import cores_for
from oneiros_jax_support.devices import scope
from oneiros_jax_support.jax_import import jax
from oneiros_jax_support.mesh import MeshPlacement
from oneiros_jax_support.runs import batches_for, gathered, rows_for, uploaded
from oneiros_jax_support.storing import StoringCall, TracedStep, loop_of


class CompiledByJax(CompiledOnDemand):
    """A function whose steps JAX compiles; a subclass says what a step computes."""

    def __init__(self, backend, inputs, outputs, updates=()) -> None:
        super().__init__(backend, inputs, outputs, updates)
        self.placement: MeshPlacement | None = backend.placement

    def step(self, phase: int) -> TracedStep:
        """Returns what a step computes in a learning phase."""
        raise NotImplementedError(f"{type(self).__name__} doesn't define step().")

    def compile_step(self, phase: int, arrays) -> CompiledStep:
        """Returns one step, compiled for inputs of the shapes of these."""
        step = self.step(phase)
        if self.placement is not None:
            return self.placement.compile_step(step, arrays)
        storing = StoringCall(step, step.run, arrays)
        rows = [len(array) for array in arrays if array.ndim]
        cores = cores_for(storing, rows)
        if cores is not None:
            return cores.compile_step(step, arrays)
        storing.compile()
        return storing

    def compile_loop(self, phase: int, arrays, index: Array) -> CompiledLoop | None:
        """Returns many steps in one call, for an index like this one.

        Returns None for steps with convolutions on a CPU, where convolutions in XLA's
        loops take up to sixty times as long.
        """
        step = self.step(phase)
        if self.placement is not None:
            return self.placement.compile_loop(step, arrays, index)
        computing = scope(step.backend)
        with computing():
            batches = jax.eval_shape(gathered, index, arrays)
        arguments = [np.int32(0), index, *batches]
        storing = StoringCall(step, loop_of(step), arguments)
        if storing.convolves:
            return None
        cores = cores_for(storing, index.shape[1:])
        if cores is not None:
            return cores.compile_loop(step, arrays, index)
        storing.compile()

        def run(arrays, index: Array, steps: int, counter) -> list[Array]:
            with computing():
                batches = batches_for(index, arrays)
            count = np.int32(steps)
            arguments = [count, index, *batches]
            return storing(arguments, counter)

        return run

    def put(self, array: Array, dtype):
        """Copies an array to the device, as one of a type; on several devices, which
        get their rows run by run, to memory of the host."""
        if self.placement is not None:
            return aligned_copy(array, dtype)
        computing = scope(self.backend.name)
        with computing():
            return uploaded(array, dtype)

    def rows(self, arrays, index: Array) -> list[Any]:
        """Returns the rows that an index names, of each array."""
        computing = scope(self.backend.name)
        with computing():
            return rows_for(index, arrays)
