"""The functions behind Python's operators on tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import numpy as np
from oneiros_jax_support.jax_import import jax

from oneiros_backend_jax.operations import Operations, on_pair
from oneiros_backend_jax.shape_inference import broadcastable
from oneiros_backend_jax.type_promotion import bits, countable, floats, paired, space

T = Any


def _divided(x: T, y: T) -> T:
    x, y = broadcastable(*paired(x, y))
    return jnp.divide(floats(x), floats(y))


def _on_bits(name: str) -> Callable[[T, T], T]:
    def function(x: T, y: T) -> T:
        x, y = broadcastable(*bits(x, y))
        return getattr(space(x, y), name)(x, y)

    return function


def _inverted(x: T) -> T:
    (x,) = bits(x)
    return ~x


def _negative(x: T) -> T:
    x = countable(x)
    return space(x).negative(x)


def _indexed(x: T, index: T) -> T:
    parts = index if isinstance(index, tuple) else (index,)
    has_tensors = any(isinstance(part, jax.Array) for part in parts)
    if isinstance(x, np.ndarray) and not has_tensors:
        return x[index]
    return jnp.asarray(x)[index]


OPERATORS: dict[str, Callable[..., T]] = {
    "add": on_pair("add"),
    "sub": on_pair("subtract"),
    "mul": on_pair("multiply"),
    "truediv": _divided,
    "floordiv": on_pair("floor_divide"),
    "mod": on_pair("mod"),
    "pow": Operations.pow,
    "matmul": on_pair("matmul"),
    "and": _on_bits("bitwise_and"),
    "or": _on_bits("bitwise_or"),
    "xor": _on_bits("bitwise_xor"),
    "invert": _inverted,
    "neg": _negative,
    "abs": Operations.abs,
    "lt": Operations.lesser,
    "le": Operations.lesser_equal,
    "gt": Operations.greater,
    "ge": Operations.greater_equal,
    "getitem": _indexed,
}
"""Functions by method name."""
