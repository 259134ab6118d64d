"""Products of matrices."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from oneiros_backend_toolkit.weight_gradients import is_faster_transposed

from oneiros_jax_support.devices import platform
from oneiros_jax_support.jax_import import jax
from oneiros_jax_support.symbolic_sizes import has_symbolic_size

T = Any


def product(x: T, y: T) -> T:
    """Multiplies matrices of the same type.

    The derivative by `y` is computed in the faster order.
    """
    if _is_faster_transposed(x, y):
        return _product_with_derivative(x, y)
    return jnp.matmul(x, y)


def transposed_product(x: T, y: T) -> T:
    """Returns `transpose(x) @ y`, computed in the faster order."""
    if not _is_faster_transposed(x, y):
        return jnp.matmul(x.T, y)
    transposed_result = jnp.matmul(y.T, x)
    return jax.lax.optimization_barrier(transposed_result).T


def _is_faster_transposed(x: T, y: T) -> bool:
    if platform() != "cpu" or has_symbolic_size(x):
        return False
    return is_faster_transposed(x.shape[0], x.shape[1], y.shape[1])


@jax.custom_vjp  # type: ignore[untyped-decorator]  # jax is Any to mypy
def _product_with_derivative(x: T, y: T) -> T:
    return jnp.matmul(x, y)


def _forward(x: T, y: T) -> tuple[T, tuple[T, T]]:
    return jnp.matmul(x, y), (x, y)


def _backward(saved: tuple[T, T], gradient: T) -> tuple[T, T]:
    x, y = saved
    return jnp.matmul(gradient, y.T), transposed_product(x, gradient)


_product_with_derivative.defvjp(_forward, _backward)
