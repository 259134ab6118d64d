"""Turns weights of samples and classes into one array per output."""

from functools import lru_cache
from typing import Any

import numpy as np
from oneiros import backend as K
from oneiros.arguments import shown
from oneiros.errors import DataError
from oneiros.typing import Array
from oneiros.user_warnings import warn

from oneiros_training.arrays.naming import Names, listed, spread
from oneiros_training.arrays.standardize import as_array

MOST_SHOWN = 9
"""The maximum number of classes without a weight to list in an error."""


def standardize_sample_or_class_weights(
    x_weight, output_names: Names, weight_type: str
) -> list[Any]:
    """Returns the list of each output's weights, or None.

    # Arguments
        x_weight: the weights of a single output, otherwise a list or dict of weights.
        output_names: list of str.
        weight_type: str, the argument's name, for messages.
    """
    if isinstance(x_weight, str):
        return [x_weight] * len(output_names)
    several = isinstance(x_weight, (list, tuple, dict))
    if x_weight is None or (several and not x_weight):
        return [None] * len(output_names)
    if len(output_names) == 1 and _is_for_one_output(x_weight):
        return [x_weight]
    return spread(weight_type, x_weight, output_names, default=None)


def _is_for_one_output(weights) -> bool:
    """Returns whether weights are those of one output, not a list or dict of
    weights."""
    if isinstance(weights, dict):
        return all(map(_is_number, weights.values()))
    if isinstance(weights, (list, tuple)) and len(weights) == 1:
        return _is_number(weights[0])
    return True


def _is_number(value) -> bool:
    return hasattr(value, "__float__") and not np.ndim(value)


def standardize_class_weights(class_weight, output_names: Names) -> list[Any]:
    """Returns the list of each output's class weight dict, or None."""
    return standardize_sample_or_class_weights(
        class_weight, output_names, "class_weight"
    )


def standardize_sample_weights(sample_weight, output_names: Names) -> list[Any]:
    """Returns the list of each output's array of sample weights, or None."""
    return standardize_sample_or_class_weights(
        sample_weight, output_names, "sample_weight"
    )


def standardize_weights(
    y: Array,
    sample_weight=None,
    class_weight=None,
    sample_weight_mode: str | None = None,
) -> Array:
    """Returns the weights of the samples, `(n,)`, or of their time steps, `(n, steps)`;
    by default, ones.

    # Arguments
        y: targets, `(n, ...)`.
        sample_weight: array of weights; overrides `class_weight`.
        class_weight: dict from class number to weight, or the weights in the order of
            the classes.
        sample_weight_mode: None, or `"temporal"` for weights of time steps.

    # Raises
        DataError: if the weights don't fit the targets.
    """
    if isinstance(class_weight, str):
        warn(
            f"class_weight={class_weight!r} has no effect, as in Keras 1. Expected a "
            "dict from class to weight, such as {0: 1.0, 1: 2.5}."
        )
        class_weight = None
    axes = 1 if sample_weight_mode is None else 2
    expected = tuple(y.shape[:axes])
    if sample_weight is None and class_weight is None:
        return _ones(expected, K.floatx())
    if sample_weight is None:
        return _class_weights(y, class_weight)
    weights = as_array(sample_weight, "sample_weight")
    shape = tuple(weights.shape)
    if shape != expected:
        raise DataError(
            f"sample_weight: received shape {shape}, expected {expected} for targets "
            f"of shape {tuple(y.shape)}. Time steps need compile(..., "
            "sample_weight_mode='temporal')."
        )
    return weights


@lru_cache(16)
def _ones(shape: tuple[int, ...], dtype: str) -> Array:
    """Returns read-only ones that need no memory: `np.ones` needs 80 MB for 100,000
    sequences of 200 steps. Made anew, they prolong a small step by 16 %
    (`benchmarks/mechanisms.py sample_weights`)."""
    return np.broadcast_to(np.ones((), dtype), shape)


def _by_class(class_weight) -> dict[int, float]:
    """Returns the weights of classes 0, 1, … as a dict."""
    try:
        return {label: float(weight) for label, weight in enumerate(class_weight)}
    except (TypeError, ValueError):
        raise DataError(
            "class_weight must be a dict from class to weight, as {0: 1.0, 1: 2.5}, or "
            f"the weights in the order of the classes; received {shown(class_weight)}."
        ) from None


def _class_weights(y: Array, class_weight) -> Array:
    """Returns the weight of each sample's class."""
    if not isinstance(class_weight, dict):
        class_weight = _by_class(class_weight)
    if len(y.shape) > 2:
        raise DataError(
            f"class_weight needs targets of 2 dimensions, a class per sample; received "
            f"targets of shape {tuple(y.shape)}. Weight time steps by sample_weight."
        )
    labels = np.asarray(y).reshape(len(y), -1)
    labels = labels.argmax(axis=1) if labels.shape[1] > 1 else labels[:, 0]
    classes, places = np.unique(labels, return_inverse=True)
    missing = [label for label in classes.tolist() if label not in class_weight]
    if missing:
        numbers = ", ".join(f"{label:g}" for label in missing[:MOST_SHOWN])
        raise DataError(
            f"class_weight has no weight for the classes {numbers} of targets of shape "
            f"{tuple(y.shape)}; received weights for {listed(class_weight):.80}."
        )
    weights = [class_weight[label] for label in classes.tolist()]
    return np.array(weights, K.floatx())[places]
