"""Convolution kernels as arrays: flipped for Theano, and laid out for either
`dim_ordering`."""

from __future__ import annotations

from typing import Any
from weakref import WeakSet

import numpy as np

from oneiros_old_files.base import Arrays, Migration, Origin

Kernel = np.ndarray[Any, Any]

FITTED_WHEN_LOADED: WeakSet[Any] = WeakSet()
"""Layers whose kernels fit the convolution here since they were loaded, although a
script of Keras 1 converts them next."""

MIN_AXES = 4
"""Weights with fewer axes are no kernels."""


def flipped(kernel: Kernel, dim_ordering: str) -> Kernel:
    """Returns a kernel flipped along its window, the first axes for `"tf"`, the last
    ones for `"th"`."""
    window = range(2, kernel.ndim) if dim_ordering == "th" else range(kernel.ndim - 2)
    return np.flip(kernel, tuple(window))


def reordered(kernel: Kernel, dim_ordering: str) -> Kernel:
    """Returns a kernel of the other layout in the layout of `dim_ordering`.

    `"tf"` is `(*window, input, output)`, `"th"` is `(output, input, *window)`.
    """
    if dim_ordering == "th":
        *window, inputs, outputs = range(kernel.ndim)
        return kernel.transpose(outputs, inputs, *window)
    outputs, inputs, *window = range(kernel.ndim)
    return kernel.transpose(*window, inputs, outputs)


class KernelMigration(Migration):
    """Base for layers whose weights of four or more axes are convolution kernels.

    # Properties
        flips: bool, whether Keras on Theano flipped these kernels.
    """

    flips: bool = True

    def weights(self, config: dict[str, Any], arrays: Arrays, origin: Origin) -> Arrays:
        """Returns the kernels in the layer's order: Keras 2 stores them with the window
        first, always."""
        if origin.keras < 2 or config.get("dim_ordering") != "th":
            return arrays
        return [
            reordered(value, "th") if _is_kernel(value) else value for value in arrays
        ]

    def flipped(self, config: dict[str, Any], arrays: Arrays) -> Arrays:
        """Returns the weights with all kernels flipped, if Theano did so."""
        if not self.flips:
            return arrays
        ordering = config.get("dim_ordering", "tf")
        return [
            flipped(value, ordering) if _is_kernel(value) else value for value in arrays
        ]

    def reordered(
        self, config: dict[str, Any], arrays: Arrays, dim_ordering: str
    ) -> Arrays:
        """Returns the weights with all kernels in the other order."""
        if config.get("dim_ordering", dim_ordering) == dim_ordering:
            return arrays
        return [
            reordered(value, dim_ordering) if _is_kernel(value) else value
            for value in arrays
        ]


def _is_kernel(value: np.ndarray[Any, Any]) -> bool:
    return value.ndim >= MIN_AXES
