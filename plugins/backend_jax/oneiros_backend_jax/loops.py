"""Loops over the first axis of tensors."""

# mypy: allow-untyped-defs, allow-incomplete-defs
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
from oneiros_jax_support.jax_import import jax
from oneiros_jax_support.loops import scan
from oneiros_jax_support.traced_graphs import convolves


def run_loop(
    step: Callable[..., Any],
    sequences: list[Any],
    states: list[Any],
    captured: list[Any],
    backwards: bool,
):
    """Runs a step for each index of the first axis of `sequences`.

    See `oneiros_backend_toolkit.lazy_graph.engine.Engine.loop`.
    """
    sequences = [jnp.asarray(x) for x in sequences]
    states = [jnp.asarray(x, x.dtype) for x in states]

    def body(states: list[Any], numbered):
        place, slices = numbered
        return step(place, slices, states, captured)

    def holds_convolution(*shapes) -> bool:
        return convolves(jax.make_jaxpr(body)(*shapes).jaxpr)

    return scan(body, states, sequences, convolves=holds_convolution, reverse=backwards)
