"""Targets that are class numbers: those for which the output has no class are told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from oneiros_backend_toolkit.user_warnings import warn

from oneiros_array_data.naming import name_of

Array = Any

LOSS = "sparse_categorical_crossentropy"
"""The loss of class numbers. It gives 0 for others, so that wrong ones look good."""


def are_known(model: Any, targets: Sequence[Array]) -> bool:
    """Warns of class numbers that a model's outputs don't have.

    Only arrays in memory are looked at.

    # Arguments
        model: the compiled model.
        targets: one array per output.

    # Returns
        Whether there was nothing to tell.
    """
    places = [
        place
        for place, loss in enumerate(model.loss_functions)
        if name_of(loss) == LOSS and isinstance(targets[place], np.ndarray)
    ]
    for place in places:
        classes = model.internal_output_shapes[place][-1]
        lowest = np.min(targets[place])
        highest = np.max(targets[place])
        # NaN is in no interval
        if classes is None or (lowest >= 0 and highest < classes):
            continue
        warn(
            f"model target {model.output_names[place]!r}: received class numbers from "
            f"{lowest} to {highest}, and the output has {classes} classes, 0 to "
            f"{classes - 1}. Samples of other classes have the loss 0, and teach "
            "nothing. Number the classes from 0, or enlarge the output."
        )
        return False
    return True
