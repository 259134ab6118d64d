"""Convolutions, built on three primitives of each engine."""

from typing import Any

import numpy as np
from oneiros import settings
from oneiros.arguments import check_choice
from oneiros.errors import ShapeError

from oneiros_backend_toolkit.images import (
    BORDERS,
    check_window,
    is_first,
    one_of,
    per_axis,
    whole,
)
from oneiros_backend_toolkit.operands import UnsuitedError
from oneiros_backend_toolkit.pooling import NO_BORDER, Pairs, Pooling

Ints = tuple[int, ...]
_chosen: dict[str, str] = {}
"""What the program has set."""


def convolution() -> str:
    """Returns `'tensorflow'` (kernels aren't flipped) or `'theano'` (they are)."""
    return _chosen.get("convolution") or str(settings.get("convolution"))


def set_convolution(convolution: str) -> None:
    """Sets whose convolution `K` and layers compute, on every backend.

    Programs that set kernels of Keras 1 on Theano by hand need this
    (docs/guides/files.md). Call it before you build or load models; kernels in files of
    the other convolution are flipped when you load them.

    # Arguments
        convolution: `'tensorflow'`, or `'theano'` for that of Keras 1 on Theano.

    # Raises
        ArgumentError: for any other value.

    # Example
        ```python
        import numpy as np
        from oneiros import backend as K

        kernel = K.variable(np.arange(9).reshape(3, 3, 1, 1))
        image = K.variable(np.arange(9).reshape(1, 3, 3, 1))
        K.set_convolution("theano")
        result = K.conv2d(image, kernel, dim_ordering="tf")
        K.set_convolution("tensorflow")
        print(K.get_value(result).item())  # 84.0
        ```
    """
    _chosen["convolution"] = check_choice(
        "set_convolution", "convolution", convolution, settings.CONVOLUTIONS
    )


class Convolutions(Pooling):
    """The functions of `K` for sequences, images and volumes: convolution, pooling,
    padding and resizing.

    The primitives receive floats of the same type, with channels last. Strides, windows
    and dilations are tuples with one int per spatial axis. Border mode 'valid' adds no
    border. 'same' results in ceil(size / stride) steps, with an odd zero at the end.
    'full' adds window - 1 zeros on both sides.
    """

    def _convolve(self, x, kernel, strides: Ints, border_mode: str, dilation: Ints):
        """Cross-correlates over 2 or 3 spatial axes; the kernel is (*window, in, out).

        Strides and dilations above 1 may come together.
        """
        raise NotImplementedError

    def _convolve_depthwise(
        self, x, kernel, strides: Ints, border_mode: str, dilation: Ints
    ):
        """Cross-correlates channel by channel over 2 spatial axes; the kernel is
        (*window, in, multiplier).

        Output channel i * multiplier + m depends on input channel i.
        """
        raise NotImplementedError

    def _convolve_back(
        self, x, kernel, sizes: tuple[Any, ...], strides: Ints, border_mode: str
    ):
        """Returns the gradient with respect to a convolution's input, given the
        gradient `x` with respect to its output.

        There are 2 or 3 spatial axes. The kernel is (*window, in, out), where `in` are
        the channels of `x` and `out` those of the result; `sizes` are the result's
        spatial sizes, ints or scalar tensors.
        """
        raise NotImplementedError

    def conv1d(
        self,
        x,
        kernel,
        stride=1,
        border_mode="valid",
        image_shape=None,
        filter_shape=None,
    ):
        self._check_rank(x, 3)
        if self.ndim(kernel) == 3:
            kernel = self.expand_dims(kernel, 1)
        strides = (whole("stride", stride), 1)
        x = self.expand_dims(x, 2)
        dilation = (1, 1)
        convolved = self._convolution(x, kernel, strides, border_mode, "tf", dilation)
        return self.squeeze(convolved, 2)

    def conv2d(
        self,
        x,
        kernel,
        strides=(1, 1),
        border_mode="valid",
        dim_ordering="default",
        image_shape=None,
        filter_shape=None,
        filter_dilation=(1, 1),
    ):
        strides = per_axis("strides", strides, 2)
        dilation = per_axis("filter_dilation", filter_dilation, 2)
        return self._convolution(
            x, kernel, strides, border_mode, dim_ordering, dilation
        )

    def atrous_conv2d(
        self,
        x,
        kernel,
        rate=1,
        border_mode="valid",
        dim_ordering="default",
        image_shape=None,
        filter_shape=None,
    ):
        strides = (1, 1)
        dilation = per_axis("rate", rate, 2)
        return self._convolution(
            x, kernel, strides, border_mode, dim_ordering, dilation
        )

    def conv3d(
        self,
        x,
        kernel,
        strides=(1, 1, 1),
        border_mode="valid",
        dim_ordering="default",
        volume_shape=None,
        filter_shape=None,
        filter_dilation=(1, 1, 1),
    ):
        strides = per_axis("strides", strides, 3)
        dilation = per_axis("filter_dilation", filter_dilation, 3)
        return self._convolution(
            x, kernel, strides, border_mode, dim_ordering, dilation
        )

    def deconv2d(
        self,
        x,
        kernel,
        output_shape,
        strides=(1, 1),
        border_mode="valid",
        dim_ordering="default",
        image_shape=None,
        filter_shape=None,
    ):
        strides = per_axis("strides", strides, 2)
        return self._transposed_convolution(
            x, kernel, output_shape, strides, border_mode, dim_ordering
        )

    def deconv3d(
        self,
        x,
        kernel,
        output_shape,
        strides=(1, 1, 1),
        border_mode="valid",
        dim_ordering="default",
    ):
        strides = per_axis("strides", strides, 3)
        return self._transposed_convolution(
            x, kernel, output_shape, strides, border_mode, dim_ordering
        )

    def _transposed_convolution(
        self, x, kernel, output_shape, strides: Ints, border_mode, dim_ordering
    ):
        """Convolves back, in any order of axes."""
        rank = len(strides)
        first = is_first(dim_ordering)
        one_of(BORDERS, "border_mode", border_mode)
        self._check_rank(x, rank + 2)
        x, kernel = self.floats_alike(x, kernel)
        x = self._channels_last(x, first)
        kernel = self._kernel(kernel, first)
        self._check_kernel(x, kernel, rank)
        sizes, channels = _target(output_shape, rank, first)
        *window, _, filters = self.int_shape(kernel)
        if isinstance(channels, int) and filters not in (None, channels):
            raise UnsuitedError("output_shape", ShapeError)
        input_sizes = self.int_shape(x)[1:-1]
        for case in zip(input_sizes, sizes, window, strides, strict=True):
            _check_target_size(border_mode, *case)
        border: Pairs = ()
        if convolution() == "theano":
            kernel = self._flipped(kernel)
            if border_mode == "same":
                border = self._theanos_border(kernel, (1,) * rank)
                border_mode = "valid"
                pairs = zip(sizes, border, strict=True)
                sizes = tuple(size + sum(widths) for size, widths in pairs)
        result = self._convolve_back(x, kernel, sizes, strides, border_mode)
        for axis, (before, after) in enumerate(border, start=1):
            inner = slice(before, -after or None)
            result = result[(slice(None),) * axis + (inner,)]
        return self._channels_first(result, first)

    def separable_conv2d(
        self,
        x,
        depthwise_kernel,
        pointwise_kernel,
        strides=(1, 1),
        border_mode="valid",
        dim_ordering="default",
        *,
        filter_dilation=(1, 1),
    ):
        first = is_first(dim_ordering)
        strides = per_axis("strides", strides, 2)
        dilation = per_axis("filter_dilation", filter_dilation, 2)
        one_of(BORDERS, "border_mode", border_mode)
        self._check_rank(x, 4)
        x, depthwise = self.floats_alike(x, depthwise_kernel)
        x = self._channels_last(x, first)
        depthwise = self._kernel(depthwise, first)
        self._check_kernel(x, depthwise, 2)
        self._check_window(x, depthwise, border_mode, dilation)
        by_channel = self._convolve_depthwise(
            x, depthwise, strides, border_mode, dilation
        )
        if pointwise_kernel is None:
            return self._channels_first(by_channel, first)
        by_channel, pointwise = self.floats_alike(by_channel, pointwise_kernel)
        pointwise = self._kernel(pointwise, first)
        if self.int_shape(pointwise)[:2] != (1, 1):
            raise UnsuitedError("pointwise_kernel", ShapeError)
        self._check_kernel(by_channel, pointwise, 2)
        ones = (1, 1)
        mixed = self._convolve(by_channel, pointwise, ones, "valid", ones)
        return self._channels_first(mixed, first)

    def _convolution(
        self, x, kernel, strides: Ints, border_mode, dim_ordering, dilation: Ints
    ):
        """Convolves in any order of axes."""
        first = is_first(dim_ordering)
        one_of(BORDERS, "border_mode", border_mode)
        self._check_rank(x, len(strides) + 2)
        x, kernel = self.floats_alike(x, kernel)
        x = self._channels_last(x, first)
        kernel = self._kernel(kernel, first)
        self._check_kernel(x, kernel, len(strides))
        self._check_window(x, kernel, border_mode, dilation)
        if convolution() == "theano":
            kernel = self._flipped(kernel)
            if border_mode == "same":
                border = self._theanos_border(kernel, dilation)
                x = self._pad(x, (NO_BORDER, *border, NO_BORDER))
                border_mode = "valid"
        result = self._convolve(x, kernel, strides, border_mode, dilation)
        return self._channels_first(result, first)

    def _flipped(self, kernel):
        """Returns a kernel in the primitives' order, flipped along its window."""
        window = range(self.ndim(kernel) - 2)
        return self.reverse(kernel, list(window))

    def _theanos_border(self, kernel, dilation: Ints) -> Pairs:
        """Returns how many zeros Keras 1 put around on Theano for 'same', whatever the
        strides: half a window, and one less at the end if it is even."""
        border = []
        for size, step in zip(self.int_shape(kernel), dilation):
            if size is None:
                raise ValueError("border_mode='same' needs a kernel of known size")
            margin = (size - 1) * step
            border.append(((margin + 1) // 2, margin // 2))
        return tuple(border)

    def _check_window(self, x, kernel, border_mode: str, dilation: Ints) -> None:
        """Checks that a dilated kernel isn't larger than what it moves over."""
        spans = []
        for size, step in zip(self.int_shape(kernel), dilation):
            spans.append(size and (size - 1) * step + 1)
        sizes = self.int_shape(x)[1:-1]
        check_window(sizes, spans, border_mode)

    def _kernel(self, kernel, first: bool):
        """Returns a kernel in the primitives' order of axes; with 'th' it is (out, in,
        *window)."""
        if not first:
            return kernel
        window = range(2, self.ndim(kernel))
        return self.permute_dimensions(kernel, (*window, 1, 0))

    def _check_kernel(self, x, kernel, rank: int) -> None:
        """Checks a kernel's rank, and that it is for the channels of `x`."""
        shape = self.int_shape(kernel)
        if len(shape) != rank + 2:
            raise ValueError(f"the kernel's rank isn't {rank + 2}")
        expected = shape[-2]
        channels = self.int_shape(x)[-1]
        if None not in (expected, channels) and expected != channels:
            raise ValueError(
                f"the kernel is for {expected} channels, and there are {channels}"
            )


def _target(output_shape, rank: int, first: bool) -> tuple[tuple[Any, ...], Any]:
    """Returns the spatial sizes and the channels of deconv2d's `output_shape`."""
    is_shape = isinstance(output_shape, (list, tuple))
    if not is_shape or len(output_shape) != rank + 2:
        raise UnsuitedError("output_shape", ShapeError)
    sizes = []
    for size in output_shape[1:]:
        if size is None:
            raise UnsuitedError("output_shape", ShapeError)
        is_numpys = isinstance(size, np.integer)
        sizes.append(int(size) if is_numpys else size)
    channels = sizes.pop(0 if first else -1)
    return tuple(sizes), channels


def _check_target_size(
    border_mode: str, input_size: int | None, size, width: int | None, stride: int
) -> None:
    """Checks that a convolution of `size` cells results in `input_size`."""
    if input_size is None or width is None or not isinstance(size, int):
        return
    margins = {"valid": 1 - width, "same": 0, "full": width - 1}
    most = input_size * stride - margins[border_mode]
    least = most - stride + 1
    if not least <= size <= most:
        raise ShapeError(
            f"deconv2d received a size of {size} in output_shape. Sizes from "
            f"{max(least, 1)} to {most} fit {input_size} with a window of {width}, "
            f"stride {stride} and border_mode={border_mode!r}."
        )
