"""Indexing, and writing at indices."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
from pytensor.tensor import subtensor
from pytensor.tensor.subtensor import (
    AdvancedIncSubtensor,
    AdvancedSubtensor,
    IncSubtensor,
    Subtensor,
    indices_from_subtensor,
)

from oneiros_backend_theano.concrete import is_concrete
from oneiros_backend_theano.conversions.kinds import Conversion, Maker
from oneiros_backend_theano.limits import LinkerError


def _subtensor(op: Any, node: Any) -> Conversion:
    return lambda xp, x, *indices: x[_indices(op, indices)]


def _advanced_subtensor(op: Any, node: Any) -> Conversion:
    def advanced_subtensor(xp: Any, x: Any, *indices: Any) -> Any:
        return jnp.asarray(x).at[_indices(op, indices)].get(mode="fill")

    return advanced_subtensor


def _inc_subtensor(op: Any, node: Any) -> Conversion:
    def inc_subtensor(xp: Any, x: Any, y: Any, *indices: Any) -> Any:
        place = jnp.asarray(x).at[_indices(op, indices)]
        return place.set(y) if op.set_instead_of_inc else place.add(y)

    return inc_subtensor


def _indices(op: Any, values: Any) -> Any:
    """Returns what to index with, for the values of an Op's index inputs."""
    converted = [_as_index(value) for value in values]
    indices = tuple(indices_from_subtensor(converted, op.idx_list))
    for index in indices:
        if isinstance(index, slice):
            _check_bounds(index)
    return indices


def _check_bounds(index: slice) -> None:
    bounds = (index.start, index.stop, index.step)
    if not all(bound is None or is_concrete(bound) for bound in bounds):
        raise LinkerError(
            "The bounds of a slice depend on the values of a tensor, which the JAX "
            "linker can't compile; x[indices] with a vector of indices can be."
        )


def _as_index(value: Any) -> Any:
    if is_concrete(value):
        return int(value) if np.ndim(value) == 0 else value
    if getattr(value, "dtype", None) == np.dtype(bool):
        raise LinkerError(
            "Indexing with a boolean tensor gives a shape that depends on its values, "
            "which the JAX linker can't compile; K.switch(mask, x, 0) can be."
        )
    return value


def _makers_by_vector() -> dict[type, Maker]:
    """Returns those of the Ops that index with one vector, which PyTensor has no more
    since 3.2."""
    makers: dict[str, Maker] = {
        "AdvancedSubtensor1": _advanced_subtensor,
        "AdvancedIncSubtensor1": _inc_subtensor,
    }
    return {
        getattr(subtensor, name): make
        for name, make in makers.items()
        if hasattr(subtensor, name)
    }


MAKERS: dict[type, Maker] = {
    Subtensor: _subtensor,
    AdvancedSubtensor: _advanced_subtensor,
    IncSubtensor: _inc_subtensor,
    AdvancedIncSubtensor: _inc_subtensor,
    **_makers_by_vector(),
}
