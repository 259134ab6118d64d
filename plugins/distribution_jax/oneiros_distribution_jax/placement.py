"""Where functions that JAX compiles keep variables and batches: on all devices of all
processes, which form one mesh."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from oneiros import backend as K
from oneiros.errors import ArgumentError
from oneiros.typing import Array
from oneiros_backend_toolkit.batches import aligned_copy
from oneiros_backend_toolkit.compiled_on_demand import CompiledLoop, CompiledStep
from oneiros_distribution.digests import digest
from oneiros_distribution.team import Team
from oneiros_jax_support.jax_import import jax
from oneiros_jax_support.placement import JaxPlacement, fetched
from oneiros_jax_support.storing import TracedStep

from oneiros_distribution_jax.calls import placed_loop, placed_step
from oneiros_distribution_jax.processes import start

AXIS = "data"
"""The name of the mesh's axis."""
LONGEST_PLACE = 300
WORD = np.dtype(np.uint32)


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
        spec = jax.sharding.PartitionSpec(*names)
        return jax.sharding.NamedSharding(self.mesh, spec)

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
        if np.ndim(array) == 1:
            return self._on_all_devices(array, index)
        if index is None:
            return self._whole_batch(array)
        rows = index.shape[-1]
        lacking = self._divisible(rows) - rows
        padded = _longer(index, lacking, axis=-1)

        def part(place) -> Array:
            index_place = place[: padded.ndim]
            chosen = padded[index_place]
            values: Array = array[chosen]
            return values

        axis = index.ndim - 1
        sharding = self._sharding(axis)
        shape = (*padded.shape, *array.shape[1:])
        return jax.make_array_from_callback(shape, sharding, part)

    def _on_all_devices(self, array, index: Array | None) -> Any:
        """Returns numbers, one for each row, such as weights of samples: each device
        has all of them, so that their sum, which the loss is divided by, takes no
        message."""
        values = np.asarray(array) if index is None else array[index]
        return jax.make_array_from_callback(
            values.shape, self.replicated, values.__getitem__
        )

    def _whole_batch(self, array) -> Any:
        rows, *row_shape = array.shape
        padded_rows = self._divisible(rows)

        def part(place) -> Array:
            own_rows = place[0]
            start, stop, _ = own_rows.indices(padded_rows)
            values = np.asarray(array[own_rows])
            lacking = stop - start - len(values)
            return _longer(values, lacking, axis=0)

        sharding = self._sharding(0)
        shape = (padded_rows, *row_shape)
        return jax.make_array_from_callback(shape, sharding, part)

    def _divisible(self, rows: int) -> int:
        """Returns the next number of rows that the devices divide."""
        return rows + -rows % self.devices

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

    def prepare(self, model) -> None:
        """Splits the weights of the layers that `shard` names, and gives the model the
        weights that it has in the first process."""
        self._split_weights(model)
        forms = [f"{K.dtype(x)} {K.int_shape(x)}" for x in model.weights]
        self.team.meet("the weights of a model", digest(forms))
        values = K.batch_get_value(model.weights)
        first_values = self._from_first(values)
        pairs = zip(model.weights, first_values, strict=True)
        K.batch_set_value(list(pairs))

    def _split_weights(self, model) -> None:
        for name, axis in self.shard.items():
            layers = [layer for layer in model.layers if layer.name == name]
            if not layers:
                known = ", ".join(layer.name for layer in model.layers)
                raise ArgumentError(
                    f"shard names the layer {name!r}, which the model doesn't have. "
                    f"Its layers: {known}."
                )
            for weight in layers[0].get_weights():
                if weight.ndim > max(axis, 1):  # a bias is small
                    self._split(name, weight.shape, axis)

    def _split(self, name: str, shape: tuple[int, ...], axis: int) -> None:
        size = shape[axis]
        longer = self._divisible(size)
        if longer != size:
            raise ArgumentError(
                f"The layer {name!r} has weights of shape {shape}, whose axis {axis} "
                f"can't be split among {self.devices} devices. Make it {longer}, or "
                "split another axis."
            )
        self._axes[shape] = axis

    def _from_first(self, arrays: list[Array]) -> list[Array]:
        """Returns the arrays of the first process."""
        from jax.experimental.multihost_utils import broadcast_one_to_all

        if self.team.cluster.processes == 1:
            return arrays
        own = [array.tobytes() for array in arrays]
        joined = b"".join(own)
        padding = -len(joined) % WORD.itemsize
        words = np.frombuffer(joined + bytes(padding), WORD)
        with self.team.together("the weights of the first process"):
            first = np.asarray(broadcast_one_to_all(words))
        data = first.tobytes()
        result = []
        start = 0
        for array in arrays:
            end = start + array.nbytes
            flat = np.frombuffer(data[start:end], array.dtype)
            result.append(flat.reshape(array.shape))
            start = end
        return result

    def compile_step(self, step: TracedStep, arrays) -> CompiledStep:
        """Returns one step on all devices, for inputs of the shapes of these."""
        return placed_step(self, step, arrays)

    def compile_loop(self, step: TracedStep, arrays, index) -> CompiledLoop | None:
        """Returns many steps on all devices in one call; None for steps that are faster
        one by one."""
        return placed_loop(self, step, arrays, index)

    def agree(self, arrays, content: str) -> str:
        """Waits until all processes compile a step for arrays of these shapes; returns
        its name."""
        self._compiled += 1
        shapes = [str(array.shape) for array in arrays if array.ndim]
        name = f"function {self._compiled} for arrays of {', '.join(shapes)}"
        name = name[:LONGEST_PLACE]
        self.team.meet(name, content)
        return name


def _longer(array: Array, count: int, axis: int) -> Array:
    """Returns an array with so many more zeros at the end of an axis."""
    if count == 0:
        return array
    shape = list(array.shape)
    shape[axis] = count
    zeros = np.zeros(shape, array.dtype)
    return np.concatenate([array, zeros], axis)
