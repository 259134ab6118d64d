"""Outputs of one unit whose result can't change: the user is warned of them."""

from __future__ import annotations

from typing import Any

from oneiros_backend_toolkit.user_warnings import warn

from oneiros_training.arrays.naming import name_of


def warn_of_single_units(model: Any, losses: list[Any]) -> None:
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
