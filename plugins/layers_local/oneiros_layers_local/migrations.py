"""How files of Keras 2 are read, and how weights follow the order of the axes: locally
connected layers."""

from __future__ import annotations

from typing import Any

from oneiros_old_files.base import Arrays, Origin
from oneiros_old_files.keras2 import AFFINE, Keras2Layer

WINDOW = {"filters": "nb_filter", "padding": "border_mode"}
STORED = {"implementation": (1,)}


class LocallyConnected1D(Keras2Layer):
    """LocallyConnected1D."""

    name = "LocallyConnected1D"
    renamed = {
        **AFFINE,
        **WINDOW,
        "kernel_size": ("filter_length",),
        "strides": ("subsample_length",),
    }
    neutral = {**STORED, "data_format": ("channels_last",)}


class LocallyConnected2D(Keras2Layer):
    """LocallyConnected2D; its patches are flattened in the order of the image's
    axes."""

    name = "LocallyConnected2D"
    renamed = {
        **AFFINE,
        **WINDOW,
        "kernel_size": ("nb_row", "nb_col"),
        "strides": "subsample",
        "data_format": "dim_ordering",
    }
    neutral = STORED

    def weights(self, config: dict[str, Any], arrays: Arrays, origin: Origin) -> Arrays:
        """Returns the bias in the output's shape: Keras 2 stores channels last, and
        reads it reshaped."""
        if origin.keras < 2 or config["dim_ordering"] != "th":
            return arrays
        kernel, *bias = arrays
        return [
            kernel,
            *(value.reshape(value.shape[2], *value.shape[:2]) for value in bias),
        ]

    def reordered(
        self, config: dict[str, Any], arrays: Arrays, dim_ordering: str
    ) -> Arrays:
        """Returns kernel and bias for images of the other order."""
        if config["dim_ordering"] == dim_ordering:
            return arrays
        kernel, *bias = arrays
        window, places, filters = (
            (config["nb_row"], config["nb_col"]),
            len(kernel),
            kernel.shape[-1],
        )
        if dim_ordering == "th":
            moved = kernel.reshape(places, *window, -1, filters).transpose(
                0, 3, 1, 2, 4
            )
        else:
            moved = kernel.reshape(places, -1, *window, filters).transpose(
                0, 2, 3, 1, 4
            )
        axes = (2, 0, 1) if dim_ordering == "th" else (1, 2, 0)
        return [moved.reshape(kernel.shape), *(value.transpose(axes) for value in bias)]
