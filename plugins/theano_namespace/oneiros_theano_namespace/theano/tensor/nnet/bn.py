"""Batch normalization."""

from typing import Any


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
