"""How XLA's products of matrices are quick on a CPU."""

from __future__ import annotations

FEW = 16
"""Columns of weights, for any number of samples; more are few beside more samples."""


def suits_turning(samples: int | None, inputs: int | None, outputs: int | None) -> bool:
    """Tells whether the derivative by a matrix of weights is computed faster as its
    transpose.

    XLA's `transpose(x) @ slope` takes up to twenty times as long as `transpose(slope) @
    x` for few outputs,
    and down to a fifth of it for many: see benchmarks/weight_gradients.py. XLA turns
        the second into the
    first if its result is transposed at once, so something has to stand between.
    """
    if samples is None or inputs is None or outputs is None:
        return False
    few = outputs <= max(FEW, samples // 4) and 4 * outputs <= inputs
    return few and (outputs > 1 or samples >= 64)
