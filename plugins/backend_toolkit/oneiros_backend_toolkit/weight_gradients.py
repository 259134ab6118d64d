"""Makes XLA compute the gradient of a weight matrix faster on a CPU.

The gradient is `transpose(inputs) @ gradients`. For the sizes chosen here, XLA computes
its transpose, `transpose(gradients) @ inputs`, in a tenth (2048 inputs) to nearly all
(64 inputs) of the time; for 128 outputs it takes up to three times as long
(`benchmarks/weight_gradients.py`, processor time on two shared cores). XLA converts the
second form back to the first if the result is transposed immediately, so another
operation must be in between.

Without this, a step of `fit` of a dense network (case a of benchmarks/compare.py) takes
7 % longer on JAX and 6 % longer on Theano, in wall-clock time
(`benchmarks/mechanisms.py weight_gradients`). On TensorFlow it made no difference, so
it isn't used there.
"""

from __future__ import annotations

FEW_OUTPUTS = 16
"""Number of outputs that is small for any number of samples; with more samples, larger
numbers count as small."""


def is_faster_transposed(
    samples: int | None, inputs: int | None, outputs: int | None
) -> bool:
    """Returns whether to compute the gradient of weights as its transpose.

    # Arguments
        samples: int, rows of the inputs and gradients; None if unknown.
        inputs: int, rows of the weights, or None.
        outputs: int, columns of the weights, or None.
    """
    if samples is None or inputs is None or outputs is None:
        return False
    if outputs > max(FEW_OUTPUTS, samples // 4) or 4 * outputs > inputs:
        return False
    return outputs > 1 or samples >= 64
