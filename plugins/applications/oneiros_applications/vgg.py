"""Shared code of the two VGG networks."""

from __future__ import annotations

from typing import Any

from oneiros.layers import Convolution2D, Dense, Flatten, MaxPooling2D

from oneiros_applications.image_networks import Files, ImageNetwork

FILTERS = (64, 128, 256, 512, 512)
"""Channels of each block."""


def vgg_network(name: str, counts: tuple[int, ...], files: Files) -> ImageNetwork:
    """Returns one of the two VGG networks.

    # Arguments
        name: str, the model's name.
        counts: the number of convolutions in each of the five blocks.
        files: the `Files` with its weights.
    """

    def features(image: Any, dim_ordering: str) -> Any:
        return convolutions(image, dim_ordering, counts)

    return ImageNetwork(
        name, size=224, smallest=48, files=files, build=features, top=dense_top
    )


def convolutions(image: Any, dim_ordering: str, counts: tuple[int, ...]) -> Any:
    """Returns the features: five blocks of 3 x 3 convolutions, each with max pooling.

    # Arguments
        counts: the number of convolutions in each block.
    """
    x = image
    for block, (filters, count) in enumerate(zip(FILTERS, counts, strict=True), 1):
        for index in range(1, count + 1):
            x = Convolution2D(
                filters,
                3,
                3,
                activation="relu",
                border_mode="same",
                dim_ordering=dim_ordering,
                name=f"block{block}_conv{index}",
            )(x)
        x = MaxPooling2D(
            (2, 2), strides=(2, 2), dim_ordering=dim_ordering, name=f"block{block}_pool"
        )(x)
    return x


def dense_top(features: Any, dim_ordering: str, classes: int) -> Any:
    """Returns the class probabilities, from three dense layers."""
    x = Flatten(name="flatten")(features)
    x = Dense(4096, activation="relu", name="fc1")(x)
    x = Dense(4096, activation="relu", name="fc2")(x)
    return Dense(classes, activation="softmax", name="predictions")(x)
