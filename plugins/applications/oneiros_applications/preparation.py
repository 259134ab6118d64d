"""What images and audio share: the order of axes, and the names of predictions."""

from typing import Any

import numpy as np
from oneiros import backend as K


def checked_ordering(dim_ordering: str) -> str:
    """Returns "th" or "tf"; for "default", the one in use.

    # Raises
        ValueError: if it is unknown.
    """
    ordering = K.image_dim_ordering() if dim_ordering == "default" else dim_ordering
    if ordering not in ("th", "tf"):
        raise ValueError(f"dim_ordering={dim_ordering!r}: expected 'th' or 'tf'.")
    return ordering


def checked_predictions(preds, classes: int) -> np.ndarray:
    """Returns predictions as an array.

    # Raises
        ValueError: unless they have the shape `(samples, classes)`.
    """
    probabilities = np.asarray(preds)
    if probabilities.ndim != 2 or probabilities.shape[1] != classes:
        raise ValueError(
            f"decode_predictions names {classes} classes: expected (samples, "
            f"{classes}), received {probabilities.shape}."
        )
    return probabilities


def most_probable(
    probabilities: np.ndarray, names: list[tuple[str, ...]], count: int
) -> list[list[Any]]:
    """Returns the names of the most probable classes of each sample, each with its
    probability."""
    named = []
    for sample in probabilities:
        largest = sample.argsort()[::-1][:count]
        named.append([(*names[number], sample[number]) for number in largest])
    return named


def as_floats(x) -> np.ndarray:
    """Returns an array of floats: the same array if it already contains floats."""
    array = np.asarray(x)
    if array.dtype.kind == "f":
        return array
    return array.astype("float32")
