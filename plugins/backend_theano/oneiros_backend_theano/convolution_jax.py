"""Convolutions in JAX, for `jax_ops`."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from oneiros_jax_support.convolutions import by_input, by_kernel, convolve

from oneiros_backend_theano.convolution import Convolve, InputGradient, KernelGradient
from oneiros_backend_theano.jax_ops import _converts, known_sizes


@_converts(Convolve)
def _convolve(op: Convolve, node: Any) -> Any:
    return lambda xp, x, kernel: convolve(op, jnp.asarray(x), jnp.asarray(kernel))


@_converts(InputGradient)
def _input_gradient(op: InputGradient, node: Any) -> Any:
    def compute(xp: Any, kernel: Any, g: Any, *sizes: Any) -> Any:
        return by_input(
            op, jnp.asarray(kernel), jnp.asarray(g), known_sizes(sizes, node)
        )

    return compute


@_converts(KernelGradient)
def _kernel_gradient(op: KernelGradient, node: Any) -> Any:
    def compute(xp: Any, x: Any, g: Any, *window: Any) -> Any:
        return by_kernel(op, jnp.asarray(x), jnp.asarray(g), known_sizes(window, node))

    return compute
