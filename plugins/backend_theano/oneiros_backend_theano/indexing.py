"""Indexing, and writing at indices."""

from typing import Any

import numpy as np
from oneiros_jax_support.jax_import import jax, jnp
from pytensor.graph.basic import Apply
from pytensor.tensor import subtensor
from pytensor.tensor.subtensor import (
    AdvancedIncSubtensor,
    AdvancedSubtensor,
    IncSubtensor,
    Subtensor,
    indices_from_subtensor,
)

from oneiros_backend_theano.limits import LinkerError, is_concrete


def _subtensor(node: Apply, x, *values):
    indices = _indices(node.op, values)
    return _reversible(x, indices)[indices]


def _advanced_subtensor(node: Apply, x, *values):
    """Gives NaN for places that don't exist; PyTensor's function gives others."""
    indices = _indices(node.op, values)
    places = jnp.asarray(x).at[indices]
    return places.get(mode="fill")


def _inc_subtensor(node: Apply, x, y, *values):
    indices = _indices(node.op, values)
    place = jnp.asarray(x).at[indices]
    written = _reversible(y, indices)
    if node.op.set_instead_of_inc:
        return place.set(written)
    return place.add(written)


def _reversible(x, indices):
    """Returns a tensor that XLA can reverse, where indices reverse one.

    XLA ends the process ("Invalid binary instruction opcode map") if it reverses a
    tensor that was written as a whole, `x.at[:].add(y)`, as gradients of backward loops
    do. A barrier hides from XLA how the tensor was made.
    """
    if is_concrete(x) or not any(map(_reverses, indices)):
        return x
    return jax.lax.optimization_barrier(x)


def _reverses(index) -> bool:
    if not isinstance(index, slice) or index.step is None:
        return False
    return bool(index.step < 0)


def _indices(op, values):
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
            "linker can't compile. Use x[indices] with a vector of indices."
        )


def _as_index(value):
    if is_concrete(value):
        is_scalar = np.ndim(value) == 0
        return int(value) if is_scalar else value
    if getattr(value, "dtype", None) == np.dtype(bool):
        raise LinkerError(
            "Indexing with a boolean tensor has a shape that depends on its values, "
            "which the JAX linker can't compile. Use K.switch(mask, x, 0)."
        )
    return value


def _by_vector() -> dict[type, Any]:
    """Returns the Ops that index with one vector, which PyTensor has no more since
    3.2."""
    functions = {
        "AdvancedSubtensor1": _advanced_subtensor,
        "AdvancedIncSubtensor1": _inc_subtensor,
    }
    return {
        getattr(subtensor, name): function
        for name, function in functions.items()
        if hasattr(subtensor, name)
    }


OF_TRACED_VALUES = {
    Subtensor: _subtensor,
    AdvancedSubtensor: _advanced_subtensor,
    IncSubtensor: _inc_subtensor,
    AdvancedIncSubtensor: _inc_subtensor,
    **_by_vector(),
}
"""Functions of a node and its inputs' values, not all of which are known."""
