"""Shared code of the networks: input, top, and weights: published ones, which it
downloads, and your own files."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath

from oneiros import backend as K
from oneiros.engine.topology import get_source_inputs
from oneiros.layers import Dense, Input
from oneiros.models import Model
from oneiros.typing import Shape, Tensor
from oneiros.utils.data_utils import get_file

CLASSES = 1000
"""Number of ImageNet's classes."""
RELEASES = "https://github.com/fchollet/deep-learning-models/releases/download"
"""Where the author of Keras published the weights."""
THEANO_KERNELS = "th_kernels"
"""Part of a file's name if its kernels were trained on Theano."""

Weights = str | os.PathLike[str] | None


MD5 = {
    "resnet50_weights_th_dim_ordering_th_kernels.h5": (
        "1c1f8f5b0c8ee28fe9d950625a230e1c"
    ),
    "resnet50_weights_tf_dim_ordering_tf_kernels.h5": (
        "a7b3fe01876f51b976af0dea6bc144eb"
    ),
    "resnet50_weights_th_dim_ordering_th_kernels_notop.h5": (
        "f64f049c92468c9affcd44b0976cdafe"
    ),
    "resnet50_weights_tf_dim_ordering_tf_kernels_notop.h5": (
        "a268eb855778b3df3c7506639542a6af"
    ),
    "vgg16_weights_tf_dim_ordering_tf_kernels.h5": "64373286793e3c8b2b4e3219cbf3544b",
    "vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5": (
        "6d6bbae143d832006294945121d1f1fc"
    ),
    "xception_weights_tf_dim_ordering_tf_kernels.h5": (
        "0a58e3b7378bc2990ea3b43d5981f1f6"
    ),
    "xception_weights_tf_dim_ordering_tf_kernels_notop.h5": (
        "b0042744bf5b25fce3cb969f33bebb97"
    ),
}
"""The MD5 of files, where it is known for certain. Even without it, a file is read only
as numbers, and they must have the network's shapes."""


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


# Weights


def published_weights(release: str, network: str) -> tuple[str, ...]:
    """Returns the URLs of a network's weights: with the top for `dim_ordering` "th" and
    "tf", then without it."""
    return tuple(
        f"{RELEASES}/{release}/{network}_weights_{order}_dim_ordering_{order}_kernels"
        f"{suffix}.h5"
        for suffix in ("", "_notop")
        for order in ("th", "tf")
    )


def check_weights(
    network: str, weights: Weights, published: str, classes: int, own_classes: int
) -> None:
    """Checks a network's arguments before building it.

    # Arguments
        network: str, its name.
        weights: the argument.
        published: str, the name of the published weights.
        classes: int, the number of classes of the top; `own_classes` if there is no
            top.
        own_classes: int, the number of classes of the published weights.

    # Raises
        ValueError: if the weights don't exist, or have another number of classes.
    """
    if weights == published and classes != own_classes:
        raise ValueError(
            f"{network}: the weights {published!r} have {own_classes} classes, "
            f"but classes={classes}. Remove classes, or pass weights=None or "
            "include_top=False."
        )
    is_known = weights in (None, published) or isinstance(weights, os.PathLike)
    is_path = isinstance(weights, str) and os.path.exists(weights)
    if not is_known and not is_path:
        raise ValueError(
            f"{network}: weights={weights!r} is neither {published!r} nor None, and "
            "there is no such file either."
        )


def load_weights(model, weights: Weights, published: str, url: str, **kwargs) -> None:
    """Loads weights into a network.

    # Arguments
        model: the network.
        weights: None for none, a path, or the name of the published weights. A file at
            a path must itself say on which backend its kernels were trained.
        published: str, that name.
        url: str, where the published weights are, unless a cache of Keras has them.
        kwargs: arguments of `model.load_weights`.
    """
    if weights is None:
        return
    if weights == published:
        name = PurePosixPath(url).name
        kwargs["trained_on"] = "theano" if THEANO_KERNELS in name else "tensorflow"
        weights = get_file(name, url, md5_hash=MD5.get(name), cache_subdir="models")
    model.load_weights(weights, **kwargs)
