"""Convolutions, paddings, croppings and upsampling in files of other versions."""

from __future__ import annotations

from typing import Any

import numpy as np
from oneiros.errors import ConfigError

from oneiros_old_files.base import Arrays, Origin
from oneiros_old_files.convolution_kernels import KernelMigration
from oneiros_old_files.keras2 import ANY, Keras2Layer, plain
from oneiros_old_files.keras3 import Keras3Layer
from oneiros_old_files.moves import Moved, channels_moved
from oneiros_old_files.rows import AFFINE, LAST, ORDERED

WINDOW = {"filters": "nb_filter", "strides": "subsample", "padding": "border_mode"}

KERNEL_CONSTRAINTS = {"W_constraint", "depthwise_constraint", "pointwise_constraint"}


class ConvolutionMigration(KernelMigration, Keras2Layer):
    """A convolution; one with a dilation is another class in Keras 1."""

    neutral = {"groups": (1,), "dilation_rate": (1, [1], [1, 1], [1, 1, 1])}
    dilated: str | None = None
    unneeded = frozenset({"atrous_rate"})

    def to_keras3(self, config: dict[str, Any], arrays: Arrays) -> Keras3Layer | None:
        """Returns the layer, with its dilation."""
        if config["border_mode"] == "full":
            raise ConfigError(
                "it has border_mode='full', which Keras 3 doesn't have: put a "
                "ZeroPadding before a layer with border_mode='valid'."
            )
        layer = super().to_keras3(config, arrays)
        if layer is not None and "atrous_rate" in config:
            layer.arguments["dilation_rate"] = config["atrous_rate"]
            _check_steps(layer.arguments)
        return layer

    def weights_there(self, config: dict[str, Any], arrays: Arrays) -> Arrays:
        """Returns the kernels with the window first."""
        return self.reordered(config, arrays, "tf")

    def translated(self, name: str, config: Any, origin: Origin) -> tuple[str, Any]:
        """Returns the class and its arguments."""
        if origin.keras < 2:
            return name, config
        rate = plain(config.get("dilation_rate"))
        if self.dilated is None or rate in (None, *self.neutral["dilation_rate"]):
            class_name, arguments = super().translated(name, config, origin)
        else:
            undilated = {
                argument: value
                for argument, value in config.items()
                if argument != "dilation_rate"
            }
            _, arguments = super().translated(name, undilated, origin)
            class_name = self.dilated
            arguments["atrous_rate"] = self._rate(rate)
        channels_first = arguments.get("dim_ordering") == "th"
        for argument in arguments.keys() & KERNEL_CONSTRAINTS:
            arguments[argument] = self._moved(arguments[argument], channels_first)
        return class_name, arguments

    def _moved(self, constraint: Any, channels_first: bool) -> Any:
        """Returns a constraint for the kernel's axes where they are here."""
        if not isinstance(constraint, dict) or "axis" not in constraint:
            return constraint
        places = self._places(channels_first)
        axis = constraint["axis"]
        if isinstance(axis, list):
            return {**constraint, "axis": [places[stored_axis] for stored_axis in axis]}
        return {**constraint, "axis": places[axis]}

    def _places(self, channels_first: bool) -> tuple[int, ...]:
        """Returns where each axis of a stored kernel is here, for either ordering."""
        return (2, 3, 1, 0) if channels_first else (0, 1, 2, 3)

    def _rate(self, rate: Any) -> Any:
        return rate


def _check_steps(arguments: dict[str, Any]) -> None:
    """Checks that a convolution of Keras 3 has only one of two arguments.

    # Raises
        ConfigError: if it has both.
    """
    steps = arguments["strides"]
    rate = arguments["dilation_rate"]
    if np.max(steps) > 1 and np.max(rate) > 1:
        raise ConfigError(
            f"it has steps of {steps} and atrous_rate={rate}, and Keras 3 takes only "
            "one of them above 1."
        )


class Conv1DMigration(ConvolutionMigration):
    """Convolution1D; its kernels are `(length, 1, input, output)` here."""

    name = "Convolution1D"
    keras3 = "Conv1D"
    dilated = "AtrousConvolution1D"
    renamed = {
        **AFFINE,
        "filters": "nb_filter",
        "kernel_size": ("filter_length",),
        "strides": ("subsample_length",),
        "padding": "border_mode",
    }
    neutral = {**ConvolutionMigration.neutral, **LAST}

    def translated(self, name: str, config: Any, origin: Origin) -> tuple[str, Any]:
        """Returns the class and its arguments."""
        if origin.keras > 1 and config.get("padding") == "causal":
            self.refuse(name, config, "padding")
        return super().translated(name, config, origin)

    def _rate(self, rate: Any) -> Any:
        return rate[0] if isinstance(rate, list) else rate

    def _places(self, channels_first: bool) -> tuple[int, ...]:
        return (0, 2, 3)

    def weights_there(self, config: dict[str, Any], arrays: Arrays) -> Arrays:
        """Returns the kernel without its axis of size 1."""
        kernel, *bias = arrays
        return [kernel[:, 0], *bias]

    def weights(self, config: dict[str, Any], arrays: Arrays, origin: Origin) -> Arrays:
        """Returns the kernel with its four axes in order.

        Keras 1.0 and 1.1 stored `(output, input, length, 1)`.
        """
        kernel, *bias = arrays
        if origin.keras > 1 and kernel.ndim == 3:
            return [kernel[:, None], *bias]
        if _is_of_keras_1_1(kernel, config["filter_length"], config["nb_filter"]):
            return [kernel.transpose(2, 3, 1, 0), *bias]
        return arrays


def _is_of_keras_1_1(kernel: Any, length: int, filters: int) -> bool:
    """Returns whether a kernel can only be `(output, input, length, 1)`, and not
    `(length, 1, input, output)`."""
    if kernel.ndim != 4:
        return False
    first, second, third, last = kernel.shape
    if (first, second, last) == (length, 1, filters):
        return False
    return (first, third, last) == (filters, length, 1)


class Conv2DMigration(ConvolutionMigration):
    """Convolution2D."""

    name = "Convolution2D"
    keras3 = "Conv2D"
    dilated = "AtrousConvolution2D"
    renamed = {**AFFINE, **WINDOW, **ORDERED, "kernel_size": ("nb_row", "nb_col")}


class Conv3DMigration(ConvolutionMigration):
    """Convolution3D."""

    name = "Convolution3D"
    keras3 = "Conv3D"
    renamed = {
        **AFFINE,
        **WINDOW,
        **ORDERED,
        "kernel_size": ("kernel_dim1", "kernel_dim2", "kernel_dim3"),
    }

    def _places(self, channels_first: bool) -> tuple[int, ...]:
        return (2, 3, 4, 1, 0) if channels_first else (0, 1, 2, 3, 4)


class Conv2DTransposeMigration(ConvolutionMigration):
    """Deconvolution2D, whose output's size Keras 2 finds itself.

    Its kernels are `(rows, columns, output, input)`.
    """

    name = "Deconvolution2D"
    keras3 = "Conv2DTranspose"
    unneeded = frozenset({"output_shape"})
    renamed = Conv2DMigration.renamed
    neutral = {**ConvolutionMigration.neutral, "output_padding": (None,)}
    added = {"output_shape": None}

    def to_keras3(self, config: dict[str, Any], arrays: Arrays) -> Keras3Layer | None:
        """Returns the layer, with what its output has beyond its smallest size."""
        layer = super().to_keras3(config, arrays)
        if layer is not None and config["output_shape"]:
            layer.arguments["output_padding"] = _output_padding(config)
        return layer

    def weights_there(self, config: dict[str, Any], arrays: Arrays) -> Arrays:
        """Returns the kernel with its output before its input."""
        kernel, *bias = super().weights_there(config, arrays)
        return [kernel.swapaxes(2, 3), *bias]

    def _places(self, channels_first: bool) -> tuple[int, ...]:
        return (2, 3, 0, 1) if channels_first else (0, 1, 3, 2)

    def weights(self, config: dict[str, Any], arrays: Arrays, origin: Origin) -> Arrays:
        """Returns the kernel with its input before its output."""
        if origin.keras > 1:
            arrays = [
                value.swapaxes(2, 3) if value.ndim == 4 else value for value in arrays
            ]
        return super().weights(config, arrays, origin)

    def reordered_config(
        self, config: dict[str, Any], dim_ordering: str
    ) -> dict[str, Any]:
        """Returns the arguments with `output_shape` in the other order too."""
        arguments = super().reordered_config(config, dim_ordering)
        if config.get("output_shape"):
            axes = channels_moved(3, dim_ordering)
            arguments["output_shape"] = Moved(axes).shape(config["output_shape"])
        return arguments


def _output_padding(config: dict[str, Any]) -> list[int] | None:
    """Returns the argument of Keras 3 that gives a Deconvolution2D's output its size;
    None if that is the size that Keras 3 chooses.

    # Raises
        ConfigError: if no argument does.
    """
    shape = config["output_shape"]
    sizes = shape[1:3] if config["dim_ordering"] == "tf" else shape[2:]
    window = (config["nb_row"], config["nb_col"])
    steps = config["subsample"]
    chosen = []
    padding = []
    for size, width, step in zip(sizes, window, steps, strict=True):
        if config["border_mode"] == "same":
            chosen.append(step - width % 2)
            padding.append((size - 1) % step + 1 - width % 2)
        else:
            chosen.append(max(step - width, 0))
            padding.append((size - width) % step)
    if padding == chosen:
        return None
    if any(added >= step for added, step in zip(padding, steps, strict=True)):
        raise ConfigError(
            f"it has output_shape={tuple(shape)}, which Keras 3 can't express: an even "
            "kernel needs rows and columns that are both subsample * size, or neither."
        )
    return padding


class SeparableConv2DMigration(ConvolutionMigration):
    """SeparableConvolution2D, whose kernels no engine flips.

    Keras 1 had it on TensorFlow alone.
    """

    name = "SeparableConvolution2D"
    keras3 = "SeparableConv2D"
    flips = False
    renamed = {
        **WINDOW,
        **ORDERED,
        "kernel_size": ("nb_row", "nb_col"),
        "depth_multiplier": "depth_multiplier",
        "activation": "activation",
        "use_bias": "bias",
        "depthwise_initializer": "init",
        "depthwise_regularizer": "depthwise_regularizer",
        "pointwise_regularizer": "pointwise_regularizer",
        "bias_regularizer": "b_regularizer",
        "activity_regularizer": "activity_regularizer",
        "depthwise_constraint": "depthwise_constraint",
        "pointwise_constraint": "pointwise_constraint",
        "bias_constraint": "b_constraint",
    }
    neutral = {
        **ConvolutionMigration.neutral,
        "pointwise_initializer": ANY,
        "kernel_initializer": ANY,
        "kernel_regularizer": (None,),
        "kernel_constraint": (None,),
    }


class ZeroPadding1DMigration(Keras2Layer):
    """ZeroPadding1D."""

    name = "ZeroPadding1D"
    renamed = {"padding": "padding"}
    neutral = LAST

    def to_keras3(self, config: dict[str, Any], arrays: Arrays) -> Keras3Layer | None:
        """Returns the layer, without a dict of sides."""
        widths = _widths(config["padding"], ("left_pad", "right_pad"))
        return super().to_keras3({**config, "padding": widths}, arrays)


class ZeroPadding2DMigration(Keras2Layer):
    """ZeroPadding2D; the four widths are one list here."""

    name = "ZeroPadding2D"
    renamed = {"padding": "padding", **ORDERED}

    def to_keras3(self, config: dict[str, Any], arrays: Arrays) -> Keras3Layer | None:
        """Returns the layer, with a pair of widths for each axis."""
        sides = ("top_pad", "bottom_pad", "left_pad", "right_pad")
        widths = _widths(config["padding"], sides)
        if len(widths) == len(sides):
            widths = [list(widths[:2]), list(widths[2:])]
        return super().to_keras3({**config, "padding": widths}, arrays)

    def translated(self, name: str, config: Any, origin: Origin) -> tuple[str, Any]:
        """Returns the class and its arguments."""
        class_name, arguments = super().translated(name, config, origin)
        if origin.keras > 1:
            (top, bottom), (left, right) = plain(arguments["padding"])
            arguments["padding"] = [top, bottom, left, right]
        return class_name, arguments


def _widths(padding: Any, sides: tuple[str, ...]) -> Any:
    """Returns a padding as numbers; a dict has one for each side, or lacks it."""
    if isinstance(padding, dict):
        return [padding.get(side, 0) for side in sides]
    return padding


class ZeroPadding3DMigration(Keras2Layer):
    """ZeroPadding3D, which pads both ends of an axis alike."""

    name = "ZeroPadding3D"
    renamed = {"padding": "padding", **ORDERED}

    def translated(self, name: str, config: Any, origin: Origin) -> tuple[str, Any]:
        """Returns the class and its arguments."""
        class_name, arguments = super().translated(name, config, origin)
        if origin.keras > 1:
            if any(before != after for before, after in arguments["padding"]):
                self.refuse(name, config, "padding")
            arguments["padding"] = [before for before, _ in arguments["padding"]]
        return class_name, arguments
