"""How XLA computes the derivative by a matrix of weights faster on a CPU.

The derivative is `transpose(inputs) @ gradients`. Its transpose,
`transpose(gradients) @ inputs`, takes XLA a tenth (2048 inputs) to nearly all of that
time (64 inputs) for the sizes for which it is chosen here, and up to three times as
long for 128 outputs (`benchmarks/weight_gradients.py`, by processor time on two shared
cores). XLA makes the first of the second if the result is transposed at once, so
something has to stand between.

Without it a step of `fit` of a dense network (case a of benchmarks/compare.py) takes
7 % more on JAX and 6 % more on Theano, by the clock
(`benchmarks/mechanisms.py weight_gradients`). On TensorFlow it changed nothing, and
isn't there.
"""

from __future__ import annotations

FEW_OUTPUTS = 16
"""Few for any number of samples; beside more samples, more are few."""


def is_faster_transposed(
    samples: int | None,
    inputs: int | None,
    outputs: int | None,
) -> bool:
    """Returns whether to compute the derivative by weights as its transpose.

    # Arguments
        samples: int, rows of the inputs and of the gradients; None if it isn't known.
        inputs: int, rows of the weights, or None.
        outputs: int, columns of the weights, or None.
    """
    if samples is None or inputs is None or outputs is None:
        return False
    if outputs > max(FEW_OUTPUTS, samples // 4) or 4 * outputs > inputs:
        return False
    return outputs > 1 or samples >= 64
