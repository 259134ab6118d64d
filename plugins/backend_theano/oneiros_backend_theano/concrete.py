"""Values that are known during tracing: sizes, the learning phase, zeros."""

from __future__ import annotations

from typing import Any

import numpy as np

from oneiros_backend_theano.limits import LinkerError

CONCRETE = (np.ndarray, np.generic, bool, int, float)


def is_concrete(value: Any) -> bool:
    """Returns whether a value is known while tracing."""
    return isinstance(value, CONCRETE)


def concrete_sizes(shape: Any, label: Any) -> tuple[int, ...]:
    """Returns a shape as ints.

    # Arguments
        shape: a vector, or a sequence of scalars.
        label: what the message calls the operation.

    # Raises
        LinkerError: if it depends on the values of a tensor.
    """
    sizes = shape if isinstance(shape, (list, tuple)) else [shape]
    if not all(map(is_concrete, sizes)):
        raise LinkerError(
            f"The shape in {label} depends on the values of a tensor, which the JAX "
            "linker can't compile. Derive it from other shapes."
        )
    return tuple(int(n) for n in np.ravel(np.asarray(sizes)))


def zeros(shape: tuple[int, ...], dtype: Any) -> Any:
    """Returns zeros that take no memory."""
    return np.broadcast_to(np.zeros((), dtype), shape)


def is_zero(value: Any) -> bool:
    """Returns whether all elements of a value are known to be zero: results of `zeros`,
    and zero scalars."""
    if not isinstance(value, np.ndarray) or value.size == 0:
        return False
    repeats_one_number = value.size == 1 or not any(value.strides)
    return repeats_one_number and not value.flat[0]
