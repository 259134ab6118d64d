"""Shared code of the two VGG networks."""

from functools import partial

from oneiros.layers import Convolution2D, Dense, Flatten, MaxPooling2D
from oneiros.typing import Tensor

from oneiros_applications.image_networks import ImageNetwork, published_weights

FILTERS = (64, 128, 256, 512, 512)
"""Channels of each block."""


def _convolutions(counts: tuple[int, ...], x: Tensor) -> Tensor:
    """Returns five blocks of 3 x 3 convolutions, each with max pooling.

    # Arguments
        counts: the number of convolutions in each block.
        x: the image.
    """
    blocks = zip(FILTERS, counts)
    for block, (filters, count) in enumerate(blocks, 1):
        for index in range(1, count + 1):
            name = f"block{block}_conv{index}"
            x = Convolution2D(
                filters, 3, 3, activation="relu", border_mode="same", name=name
            )(x)
        x = MaxPooling2D((2, 2), strides=(2, 2), name=f"block{block}_pool")(x)
    return x


def vgg(name: str, counts: tuple[int, ...]) -> ImageNetwork:
    """Returns a network.

    # Arguments
        name: str.
        counts: the number of convolutions in each block.
    """
    urls = published_weights("v0.1", name)
    build = partial(_convolutions, counts)
    return ImageNetwork(name, 224, 48, urls, build, _dense_top)


def _dense_top(features: Tensor) -> Tensor:
    x = Flatten(name="flatten")(features)
    x = Dense(4096, activation="relu", name="fc1")(x)
    return Dense(4096, activation="relu", name="fc2")(x)
