"""Warnings about targets that don't suit their loss."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from oneiros_backend_toolkit.user_warnings import warn

from oneiros_array_data.naming import name_of

Array = Any


def are_plausible(model: Any, targets: Sequence[Array]) -> bool:
    """Warns about targets that don't suit the loss of their output.

    Only arrays in memory are checked.

    # Arguments
        model: the compiled model.
        targets: one array per output.

    # Returns
        Whether there was no reason to warn.
    """
    for place, loss in enumerate(model.loss_functions):
        problem_of = PROBLEMS.get(name_of(loss))
        target = targets[place]
        if problem_of is None or not isinstance(target, np.ndarray):
            continue
        lowest = np.min(target)
        highest = np.max(target)
        problem = problem_of(lowest, highest, model.internal_output_shapes[place])
        if problem:
            warn(f"model target {model.output_names[place]!r}: received {problem}")
            return False
    return True


def _missing_classes(lowest: Any, highest: Any, shape: Any) -> str:
    """Returns what is wrong with class numbers; the loss of invalid ones is 0, so they
    look good."""
    classes = shape[-1]
    # NaN is in no interval
    if classes is None or (lowest >= 0 and highest < classes):
        return ""
    return (
        f"class numbers from {lowest} to {highest}, but the output has {classes} "
        f"classes, 0 to {classes - 1}. Samples of other classes contribute no loss, so "
        "the model doesn't learn from them. Number the classes from 0, or enlarge the "
        "output."
    )


def _no_probabilities(lowest: Any, highest: Any, shape: Any) -> str:
    """Returns what is wrong with the targets of a binary crossentropy, which has no
    lower bound for targets outside 0 to 1."""
    if lowest >= 0 and highest <= 1:
        return ""
    return (
        f"values from {lowest} to {highest}, but binary_crossentropy needs values "
        "between 0 and 1. For labels -1 and 1, use loss='hinge', or pass "
        "(y + 1) / 2."
    )


PROBLEMS: dict[str, Callable[[Any, Any, Any], str]] = {
    "sparse_categorical_crossentropy": _missing_classes,
    "binary_crossentropy": _no_probabilities,
}
"""Functions that check whether a loss suits the lowest and highest target and the
output's shape."""
