"""Where functions that JAX compiles keep variables and batches: on all devices of all
processes, which form one mesh."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from oneiros.errors import ArgumentError
from oneiros.typing import Array
from oneiros_backend_toolkit.batches import aligned_copy
from oneiros_distribution.team import Team
from oneiros_jax_support.jax_import import jax
from oneiros_jax_support.placed import JaxPlacement, fetched

from oneiros_distribution_jax.processes import start

AXIS = "data"
"""The name of the mesh's axis."""
LONGEST_PLACE = 300
WORDS = np.uint32


def placement(team: Team, shard: Mapping[str, int], own_rows: bool) -> JaxPlacement:
    """Returns the placement on all devices.

    # Arguments
        team: the processes that train together.
        shard: the axis along which the weights of a layer are split, by its name.
        own_rows: whether each process passes only its own rows of a batch.

    # Raises
        DistributionError: if JAX has computed before, or the devices don't find each
            other.
    """
    start(team)
    return MeshPlacement(team, shard, own_rows)


class MeshPlacement:
    """See `oneiros.backend.contract.Placement`."""

    def __init__(self, team: Team, shard: Mapping[str, int], own_rows: bool):
        self.team = team
        self.shard = shard
        self.own_rows = own_rows
        devices = np.array(jax.devices())
        self.devices = len(devices)
        self.mesh = jax.sharding.Mesh(devices, (AXIS,))
        self.replicated = self._sharding()
        self._axes: dict[tuple[int, ...], int] = {}
        self._compiled = 0

    def _sharding(self, axis: int | None = None):
        """Returns the sharding of an array that is split along an axis, or not at
        all."""
        names = [] if axis is None else [*[None] * axis, AXIS]
        return jax.sharding.NamedSharding(self.mesh, jax.sharding.PartitionSpec(*names))

    def variable(self, array) -> Any:
        """Returns the value of a variable on all devices, each of which has it whole,
        unless its layer is split."""
        sharding = self._sharding(self._axes.get(np.shape(array)))
        if isinstance(array, jax.Array) and array.sharding == sharding:
            return array
        value = fetched(array)

        def part(place) -> Array:
            # The next step writes into it: no two devices may share it
            return aligned_copy(value[place])

        return jax.make_array_from_callback(value.shape, sharding, part)

    def batch(self, array, index: Array | None = None) -> Any:
        """Returns rows of an array, split among the devices."""
        if index is None and np.ndim(array) == 0:
            return np.asarray(array)
        if self.own_rows:
            return self._own_batch(array, index)
        if index is None:
            return self._whole_batch(array)
        rows = index.shape[-1]
        padded_rows = -(-rows // self.devices) * self.devices
        padded = np.zeros((*index.shape[:-1], padded_rows), index.dtype)
        padded[..., :rows] = index
        row_shape = array.shape[1:]

        def part(place) -> Array:
            chosen = padded[place[: padded.ndim]]
            values: Array = array[chosen]
            return values

        sharding = self._sharding(index.ndim - 1)
        shape = (*padded.shape, *row_shape)
        return jax.make_array_from_callback(shape, sharding, part)

    def _whole_batch(self, array) -> Any:
        rows, *row_shape = array.shape
        padded_rows = -(-rows // self.devices) * self.devices

        def part(place) -> Array:
            values = np.asarray(array[place[0]])
            start, stop, _ = place[0].indices(padded_rows)
            lacking = stop - start - len(values)
            if not lacking:
                return values
            widths = [(0, lacking), *[(0, 0)] * len(row_shape)]
            return np.pad(values, widths)

        sharding = self._sharding(0)
        shape = (padded_rows, *row_shape)
        return jax.make_array_from_callback(shape, sharding, part)

    def _own_batch(self, array, index: Array | None) -> Any:
        """Returns the rows of all processes, of which each passes its own."""
        values = np.asarray(array) if index is None else array[index]
        axis = 0 if index is None else index.ndim - 1
        local_devices = self.mesh.local_mesh.size
        if values.shape[axis] % local_devices:
            raise ArgumentError(
                f"This process passes {values.shape[axis]} rows, which its "
                f"{local_devices} devices don't divide. With own_rows=True, pass a "
                f"multiple of {local_devices} in each batch."
            )
        sharding = self._sharding(axis)
        return jax.make_array_from_process_local_data(sharding, values)

    def split_weights(self, model) -> None:
        """Splits the weights of the layers that `shard` names."""
        for name, axis in self.shard.items():
            layers = [layer for layer in model.layers if layer.name == name]
            if not layers:
                known = ", ".join(layer.name for layer in model.layers)
                raise ArgumentError(
                    f"shard names the layer {name!r}, which the model doesn't have. "
                    f"Its layers: {known}."
                )
            for weight in layers[0].get_weights():
                if weight.ndim > axis:
                    self._split(name, weight.shape, axis)

    def _split(self, name: str, shape: tuple[int, ...], axis: int) -> None:
        if shape[axis] % self.devices:
            longer = -(-shape[axis] // self.devices) * self.devices
            raise ArgumentError(
                f"The layer {name!r} has weights of shape {shape}, whose axis {axis} "
                f"can't be split among {self.devices} devices. Make it {longer}, or "
                "split another axis."
            )
        self._axes[shape] = axis

    def from_first(self, arrays: list[Array]) -> list[Array]:
        """Returns the arrays of the first process."""
        from jax.experimental.multihost_utils import broadcast_one_to_all

        sizes = [array.nbytes for array in arrays]
        joined = b"".join(np.ascontiguousarray(array).tobytes() for array in arrays)
        padding = -len(joined) % np.dtype(WORDS).itemsize
        words = np.frombuffer(joined + bytes(padding), WORDS)
        data = np.asarray(broadcast_one_to_all(words)).tobytes()
        ends = np.cumsum(sizes).tolist()
        result = []
        for array, size, end in zip(arrays, sizes, ends, strict=True):
            flat = np.frombuffer(data[end - size : end], array.dtype)
            result.append(flat.reshape(array.shape))
        return result

    def agree(self, arrays) -> None:
        """Waits until all processes compile a step for arrays of these shapes."""
        self._compiled += 1
        shapes = [str(array.shape) for array in arrays if array.ndim]
        place = f"function {self._compiled} for arrays of {', '.join(shapes)}"
        self.team.meet(place[:LONGEST_PLACE])

    def explain(self, error: Exception) -> None:
        """Raises a DistributionError if another process is the reason for an error."""
        self.team.explain(error)
