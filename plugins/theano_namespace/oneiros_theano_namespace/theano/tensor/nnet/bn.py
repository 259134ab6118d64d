"""Batch normalization."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytensor.tensor as pt

EPSILON = 1e-4
Axes = str | int | Sequence[int]


def batch_normalization(
    inputs: Any, gamma: Any, beta: Any, mean: Any, std: Any, mode: str = "low_mem"
) -> Any:
    """Scales and shifts by statistics that are given.

    # Arguments
        inputs: tensor.
        gamma, beta, mean, std: tensors that fit its shape.
        mode: ignored.
    """
    return (inputs - mean) * (gamma / std) + beta


def batch_normalization_train(
    inputs: Any,
    gamma: Any,
    beta: Any,
    axes: Axes = "per-activation",
    epsilon: float = EPSILON,
    running_average_factor: float = 0.1,
    running_mean: Any = None,
    running_var: Any = None,
) -> tuple[Any, ...]:
    """Normalizes by the statistics of the batch.

    # Arguments
        inputs: tensor, samples first.
        gamma, beta: tensors of as many axes, of size 1 along `axes`.
        axes: ints, what to take statistics over; `"per-activation"` over samples,
            `"spatial"` over all axes but the second.
        epsilon: float, added to the variance.
        running_average_factor: float, how much the batch counts in running statistics.
        running_mean, running_var: tensors, the running statistics so far.

    # Returns
        The result, the mean, and one divided by the standard deviation; behind them the
        new running statistics that were asked for.
    """
    reduced = _reduced_axes(inputs, axes)
    mean = inputs.mean(axis=reduced, keepdims=True)
    variance = inputs.var(axis=reduced, keepdims=True)
    inverse = pt.reciprocal(pt.sqrt(variance + epsilon))
    results = [(inputs - mean) * (gamma * inverse) + beta, mean, inverse]
    if running_mean is not None:
        share_before = 1.0 - running_average_factor
        results.append(share_before * running_mean + running_average_factor * mean)
    if running_var is not None:
        count = pt.cast(inputs.size / mean.size, inputs.dtype)
        unbiased = variance * count / (count - 1.0)
        share_before = 1.0 - running_average_factor
        results.append(share_before * running_var + running_average_factor * unbiased)
    return tuple(results)


def batch_normalization_test(
    inputs: Any,
    gamma: Any,
    beta: Any,
    mean: Any,
    var: Any,
    axes: Axes = "per-activation",
    epsilon: float = EPSILON,
) -> Any:
    """Normalizes by statistics that are given; see `batch_normalization_train`."""
    return (inputs - mean) * (gamma / pt.sqrt(var + epsilon)) + beta


def _reduced_axes(inputs: Any, axes: Axes) -> list[int]:
    if axes == "per-activation":
        return [0]
    if axes == "spatial":
        return [axis for axis in range(inputs.ndim) if axis != 1]
    return [axes] if isinstance(axes, int) else [int(axis) for axis in axes]
