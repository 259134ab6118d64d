"""Convolutions, locally connected layers and paddings in files of other versions."""

from typing import Any

import numpy as np
from oneiros.errors import ConfigError

from oneiros_old_files.base import Arrays, Config, Described
from oneiros_old_files.convolution_kernels import KernelMigration
from oneiros_old_files.keras2 import Keras2Layer
from oneiros_old_files.keras3 import PACKAGE
from oneiros_old_files.moves import Moved, channels_moved
from oneiros_old_files.parts import plain
from oneiros_old_files.rows import AFFINE, IMAGE_KERNEL, ORDERED, UNDILATED, WINDOW

KERNEL_CONSTRAINTS = {"W_constraint", "depthwise_constraint", "pointwise_constraint"}


class ConvolutionMigration(KernelMigration, Keras2Layer):
    """A convolution; one with a dilation is another class in Keras 1.

    # Properties
        dilated: str, that class.
        places: tuple of int, where each axis of a stored kernel is here.
        places_first: tuple of int, where it is with the channels first.
    """

    dilated: str | None = None
    places: tuple[int, ...] = (0, 1, 2, 3)
    places_first: tuple[int, ...] = (2, 3, 1, 0)

    def complete_there(self, arguments: Config, config: Config) -> None:
        """Adds the dilation.

        # Raises
            ConfigError: for what Keras 3 can't do.
        """
        if config["border_mode"] == "full":
            raise ConfigError(
                "it has border_mode='full', which Keras 3 doesn't have: put a "
                "ZeroPadding before a layer with border_mode='valid'."
            )
        if "atrous_rate" not in config:
            return
        steps = arguments["strides"]
        rate = config["atrous_rate"]
        smaller = min(np.max(steps), np.max(rate))
        if smaller > 1:
            raise ConfigError(
                f"it has steps of {steps} and atrous_rate={rate}, and Keras 3 takes "
                "only one of them above 1."
            )
        arguments["dilation_rate"] = rate

    def weights_there(self, config: Config, arrays: Arrays) -> Arrays:
        """Returns the kernels with the window first."""
        return self.reordered(config, arrays, "tf")

    def translated(self, name: str, config) -> Described:
        """Returns the class and its arguments."""
        rate = plain(config.get("dilation_rate"))
        is_dilated = rate not in (None, *UNDILATED)
        if self.origin.keras < 2 or not self.dilated or not is_dilated:
            return super().translated(name, config)
        del config["dilation_rate"]
        _, arguments = super().translated(name, config)
        if isinstance(rate, list) and len(rate) == 1:
            (rate,) = rate
        return self.dilated, {**arguments, "atrous_rate": rate}

    def complete(self, arguments: Config, config: Config) -> None:
        """Lets constraints name the kernel's axes where they are here."""
        places = self.places
        if arguments.get("dim_ordering") == "th":
            places = self.places_first
        for argument in arguments.keys() & KERNEL_CONSTRAINTS:
            constraint = arguments[argument]
            if isinstance(constraint, dict) and "axis" in constraint:
                axis = np.take(places, constraint["axis"])
                arguments[argument] = {**constraint, "axis": axis.tolist()}


class Conv1DMigration(ConvolutionMigration):
    """Convolution1D; its kernels are `(length, 1, input, output)` here."""

    name = "Convolution1D"
    keras3 = "Conv1D"
    dilated = "AtrousConvolution1D"
    places = (0, 2, 3)
    renamed = {
        **AFFINE,
        "filters": "nb_filter",
        "kernel_size": ("filter_length",),
        "strides": ("subsample_length",),
        "padding": "border_mode",
    }

    def complete(self, arguments: Config, config: Config) -> None:
        """Refuses a padding that Keras 1 doesn't have."""
        if config.get("padding") == "causal":
            self.refuse("Conv1D", config, "padding")
        super().complete(arguments, config)

    def weights_there(self, config: Config, arrays: Arrays) -> Arrays:
        """Returns the kernel without its axis of size 1."""
        kernel, *bias = arrays
        return [kernel[:, 0], *bias]

    def weights(self, config: Config, arrays: Arrays) -> Arrays:
        """Returns the kernel with its four axes in order.

        Keras 1.0 and 1.1 stored `(output, input, length, 1)`.
        """
        kernel, *bias = arrays
        if self.origin.keras > 1 and kernel.ndim == 3:
            return [kernel[:, None], *bias]
        length = config["filter_length"]
        filters = config["nb_filter"]
        inputs = kernel.shape[1]
        shape = kernel.shape
        is_current = shape[::3] == (length, filters) and inputs == 1
        if not is_current and shape == (filters, inputs, length, 1):
            return [kernel.transpose(2, 3, 1, 0), *bias]
        return arrays


class Conv2DTransposeMigration(ConvolutionMigration):
    """Deconvolution2D, whose output's size Keras 2 finds itself.

    Its kernels are `(rows, columns, output, input)`.
    """

    name = "Deconvolution2D"
    keras3 = "Conv2DTranspose"
    places = (0, 1, 3, 2)
    places_first = (2, 3, 0, 1)
    renamed = {**AFFINE, **WINDOW, **IMAGE_KERNEL}
    added = {"output_shape": None}

    def complete_there(self, arguments: Config, config: Config) -> None:
        """Adds what the output has beyond its smallest size."""
        super().complete_there(arguments, config)
        if config["output_shape"]:
            arguments["output_padding"] = _output_padding(config)

    def weights_there(self, config: Config, arrays: Arrays) -> Arrays:
        """Returns the kernel with its output before its input."""
        kernel, *bias = super().weights_there(config, arrays)
        return [kernel.swapaxes(2, 3), *bias]

    def weights(self, config: Config, arrays: Arrays) -> Arrays:
        """Returns the kernel with its input before its output."""
        if self.origin.keras > 1:
            kernel, *bias = arrays
            arrays = [kernel.swapaxes(2, 3), *bias]
        return super().weights(config, arrays)

    def reordered_config(self, config: Config, dim_ordering: str) -> Config:
        """Returns the arguments with `output_shape` in the other order too."""
        arguments = super().reordered_config(config, dim_ordering)
        if config.get("output_shape"):
            axes = channels_moved(3, dim_ordering)
            arguments["output_shape"] = Moved(axes).shape(config["output_shape"])
        return arguments


def _output_padding(config: Config) -> list[int] | None:
    """Returns the argument of Keras 3 that gives a Deconvolution2D's output its size;
    None if that is the size that Keras 3 chooses.

    # Raises
        ConfigError: if no argument does.
    """
    shape = config["output_shape"]
    sizes = shape[2:]
    if config["dim_ordering"] == "tf":
        sizes = shape[1:3]
    window = (config["nb_row"], config["nb_col"])
    steps = config["subsample"]
    chosen = []
    padding = []
    for size, width, step in zip(sizes, window, steps, strict=True):
        odd = width % 2
        if config["border_mode"] == "same":
            last = (size - 1) % step
            chosen.append(step - odd)
            padding.append(last + 1 - odd)
        else:
            last = (size - width) % step
            chosen.append(max(step - width, 0))
            padding.append(last)
    if padding == chosen:
        return None
    if np.any(np.array(padding) >= steps):
        raise ConfigError(
            f"it has output_shape={tuple(shape)}, which Keras 3 can't express: an even "
            "kernel needs rows and columns that are both subsample * size, or neither."
        )
    return padding


class ZeroPadding1DMigration(Keras2Layer):
    """ZeroPadding1D."""

    name = "ZeroPadding1D"
    renamed = {"padding": "padding"}

    def complete_there(self, arguments: Config, config: Config) -> None:
        """Gives the widths without their names."""
        arguments["padding"] = _widths(config["padding"], "left_pad", "right_pad")


class ZeroPadding2DMigration(Keras2Layer):
    """ZeroPadding2D; the four widths are one list here."""

    name = "ZeroPadding2D"
    renamed = {"padding": "padding", **ORDERED}

    def complete_there(self, arguments: Config, config: Config) -> None:
        """Gives a pair of widths for each axis."""
        sides = ("top_pad", "bottom_pad", "left_pad", "right_pad")
        widths = _widths(config["padding"], *sides)
        if len(widths) == len(sides):
            widths = [widths[:2], widths[2:]]
        arguments["padding"] = widths

    def complete(self, arguments: Config, config: Config) -> None:
        """Gives the widths as one list."""
        (top, bottom), (left, right) = plain(arguments["padding"])
        arguments["padding"] = [top, bottom, left, right]


def _widths(padding, *sides: str) -> list[Any]:
    """Returns a padding as numbers; a dict has one for each side, or lacks it."""
    if isinstance(padding, dict):
        return [padding.get(side, 0) for side in sides]
    return list(padding) if isinstance(padding, tuple) else padding


class ZeroPadding3DMigration(Keras2Layer):
    """ZeroPadding3D, which pads both ends of an axis alike."""

    name = "ZeroPadding3D"
    renamed = {"padding": "padding", **ORDERED}

    def complete(self, arguments: Config, config: Config) -> None:
        """Gives one width for both ends of an axis."""
        if any(before != after for before, after in arguments["padding"]):
            self.refuse("ZeroPadding3D", config, "padding")
        arguments["padding"] = [before for before, _ in arguments["padding"]]


class LocallyConnected2DMigration(Keras2Layer):
    """LocallyConnected2D, whose patches are flattened in the order of the axes."""

    name = "LocallyConnected2D"
    keras3 = f"{PACKAGE}LocallyConnected2D"
    renamed = {**AFFINE, **WINDOW, **IMAGE_KERNEL}
    neutral = {"implementation": (1,)}

    def reordered(self, config: Config, arrays: Arrays, dim_ordering: str) -> Arrays:
        """Returns kernel and bias for images of the other order."""
        if config["dim_ordering"] == dim_ordering:
            return arrays
        kernel, *biases = arrays
        window = (config["nb_row"], config["nb_col"])
        places, _, filters = kernel.shape
        if dim_ordering == "th":
            split = kernel.reshape(places, *window, -1, filters)
            moved = np.moveaxis(split, 3, 1)
        else:
            split = kernel.reshape(places, -1, *window, filters)
            moved = np.moveaxis(split, 1, 3)
        moved_biases = [_reordered_bias(bias, dim_ordering) for bias in biases]
        return [moved.reshape(kernel.shape), *moved_biases]


def _reordered_bias(bias, dim_ordering: str):
    """Returns a bias that adds the same in the other order.

    It has the shape `(rows, columns, filters)` in either; with `"th"` its values are
    those of `(filters, rows, columns)`, one after the other.
    """
    if dim_ordering == "th":
        return np.moveaxis(bias, -1, 0).reshape(bias.shape)
    *places, filters = bias.shape
    return np.moveaxis(bias.reshape(filters, *places), 0, -1)
