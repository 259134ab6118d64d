"""Warnings of outputs and targets with which training can't work."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from oneiros.backend import Backend
from oneiros.errors import CapabilityError
from oneiros.typing import Array
from oneiros.user_warnings import warn

from oneiros_training.arrays.naming import name_of

BRIGHT = 2
WHITE = 255
"""Targets whose highest value is above `BRIGHT` and not above `WHITE` may be pixels."""


def check_trains(backend: Backend) -> None:
    """Checks that a backend has gradients.

    # Raises
        CapabilityError: if it only predicts; it names backends that train.
    """
    if "gradients" not in backend.capabilities:
        raise CapabilityError(
            f"The backend {backend.name!r} only predicts: it has no gradients, so fit "
            "and train_on_batch can't run on it. Train on another backend: set "
            "ONEIROS_BACKEND=theano (or tensorflow, jax), or write "
            "K.set_backend('theano') before you build or load the model."
        )


def warn_of_single_units(model, losses: list[Any]) -> None:
    """Warns of a softmax or a categorical crossentropy over one unit: the output is
    always 1, or the loss always the same.

    # Arguments
        model: the model.
        losses: list of the loss function of each output.
    """
    outputs = zip(
        model.output_names,
        model.outputs,
        model.internal_output_shapes,
        losses,
        strict=True,
    )
    for name, output, shape, loss in outputs:
        if not shape or shape[-1] != 1:
            continue
        layer = output._keras_history[0]
        if name_of(getattr(layer, "activation", None)) == "softmax":
            warn(
                f"The output {name!r} is a softmax over one unit, which is always 1: "
                "training changes nothing. For two classes write activation='sigmoid' "
                "and loss='binary_crossentropy'; for more, a unit per class."
            )
        elif name_of(loss) == "categorical_crossentropy":
            warn(
                f"The output {name!r} has one unit, and categorical_crossentropy over "
                "one class has nothing to learn. For two classes write "
                "activation='sigmoid' and loss='binary_crossentropy'; for class "
                "numbers, a unit per class and loss='sparse_categorical_crossentropy'."
            )


def are_plausible(model, targets: Sequence[Array]) -> bool:
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
        problem = _missing_values(target) or problem_of(
            target, model.internal_output_shapes[place]
        )
        if problem:
            warn(f"model target {model.output_names[place]!r}: received {problem}")
            return False
    return True


def _missing_values(target: Array) -> str:
    """Returns what is wrong with targets that contain NaN."""
    if not np.isnan(np.min(target)):
        return ""
    return (
        f"NaN in {np.isnan(target).sum()} of {target.size} values, so the loss will be "
        "NaN. Remove these samples, or replace the values, as with np.nan_to_num(y)."
    )


def _no_classes(target: Array, shape) -> str:
    """Returns what is wrong with class numbers; the loss of invalid ones is 0, so they
    look good."""
    classes = shape[-1]
    lowest = np.min(target)
    highest = np.max(target)
    if classes is not None and (lowest < 0 or highest >= classes):
        return (
            f"class numbers from {lowest} to {highest}, but the output has {classes} "
            f"classes, 0 to {classes - 1}. Samples of other classes contribute no "
            "loss, so the model doesn't learn from them. Number the classes from 0, or "
            "enlarge the output."
        )
    fractions = target[np.mod(target, 1) != 0]
    if fractions.size == 0:
        return ""
    return (
        f"the class number {fractions[0]}, but sparse_categorical_crossentropy needs "
        "whole numbers and cuts the fraction off. Pass the number of each sample's "
        "class; for probabilities of all classes, use loss='categorical_crossentropy'."
    )


def _no_probabilities(target: Array, _shape) -> str:
    """Returns what is wrong with the targets of a binary crossentropy, which has no
    lower bound for targets outside 0 to 1."""
    lowest = np.min(target)
    highest = np.max(target)
    if lowest >= 0 and highest <= 1:
        return ""
    return (
        f"values from {lowest} to {highest}, but binary_crossentropy needs values "
        f"between 0 and 1. {_into_probabilities(lowest, highest)}"
    )


def _into_probabilities(lowest, highest) -> str:
    """Returns how to bring values of a range between 0 and 1."""
    if lowest >= 0 and BRIGHT < highest <= WHITE:
        return f"For pixels of images, divide by {WHITE}: pass y / {WHITE:.1f}."
    return "For labels -1 and 1, use loss='hinge', or pass (y + 1) / 2."


PROBLEMS: dict[str, Callable[[Array, Any], str]] = {
    "sparse_categorical_crossentropy": _no_classes,
    "binary_crossentropy": _no_probabilities,
}
"""Functions that say what is wrong with targets of a loss, given the output's shape;
"" if nothing is."""
