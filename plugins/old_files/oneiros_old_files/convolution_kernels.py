"""Convolution kernels as arrays: flipping for Theano, and layouts for both
`dim_ordering`s."""

from collections.abc import Callable
from typing import Any
from weakref import WeakSet

import numpy as np

from oneiros_old_files.base import Arrays, Config, Migration

Kernel = np.ndarray

FITTED_WHEN_LOADED: WeakSet[Any] = WeakSet()
"""Layers with kernels that were converted on loading, although a script of Keras 1 may
convert them next."""

MIN_AXES = 3
"""Minimum number of axes of a kernel."""


def flipped(kernel: Kernel, dim_ordering: str) -> Kernel:
    """Flips a kernel along its window, which is the first axes for `"tf"` and the last
    axes for `"th"`."""
    axes = tuple(range(kernel.ndim))
    if dim_ordering == "th":
        return np.flip(kernel, axes[2:])
    return np.flip(kernel, axes[:-2])


def reordered(kernel: Kernel, dim_ordering: str) -> Kernel:
    """Converts a kernel from the other layout to the layout of `dim_ordering`.

    `"tf"` is `(*window, input, output)`, `"th"` is `(output, input, *window)`.
    """
    first = (0, 1)
    last = (-1, -2)
    if dim_ordering == "th":
        return np.moveaxis(kernel, last, first)
    return np.moveaxis(kernel, first, last)


class KernelMigration(Migration):
    """Base class for layers with convolution kernels: all weights with at least three
    axes.

    # Properties
        flips: bool, whether Keras flipped these kernels on Theano.
    """

    flips = True

    def weights(self, config: Config, arrays: Arrays) -> Arrays:
        """Returns the kernels in the layer's layout; Keras 2 always stores them with
        the window first."""
        if self.origin.keras < 2 or config.get("dim_ordering") != "th":
            return arrays
        return kernels_changed(reordered, arrays, "th")

    def flipped(self, config: Config, arrays: Arrays) -> Arrays:
        """Returns the weights with all kernels flipped, if Theano flipped them."""
        if not self.flips:
            return arrays
        return kernels_changed(flipped, arrays, config.get("dim_ordering", "tf"))

    def reordered(self, config: Config, arrays: Arrays, dim_ordering: str) -> Arrays:
        """Returns the weights with all kernels in the other layout."""
        if config.get("dim_ordering", dim_ordering) == dim_ordering:
            return arrays
        return kernels_changed(reordered, arrays, dim_ordering)


def kernels_changed(
    change: Callable[[Kernel, str], Kernel], arrays: Arrays, dim_ordering: str
) -> Arrays:
    """Returns the arrays, of which the kernels are changed."""
    return [
        change(value, dim_ordering) if value.ndim >= MIN_AXES else value
        for value in arrays
    ]
