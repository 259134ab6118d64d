"""Whole recurrent layers as Ops; JAX computes them and their gradients."""

from __future__ import annotations

import functools
from typing import Any

import pytensor.tensor as pt
from oneiros_backend_toolkit.recurrent_gradients import FusedCell, FusedRecurrence
from pytensor.tensor.type import TensorType

from oneiros_backend_theano.jax_op import JaxOp

T = Any


class Fused(FusedRecurrence):
    """`simple_rnn`, `gru` and `lstm` on PyTensor variables."""

    def _fused(
        self,
        label: str,
        cell: FusedCell,
        x: T,
        initial: Any,
        U: T,
        mask: T,
        backwards: bool,
        projection: Any,
    ) -> T:
        masks = [] if mask is None else [pt.neq(mask, 0)]
        floats = [pt.cast(part, x.dtype) for part in (*projection, U, *initial)]
        op = _op(label, cell, backwards, mask is not None, len(projection))
        return op(x, *masks, *floats, return_list=True)


@functools.cache
def _op(
    label: str,
    cell: FusedCell,
    backwards: bool,
    has_mask: bool,
    projection_count: int,
) -> JaxOp:
    """Returns the Op that takes the input, the mask if there is one, the projection's
    weights, the recurrent weights and the first states."""

    def compute(x: T, *others: T) -> tuple[T, ...]:
        from oneiros_jax_support.recurrence import run

        remaining = list(others)
        mask = remaining.pop(0) if has_mask else None
        projection = tuple(remaining[:projection_count])
        U, *initial = remaining[projection_count:]
        return run(cell, backwards, x, U, mask, projection, *initial)

    def types(variables: list[T]) -> list[T]:
        x = variables[0]
        U = variables[-cell.states - 1]
        samples, steps = x.type.shape[:2]
        units = U.type.shape[0]
        outputs = TensorType(x.dtype, shape=(samples, steps, units))
        state = TensorType(x.dtype, shape=(samples, units))
        return [outputs] + [state] * cell.states

    return JaxOp(label, compute, types)
