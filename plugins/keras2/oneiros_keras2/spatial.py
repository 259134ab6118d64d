"""`SpatialLayer`, the base of layers over sequences, images and volumes."""

from collections.abc import Callable
from typing import Annotated, Any, Unpack

from oneiros import backend as K
from oneiros.arguments import check_choice, check_ints, is_int, label
from oneiros.engine.layer import InputSpec
from oneiros.errors import ShapeError
from oneiros.typing import LayerOptions, Shape, Tensor

from oneiros_keras2.base import Keras2Layer
from oneiros_keras2.tensors import moved

FORMATS = ("channels_last", "channels_first")
DataFormat = Annotated[str | None, FORMATS]
Sizes = Annotated[int | tuple[int, ...], "one for each axis between"]


def check_format(layer, name: str, value: Any) -> Any:
    """Returns the order of the axes."""
    return check_choice(layer, name, value or FORMATS[0], FORMATS)


def check_sizes(layer, name: str, value: Any, minimum: int = 1) -> Any:
    """Returns a number for each of a layer's axes between."""
    sizes = (value,) * layer.rank if is_int(value) else value
    return check_ints(layer, name, sizes, layer.rank, minimum)


class SpatialLayer(Keras2Layer):
    """A layer over the axes between the samples and the channels, which computes with
    the channels last. Not a layer itself. As in Keras 2, it ends a mask.

    # Arguments
        data_format: `"channels_last"` or `"channels_first"`.

    # Properties
        rank: int, the number of these axes.
    """

    checks = {**Keras2Layer.checks, DataFormat: check_format, Sizes: check_sizes}
    checks_sizes = True
    supports_masking = True
    conformance: dict[str, Any] = {"tags": ("uses_masked_steps",)}
    rank = 2
    data_format: str

    def __init__(self, data_format: DataFormat = None, **kwargs: Unpack[LayerOptions]):
        super().__init__(**kwargs)
        self.set_arguments(data_format=data_format)
        self.input_spec = [InputSpec(ndim=self.rank + 2)]

    def computed(self, x: Tensor) -> Tensor:
        """Returns the output for an input with the channels last, like it."""
        raise NotImplementedError

    def output_sizes(self, sizes: list[Any]) -> list[Any]:
        """Returns the sizes of the axes between for those of an input."""
        return sizes

    def output_channels(self, channels: int | None) -> int | None:
        """Returns the number of channels for those of an input."""
        return channels

    @property
    def channel_axis(self) -> int:
        """The axis of the channels."""
        return self.rank + 1 if self.data_format == FORMATS[0] else 1

    def call(self, x, mask=None):
        """Returns the output, with its axes in the order of the input."""
        axis = self.channel_axis
        if axis > self.rank:
            return self.computed(x)
        last = self.rank + 1
        output = self.computed(moved(x, axis, last))
        return moved(output, last, axis)

    def compute_mask(self, x, mask=None):
        """Returns no mask."""

    def get_output_shape_for(self, input_shape: Shape) -> Shape:
        """Returns the shape of the output.

        # Raises
            ShapeError: if nothing is left of the input.
        """
        sizes = list(input_shape)
        channels = sizes.pop(self.channel_axis)
        samples, *between = sizes
        sizes = self.output_sizes(between)
        if any(size is not None and size < 1 for size in sizes):
            raise ShapeError(
                f"{label(self)} received an input of shape {tuple(input_shape)}, with "
                f"data_format={self.data_format!r}, which leaves sizes of "
                f"{tuple(sizes)}. Give it a larger input."
            )
        shape = [samples, *sizes]
        shape.insert(self.channel_axis, self.output_channels(channels))
        return tuple(shape)


def positions(size, window: int, padding: str, stride: int, dilation: int = 1):
    """Returns the number of positions of a window along an axis; None if its size isn't
    known."""
    if size is None:
        return None
    reach = (window - 1) * dilation if padding == "valid" else 0
    return (size - reach + stride - 1) // stride


class Windowed(SpatialLayer):
    """Base of the layers that convolve. Not a layer itself.

    # Arguments
        kernel_size, strides, padding, dilation_rate: as for `Keras2Conv1D`.

    # Properties
        paddings: tuple of str, what `padding` may be.
        filters: int, the number of channels of the output.
    """

    paddings: tuple[str, ...] = ("valid", "same")
    kernel_size: Any
    strides: Any
    dilation_rate: Any
    filters: int

    def __init__(
        self,
        kernel_size: Sizes,
        strides: Sizes = 1,
        padding: str = "valid",
        dilation_rate: Sizes = 1,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.padding = check_choice(self, "padding", padding, self.paddings)
        self.set_arguments(
            kernel_size=kernel_size, strides=strides, dilation_rate=dilation_rate
        )

    def output_sizes(self, sizes):
        """Returns the number of the window's positions along each axis."""
        windows = zip(sizes, self.kernel_size, self.strides, self.dilation_rate)
        return [
            positions(size, window, self.padding, stride, rate)
            for size, window, stride, rate in windows
        ]

    def output_channels(self, channels):
        """Returns the number of filters."""
        return self.filters

    def convolution(
        self,
        convolve: Callable[..., Tensor],
        x: Tensor,
        *kernels: Tensor | None,
        border_mode: str,
        **moves: Any,
    ) -> Tensor:
        """Returns what a function of `K` makes of `x` and kernels. Sequences are images
        one column wide.

        # Arguments
            moves: further arguments of the function, with a number for each axis.
        """
        is_sequence = self.rank == 1
        if is_sequence:
            x = K.expand_dims(x, 2)
            kernels = tuple(map(_of_images, kernels))
            moves = {name: (*steps, 1) for name, steps in moves.items()}
        output = convolve(
            x, *kernels, border_mode=border_mode, dim_ordering="tf", **moves
        )
        return K.squeeze(output, 2) if is_sequence else output


def _of_images(kernel: Tensor | None) -> Tensor | None:
    """Returns a kernel for sequences as one for images one column wide."""
    return None if kernel is None else K.expand_dims(kernel, 1)
