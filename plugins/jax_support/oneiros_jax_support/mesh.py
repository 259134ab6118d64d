"""Where functions that JAX compiles keep variables and batches: on the devices of a
mesh with one axis."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np
from oneiros.typing import Array
from oneiros_backend_toolkit.batches import aligned_copy
from oneiros_backend_toolkit.compiled_on_demand import CompiledLoop, CompiledStep

from oneiros_jax_support.jax_import import jax
from oneiros_jax_support.placed_calls import placed_loop, placed_step
from oneiros_jax_support.placement import fetched
from oneiros_jax_support.storing import TracedStep

AXIS = "data"
"""The name of the mesh's axis."""


class MeshPlacement:
    """Each device has all variables, and some rows of a batch.

    # Arguments
        devices: the devices of JAX.

    # Properties
        own_rows: bool, whether each process passes only its own rows of a batch.
        devices: int, their number.
        mesh: the `jax.sharding.Mesh`.
        replicated: the sharding of arrays that each device has whole.
    """

    own_rows = False

    def __init__(self, devices: Sequence[Any]):
        self.devices = len(devices)
        array = np.array(devices)
        self.mesh = jax.sharding.Mesh(array, (AXIS,))
        self.replicated = self.sharding()

    def sharding(self, axis: int | None = None):
        """Returns the sharding of an array that is split along an axis, or not at
        all."""
        names: list[str | None] = []
        if axis is not None:
            names = [None] * axis
            names.append(AXIS)
        spec = jax.sharding.PartitionSpec(*names)
        return jax.sharding.NamedSharding(self.mesh, spec)

    def variable_sharding(self, shape: tuple[int, ...]):
        """Returns the sharding of a variable of a shape."""
        return self.replicated

    def variable(self, array) -> Any:
        """Returns the value of a variable on all devices."""
        shape = np.shape(array)
        sharding = self.variable_sharding(shape)
        if isinstance(array, jax.Array) and array.sharding == sharding:
            return array
        value = fetched(array)

        def part(place) -> Array:
            # The next step writes into it: no two devices may share it
            return aligned_copy(value[place])

        return jax.make_array_from_callback(shape, sharding, part)

    def batch(self, array, index: Array | None = None) -> Any:
        """Returns rows of an array, split among the devices."""
        rank = np.ndim(array)
        if index is None and rank == 0:
            return np.asarray(array)
        if rank == 1:
            return self._on_all_devices(array, index)
        if index is None:
            return self._whole_batch(array)
        rows = index.shape[-1]
        lacking = self.divisible(rows) - rows
        padded = _longer(index, lacking, axis=-1)

        def part(place) -> Array:
            index_place = place[: padded.ndim]
            chosen = padded[index_place]
            values: Array = array[chosen]
            return values

        axis = index.ndim - 1
        sharding = self.sharding(axis)
        row_shape = array.shape[1:]
        shape = (*padded.shape, *row_shape)
        return jax.make_array_from_callback(shape, sharding, part)

    def _on_all_devices(self, array, index: Array | None) -> Any:
        """Returns numbers, one for each row, such as weights of samples: each device
        has all of them, so that their sum, which the loss is divided by, takes no
        message."""
        values = array
        if index is not None:
            values = array[index]
        whole = np.asarray(values)
        part = whole.__getitem__
        return jax.make_array_from_callback(whole.shape, self.replicated, part)

    def _whole_batch(self, array) -> Any:
        rows, *row_shape = array.shape
        padded_rows = self.divisible(rows)

        def part(place) -> Array:
            own_rows = place[0]
            start, stop, _ = own_rows.indices(padded_rows)
            count = stop - start
            values = np.asarray(array[own_rows])
            lacking = count - len(values)
            return _longer(values, lacking, axis=0)

        sharding = self.sharding(0)
        shape = (padded_rows, *row_shape)
        return jax.make_array_from_callback(shape, sharding, part)

    def divisible(self, rows: int) -> int:
        """Returns the next number of rows that the devices divide."""
        lacking = -rows % self.devices
        return rows + lacking

    def compile_step(self, step: TracedStep, arrays) -> CompiledStep:
        """Returns one step on all devices, for inputs of the shapes of these."""
        return placed_step(self, step, arrays)

    def compile_loop(self, step: TracedStep, arrays, index) -> CompiledLoop | None:
        """Returns many steps on all devices in one call; None for steps that are faster
        one by one."""
        return placed_loop(self, step, arrays, index)

    def agree(self, arrays, data) -> str:
        """Waits until all processes compile a step; returns its name.

        # Arguments
            arrays: arrays of the shapes that it is compiled for.
            data: arrays that must be the same in all processes.
        """
        return ""

    def together(self, name: str) -> AbstractContextManager[None]:
        """Context manager in which all processes compute a step of this name."""
        return nullcontext()


def _longer(array: Array, count: int, axis: int) -> Array:
    """Returns an array with so many more zeros at the end of an axis."""
    if count == 0:
        return array
    shape = list(array.shape)
    shape[axis] = count
    zeros = np.zeros(shape, array.dtype)
    return np.concatenate([array, zeros], axis)
