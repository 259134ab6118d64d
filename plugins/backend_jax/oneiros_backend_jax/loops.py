"""Loops over the first axis of tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
from oneiros_jax_support.devices import platform
from oneiros_jax_support.graphs import convolves
from oneiros_jax_support.jax_import import jax


def run_loop(
    step: Callable[..., Any],
    sequences: list[Any],
    states: list[Any],
    captured: list[Any],
    backwards: bool,
) -> Any:
    """Takes a step for each place of the first axis of `sequences`.

    See `oneiros_lazy_graph.engine.Engine.loop`.

    Steps with convolutions are unrolled on a CPU: inside a loop of XLA's, they take
    twenty times as long.
    """
    sequences, states = (
        [jnp.asarray(x) for x in sequences],
        [jnp.asarray(x, x.dtype) for x in states],
    )
    steps = sequences[0].shape[0]

    def body(states: list[Any], taken: Any) -> Any:
        place, slices = taken
        return step(place, slices, states, captured)

    taken = jnp.arange(steps, dtype=jnp.int32), sequences
    first = jax.tree.map(lambda x: jax.ShapeDtypeStruct(x.shape[1:], x.dtype), taken)
    traced = jax.make_jaxpr(body)(states, first)
    is_unrolled = platform() == "cpu" and convolves(traced.jaxpr)
    last, outputs = jax.lax.scan(
        body,
        states,
        taken,
        reverse=backwards,
        unroll=max(steps, 1) if is_unrolled else 1,
    )
    return last, outputs
