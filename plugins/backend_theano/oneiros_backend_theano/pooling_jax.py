"""Pooling in JAX, for `jax_ops`."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from oneiros_jax_support import pooling

from oneiros_backend_theano.jax_ops import _converts, known_sizes
from oneiros_backend_theano.pooling import AveragePool, MaxPool, Pick, Spread, Unpool


@_converts(MaxPool)
def _max_pool(op: MaxPool, node: Any) -> Any:
    return lambda xp, x: pooling.max_pool(op, jnp.asarray(x))


@_converts(Unpool)
def _unpool(op: Unpool, node: Any) -> Any:
    def compute(xp: Any, places: Any, g: Any, *sizes: Any) -> Any:
        return pooling.unpool(
            op, jnp.asarray(places), jnp.asarray(g), known_sizes(sizes, node)
        )

    return compute


@_converts(Pick)
def _pick(op: Pick, node: Any) -> Any:
    return lambda xp, places, x: pooling.pick(op, jnp.asarray(places), jnp.asarray(x))


@_converts(AveragePool)
def _average_pool(op: AveragePool, node: Any) -> Any:
    return lambda xp, x: pooling.average_pool(op, jnp.asarray(x))


@_converts(Spread)
def _spread(op: Spread, node: Any) -> Any:
    return lambda xp, g, *sizes: pooling.spread(
        op, jnp.asarray(g), known_sizes(sizes, node)
    )
