"""Where functions that JAX compiles keep variables and batches: on all devices of all
processes, which form one mesh."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any

import numpy as np
from oneiros import backend as K
from oneiros.errors import ArgumentError
from oneiros.typing import Array
from oneiros_distribution.digests import digest, sampled
from oneiros_distribution.team import Team
from oneiros_jax_support.devices import offer_cores
from oneiros_jax_support.jax_import import jax
from oneiros_jax_support.mesh import MeshPlacement

from oneiros_distribution_jax.processes import start

LONGEST_PLACE = 300
WORD = np.dtype(np.uint32)


def placement(team: Team, shard: Mapping[str, int], own_rows: bool) -> MeshPlacement:
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
    return TeamPlacement(team, shard, own_rows)


def _devices(team: Team) -> list[Any]:
    """Returns the devices of all processes; cores count as one device, unless somebody
    has chosen their number."""
    devices: list[Any] = jax.devices()
    is_alone = team.cluster.processes == 1
    if is_alone and devices[0].platform == "cpu" and offer_cores():
        return devices[:1]
    return devices


class TeamPlacement(MeshPlacement):
    """See `oneiros.backend.contract.Placement`."""

    def __init__(self, team: Team, shard: Mapping[str, int], own_rows: bool):
        super().__init__(_devices(team))
        self.team = team
        self.shard = shard
        self.own_rows = own_rows
        self._axes: dict[tuple[int, ...], int] = {}
        self._compiled = 0

    def variable_sharding(self, shape: tuple[int, ...]):
        """Returns the sharding of a variable, which each device has whole, unless its
        layer is split."""
        axis = self._axes.get(shape)
        return self.replicated if axis is None else self.sharding(axis)

    def batch(self, array, index: Array | None = None) -> Any:
        """Returns rows of an array, split among the devices."""
        if self.own_rows and (index is not None or np.ndim(array)):
            return self._own_batch(array, index)
        return super().batch(array, index)

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
        sharding = self.sharding(axis)
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
        longer = self.divisible(size)
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

    def agree(self, arrays, data) -> str:
        """Waits until all processes compile a step for arrays of these shapes, with the
        same data; returns its name."""
        self._compiled += 1
        shapes = [str(array.shape) for array in arrays if array.ndim]
        name = f"function {self._compiled} for arrays of {', '.join(shapes)}"
        name = name[:LONGEST_PLACE]
        content = ""
        if data and not self.own_rows:
            content = digest(part for array in data for part in sampled(array))
        self.team.meet(name, content)
        return name

    def together(self, name: str) -> AbstractContextManager[None]:
        """Context manager in which all processes compute a step of this name."""
        return self.team.together(name)
