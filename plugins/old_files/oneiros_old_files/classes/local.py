"""Locally connected layers in files of Keras 2, and in another order of the axes."""

from __future__ import annotations

from typing import Any

from oneiros_old_files.base import Arrays
from oneiros_old_files.keras2 import Keras2Layer
from oneiros_old_files.keras3 import PACKAGE
from oneiros_old_files.rows import AFFINE


class LocallyConnected2DMigration(Keras2Layer):
    """LocallyConnected2D, whose patches are flattened in the order of the axes."""

    name = "LocallyConnected2D"
    keras3 = f"{PACKAGE}LocallyConnected2D"
    renamed = {
        **AFFINE,
        "filters": "nb_filter",
        "padding": "border_mode",
        "kernel_size": ("nb_row", "nb_col"),
        "strides": "subsample",
        "data_format": "dim_ordering",
    }
    neutral = {"implementation": (1,)}

    def reordered(
        self, config: dict[str, Any], arrays: Arrays, dim_ordering: str
    ) -> Arrays:
        """Returns kernel and bias for images of the other order."""
        if config["dim_ordering"] == dim_ordering:
            return arrays
        kernel, *biases = arrays
        window = (config["nb_row"], config["nb_col"])
        places, _, filters = kernel.shape
        if dim_ordering == "th":
            split = kernel.reshape(places, *window, -1, filters)
            moved = split.transpose(0, 3, 1, 2, 4)
        else:
            split = kernel.reshape(places, -1, *window, filters)
            moved = split.transpose(0, 2, 3, 1, 4)
        return [
            moved.reshape(kernel.shape),
            *(_reordered_bias(bias, dim_ordering) for bias in biases),
        ]


def _reordered_bias(bias: Any, dim_ordering: str) -> Any:
    """Returns a bias that adds the same in the other order.

    It has the shape `(rows, columns, filters)` in either; with `"th"` its values are
    those of `(filters, rows, columns)`, one after the other.
    """
    rows, columns, filters = bias.shape
    if dim_ordering == "th":
        return bias.transpose(2, 0, 1).reshape(bias.shape)
    return bias.reshape(filters, rows, columns).transpose(1, 2, 0)
