"""LocallyConnected1D and LocallyConnected2D: windows with separate weights for each
position."""

import itertools
import math

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

    arguments = {
        **AffineLayer.arguments,
        "filters": 1,
        "kernel_size": [1],
        "strides": [1],
        "activation": None,
        "data_format": CHANNELS_LAST,
    }

    def build(self, input_shape: Shape) -> None:
        """Makes the kernel and the bias.

        `kernel` has the shape `(places, window * channels, filters)`, `bias` `(*places,
        filters)`. Within a window, values are in the order of the input's axes.
        """
        places = self._places(input_shape)
        axis = -1 if self._channels_are_last else 1
        channels = input_shape[axis]
        values = math.prod([channels, *self.kernel_size])
        kernel_shape = (math.prod(places), values, self.filters)
        bias_shape = (*places, self.filters)
        self.add_weights(kernel_shape, bias_shape)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """Returns the output's shape: one position per window, with `filters`
        channels."""
        places = self._places(input_shape)
        if self._channels_are_last:
            return (input_shape[0], *places, self.filters)
        return (input_shape[0], self.filters, *places)

    def call(self, inputs):
        """Returns the activation of the products of patches and weights, plus the
        bias."""
        places = self._places(inputs.shape)
        patches = self._patches(inputs, places)
        products = ops.einsum("spv,pvf->spf", patches, self.kernel)
        shape = (-1, *places, self.filters)
        output = ops.reshape(products, shape)
        if self.use_bias:
            output = output + self._spread_bias(places)
        if not self._channels_are_last:
            output = ops.moveaxis(output, -1, 1)
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

    def _spread_bias(self, places: tuple[int, ...]):
        """Returns the bias with the channels last.

        Its values are read in the order in which they are stored, channels last, even
        where they fill a shape with the channels first: Keras 1 does it so.
        """
        if self._channels_are_last:
            return self.bias
        shape = (self.filters, *places)
        channels_first = ops.reshape(self.bias, shape)
        return ops.moveaxis(channels_first, 0, -1)

    def _patches(self, inputs, places: tuple[int, ...]):
        """Returns what each place sees, of shape (samples, places, values).

        One slice for each value of the window holds it for all places.
        """
        images = inputs
        axis = -2
        if not self._channels_are_last:
            images = ops.moveaxis(inputs, 1, -1)
            axis = -1
        pieces = []
        window = map(range, self.kernel_size)
        for corner in itertools.product(*window):
            cuts = [slice(None)]
            axes = zip(corner, places, self.strides)
            for start, count, step in axes:
                end = start + count * step
                cuts.append(slice(start, end, step))
            pieces.append(images[tuple(cuts)])
        stacked = ops.stack(pieces, axis=axis)
        count, values, _ = self.kernel.shape
        shape = (-1, count, values)
        return ops.reshape(stacked, shape)


@register
class LocallyConnected1D(LocalLayer):
    """Windows along sequences, each with its own weights."""


@register
class LocallyConnected2D(LocalLayer):
    """Windows over images, each with its own weights."""
