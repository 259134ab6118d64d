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
        op = _op(label, cell, backwards, len(masks), len(projection))
        return op(x, *masks, *floats, return_list=True)


@functools.cache
def _op(
    label: str,
    cell: FusedCell,
    backwards: bool,
    masks: int,
    projections: int,
) -> JaxOp:
    def compute(x: T, *rest: T) -> tuple[T, ...]:
        from oneiros_jax_support.recurrence import run

        mask, (U, *initial) = rest[0] if masks else None, rest[masks + projections :]
        return run(
            cell, backwards, x, U, mask, rest[masks : masks + projections], *initial
        )

    def types(variables: list[T]) -> list[T]:
        x, *initial = variables[0], *variables[-cell.states :]
        samples, steps = x.type.shape[:2]
        units = variables[-cell.states - 1].type.shape[0]
        state = TensorType(x.dtype, shape=(samples, units))
        return [
            TensorType(x.dtype, shape=(samples, steps, units)),
            *(state for _ in initial),
        ]

    return JaxOp(label, compute, types)
