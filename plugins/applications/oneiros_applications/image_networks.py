"""Shared code of the image networks: input, top and weights."""

from collections.abc import Callable
from dataclasses import dataclass

from oneiros import backend as K
from oneiros.engine.node import Tensor
from oneiros.engine.topology import get_source_inputs
from oneiros.layers import Dense, Input
from oneiros.models import Model

from oneiros_applications.pretrained_weights import Weights, check_weights, load_weights

CLASSES = 1000
"""Number of ImageNet's classes."""
Shape = tuple[int | None, ...]


def _obtain_input_shape(
    input_shape: Shape | None,
    default_size: int,
    min_size: int,
    dim_ordering: str,
    include_top: bool,
) -> Shape:
    """Returns the shape of one image; networks of other packages call it, too.

    # Arguments
        input_shape: tuple, the shape that you ask for; None for the default.
        default_size: int, the height and width with the top.
        min_size: int, the minimum height and width without the top.
        dim_ordering: "th" or "tf".
        include_top: bool, whether the network ends in dense layers.

    # Raises
        ValueError: if the shape doesn't fit the network.
    """
    full_shape = in_order(default_size, dim_ordering)
    if include_top:
        if input_shape is not None and tuple(input_shape) != full_shape:
            raise ValueError(
                "With include_top=True the input_shape must be "
                f"{full_shape}, received {tuple(input_shape)}. Other sizes need "
                "include_top=False."
            )
        return full_shape
    if input_shape is None:
        return in_order(None, dim_ordering)
    shape = tuple(input_shape)
    channels, *pixels = shape if dim_ordering == "th" else (shape[-1], *shape[:-1])
    is_image = len(shape) == 3 and channels == 3
    if not is_image or any(pixel and pixel < min_size for pixel in pixels):
        raise ValueError(
            f"Received input_shape={shape}; the network needs three channels and at "
            f"least {min_size} x {min_size} pixels, such as "
            f"{in_order(min_size, dim_ordering)} (dim_ordering {dim_ordering!r})."
        )
    return shape


@dataclass(frozen=True)
class ImageNetwork:
    """A network for images of ImageNet.

    # Arguments
        name: str, the model's name.
        size: int, the height and width of its images, in pixels.
        smallest: int, the minimum height and width without the top.
        urls: its weights, as `published_weights` returns them.
        build: function of the input that returns the last features.
        top: function of the features that returns what the last layer gets.
        last: str, the name of the last layer, of the classes' probabilities.
    """

    name: str
    size: int
    smallest: int
    urls: tuple[str, ...]
    build: Callable[[Tensor], Tensor]
    top: Callable[[Tensor], Tensor]
    last: str = "predictions"

    def model(
        self,
        include_top: bool,
        weights: Weights,
        input_tensor,
        input_shape: Shape | None,
        classes: int,
        dim_ordering: str | None = None,
    ):
        """Returns the network as a model; the arguments are the same as the networks'.

        # Raises
            ValueError: if arguments don't fit the network or the weights.
        """
        wanted = classes if include_top else CLASSES
        check_weights(self.name, weights, "imagenet", wanted, CLASSES)
        ordering = dim_ordering or K.image_dim_ordering()
        shape = _obtain_input_shape(
            input_shape, self.size, self.smallest, ordering, include_top
        )
        image = input_of(input_tensor, shape)
        output = self.build(image)
        if include_top:
            last = Dense(classes, activation="softmax", name=self.last)
            output = last(self.top(output))
        model = Model(get_source_inputs(image), output, name=self.name)
        place = (0 if include_top else 2) + (ordering == "tf")
        load_weights(model, weights, "imagenet", self.urls[place])
        return model


def in_order(size: int | None, dim_ordering: str) -> Shape:
    """Returns the shape of a square image of three channels."""
    if dim_ordering == "th":
        return (3, size, size)
    return (size, size, 3)


def channel_axis() -> int:
    """Returns the axis of the channels in a batch of images."""
    return 1 if K.image_dim_ordering() == "th" else 3


def input_of(input_tensor, shape: Shape):
    """Returns a network's input.

    # Arguments
        input_tensor: a Keras tensor, any tensor of the backend, or None for a new
            input.
        shape: tuple, the shape of one sample.
    """
    if hasattr(input_tensor, "_keras_history"):
        return input_tensor
    return Input(shape, tensor=input_tensor)
