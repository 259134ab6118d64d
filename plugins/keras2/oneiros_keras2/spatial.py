"""`SpatialLayer`, the base of layers over sequences, images and volumes."""

from typing import Annotated, Any

from oneiros import backend as K
from oneiros.arguments import check_choice, check_ints, is_int, label
from oneiros.engine.layer import InputSpec
from oneiros.errors import ShapeError
from oneiros.typing import Shape, Tensor

from oneiros_keras2.base import Keras2Layer

FORMATS = ("channels_last", "channels_first")
DataFormat = Annotated[str | None, FORMATS]
Sizes = Annotated[int | tuple[int, ...], "one for each axis between"]


def positions(size, window: int, padding: str, stride: int, dilation: int = 1):
    """Returns the number of positions of a window along an axis; None if its size isn't
    known."""
    if size is None:
        return None
    reach = (window - 1) * dilation if padding == "valid" else 0
    return (size - reach + stride - 1) // stride


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
    rank = 2
    data_format: str

    def __init__(self, data_format: DataFormat = None, **kwargs):
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

    def call(self, x, mask=None):
        """Returns the output, with its axes in the order of the input."""
        if self.data_format == FORMATS[0]:
            return self.computed(x)
        between = range(2, self.rank + 2)
        output = self.computed(K.permute_dimensions(x, (0, *between, 1)))
        last = self.rank + 1
        return K.permute_dimensions(output, (0, last, *range(1, last)))

    def compute_mask(self, x, mask=None):
        """Returns no mask."""

    def get_output_shape_for(self, input_shape: Shape) -> Shape:
        """Returns the shape of the output.

        # Raises
            ShapeError: if nothing is left of the input.
        """
        samples, *axes = input_shape
        place = -1 if self.data_format == FORMATS[0] else 0
        channels = axes.pop(place)
        sizes = self.output_sizes(axes)
        if any(size is not None and size < 1 for size in sizes):
            raise ShapeError(
                f"{label(self)} received an input of shape {tuple(input_shape)}, with "
                f"data_format={self.data_format!r}, which leaves sizes of "
                f"{tuple(sizes)}. Give it a larger input."
            )
        channels = self.output_channels(channels)
        if place:
            return (samples, *sizes, channels)
        return (samples, channels, *sizes)

    def channels_of(self, shape: Shape) -> int:
        """Returns the number of channels of an input, for the shapes of weights.

        # Raises
            ShapeError: if it isn't known.
        """
        channels = shape[-1 if self.data_format == FORMATS[0] else 1]
        if channels is None:
            raise ShapeError(
                f"{label(self)} received an input of shape {tuple(shape)}; the number "
                "of channels must be known to make the weights. Pass it at the origin "
                "of the input, in input_shape."
            )
        return channels
