"""LocallyConnected1D and LocallyConnected2D: windows with separate weights for each
position."""

import itertools
import math
from collections.abc import Sequence
from typing import Any

from keras import ops

from oneiros_keras3.affine import AffineLayer
from oneiros_keras3.registration import Shape, register

CHANNELS_LAST = "channels_last"


class LocalLayer(AffineLayer):
    """Base of convolutions with a different kernel at each position.

    # Arguments
        filters: int, the number of output channels.
        kernel_size: list of ints, the window's sizes.
        strides: list of ints, how far apart windows are.
        activation: name or function applied to the output.
        data_format: `"channels_last"` or `"channels_first"`.
        **kwargs: as for `AffineLayer`.
    """

    def __init__(
        self,
        filters: int,
        kernel_size: Sequence[int],
        strides: Sequence[int],
        activation: Any = None,
        data_format: str = CHANNELS_LAST,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.keep(
            filters=filters,
            kernel_size=list(kernel_size),
            strides=list(strides),
            activation=activation,
            data_format=data_format,
        )

    def build(self, input_shape: Shape) -> None:
        """Makes the kernel and the bias.

        `kernel` has the shape `(places, window * channels, filters)`, `bias` `(*places,
        filters)`. Within a window, values are in the order of the input's axes.
        """
        places = self._places(input_shape)
        axis = -1 if self._channels_are_last else 1
        channels = input_shape[axis]
        values = math.prod(self.kernel_size) * (channels or 0)
        shape = (math.prod(places), values, self.filters)
        self.kernel = self.add_kernel(shape)
        self.bias = self.add_bias((*places, self.filters))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """Returns the output's shape: one position per window, with `filters`
        channels."""
        places = self._places(input_shape)
        if self._channels_are_last:
            return (input_shape[0], *places, self.filters)
        return (input_shape[0], self.filters, *places)

    def call(self, inputs: Any) -> Any:
        """Returns the activation of the products of patches and weights, plus the
        bias."""
        places = self._places(inputs.shape)
        patches = self._patches(inputs, places)
        kernel = self.kernel
        output = ops.einsum("spv,pvf->spf", patches, kernel)
        shape = (-1, *places, self.filters)
        output = ops.reshape(output, shape)
        if not self._channels_are_last:
            output = ops.moveaxis(output, -1, 1)
        if self.use_bias:
            output = output + self._spread_bias(places)
        return self.activation(output)

    @property
    def _channels_are_last(self) -> bool:
        return bool(self.data_format == CHANNELS_LAST)

    def _places(self, input_shape: Shape) -> tuple[int, ...]:
        """Returns the number of positions of the window along each axis."""
        sizes = input_shape[1:-1] if self._channels_are_last else input_shape[2:]
        axes = zip(sizes, self.kernel_size, self.strides, strict=True)
        places = []
        for size, window, step in axes:
            last = (size or 0) - window
            places.append(last // step + 1)
        return tuple(places)

    def _spread_bias(self, places: tuple[int, ...]) -> Any:
        """Returns the bias in the shape of an output.

        Its values are read in the order in which they are stored, channels last, even
        where they fill a shape with the channels first: Keras 1 does it so.
        """
        if self._channels_are_last:
            return self.bias
        return ops.reshape(self.bias, (self.filters, *places))

    def _patches(self, inputs: Any, places: tuple[int, ...]) -> Any:
        """Returns what each place sees, of shape (samples, places, values).

        One slice for each value of the window holds it for all places.
        """
        before = [slice(None)] * (1 if self._channels_are_last else 2)
        pieces = []
        for corner in itertools.product(*map(range, self.kernel_size)):
            cuts = []
            for start, count, step in zip(corner, places, self.strides, strict=True):
                end = start + (count - 1) * step + 1
                cuts.append(slice(start, end, step))
            pieces.append(inputs[(*before, *cuts)])
        if self._channels_are_last:
            stacked = ops.stack(pieces, axis=-2)
        else:
            stacked = ops.stack(pieces, axis=-1)
            stacked = ops.moveaxis(stacked, 1, -2)
        values = self.kernel.shape[1]
        shape = (-1, math.prod(places), values)
        return ops.reshape(stacked, shape)


@register
class LocallyConnected1D(LocalLayer):
    """Windows along sequences, each with its own weights."""


@register
class LocallyConnected2D(LocalLayer):
    """Windows over images, each with its own weights."""
