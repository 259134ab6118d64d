"""The recurrent loops of `oneiros_backend_common.fused` on JAX."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from oneiros_backend_common.fused import Cell, Loop, States, Step

T = Any


class JaxEngine:
    """See `oneiros_backend_common.fused.Engine`."""

    tanh = staticmethod(jnp.tanh)
    sigmoid = staticmethod(jax.nn.sigmoid)
    choose = staticmethod(jnp.where)
    join = staticmethod(jnp.concatenate)
    transpose = staticmethod(jnp.transpose)

    def clip(self, x: T) -> T:
        """Bounds by 0 and 1."""
        return jnp.clip(x, 0, 1)

    def where(self, condition: T, x: T) -> T:
        """Returns `x` where the condition holds, else 0."""
        return jnp.where(condition, x, 0)

    def split(self, x: T, sizes: Sequence[int]) -> Sequence[T]:
        """Cuts the last axis into parts of these sizes."""
        parts: list[T] = jnp.split(x, np.cumsum(sizes)[:-1], -1)
        return parts

    def outer(self, x: T, y: T) -> T:
        """Sums the products of two sequences' features over steps and samples."""
        return x.reshape(-1, x.shape[-1]).T @ y.reshape(-1, y.shape[-1])

    def scan(
        self, step: Step, states: States, sequences: States, widths: Sequence[int], backwards: bool
    ) -> tuple[States, States]:
        """Runs a step function.

        The rows of the first sequence are fetched one step ahead. A step that splits a row into gates then
        finds it in memory of its own; XLA makes faster code of that on a CPU than of parts of a sequence.
        """
        first, *others = sequences
        ends = (1, -1, 0) if backwards else (-1, 1, 0)
        ahead = jax.lax.pad(first, jnp.zeros((), first.dtype), [ends, *[(0, 0, 0)] * (first.ndim - 1)])

        def advance(carried: States, rows: States) -> tuple[States, States]:
            states, results = step(carried[0], (carried[1], *rows[1:]))
            return (states, rows[0]), results

        start = (states, first[-1 if backwards else 0])
        (last, _), results = jax.lax.scan(advance, start, (ahead, *others), reverse=backwards)
        return last, results


ENGINE = JaxEngine()


def run(cell: Cell, backwards: bool, x: T, U: T, mask: T, *initial: T) -> States:
    """Returns the outputs, in the order of processing, and the last states.

    # Arguments
        cell: the Cell.
        backwards: whether the last step is the first to be processed.
        x: (samples, steps, features), the projected input.
        U: the recurrent weights.
        mask: booleans (samples, steps), or None.
    """
    seen = None if mask is None else jnp.swapaxes(mask, 0, 1)[..., None]
    outputs, *last = _recurrence(Loop(ENGINE, cell, backwards))(jnp.swapaxes(x, 0, 1), U, seen, initial)
    return jnp.swapaxes(outputs[::-1] if backwards else outputs, 0, 1), *last


def _recurrence(loop: Loop) -> Any:
    @jax.custom_vjp
    def recurrence(x: T, U: T, mask: T, initial: States) -> States:
        last, after, _ = loop.forward(x, U, mask, initial)
        return after[0], *last

    def forward(x: T, U: T, mask: T, initial: States) -> tuple[States, States]:
        last, after, kept = loop.forward(x, U, mask, initial)
        return (after[0], *last), (U, mask, initial, after, kept)

    def backward(saved: States, gradients: States) -> States:
        dx, dU, d_initial = loop.backward(*saved, gradients[0], tuple(gradients[1:]))
        return dx, dU, None, d_initial

    recurrence.defvjp(forward, backward)
    return recurrence
