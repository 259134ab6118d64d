"""InceptionV3: blocks of parallel branches that are concatenated."""

from __future__ import annotations

from typing import Any

import numpy as np
from oneiros import backend as K
from oneiros.layers import (
    AveragePooling2D,
    BatchNormalization,
    Convolution2D,
    Dense,
    Flatten,
    MaxPooling2D,
    merge,
)

from oneiros_applications.image_networks import (
    CLASSES,
    Files,
    ImageNetwork,
    Shape,
    channel_axis_of,
)
from oneiros_applications.pixels import to_unit_range
from oneiros_applications.pretrained_weights import RELEASES, PublishedFile, Weights

TH_WEIGHTS_PATH = f"{RELEASES}/v0.2/inception_v3_weights_th_dim_ordering_th_kernels.h5"
TF_WEIGHTS_PATH = f"{RELEASES}/v0.2/inception_v3_weights_tf_dim_ordering_tf_kernels.h5"
TH_WEIGHTS_PATH_NO_TOP = (
    f"{RELEASES}/v0.2/inception_v3_weights_th_dim_ordering_th_kernels_notop.h5"
)
TF_WEIGHTS_PATH_NO_TOP = (
    f"{RELEASES}/v0.2/inception_v3_weights_tf_dim_ordering_tf_kernels_notop.h5"
)
Convolution = tuple[int, int, int]
"""Filters, rows and columns."""


class _Layers:
    """Builds the network's layers for one `dim_ordering`."""

    def __init__(self, dim_ordering: str) -> None:
        self.dim_ordering = dim_ordering
        self.channel_axis = channel_axis_of(dim_ordering)

    def convolved(
        self,
        x: Any,
        filters: int,
        rows: int,
        columns: int,
        border_mode: str = "same",
        subsample: tuple[int, int] = (1, 1),
        name: str | None = None,
    ) -> Any:
        """Returns a convolution with ReLU and batch normalization."""
        x = Convolution2D(
            filters,
            rows,
            columns,
            subsample=subsample,
            activation="relu",
            border_mode=border_mode,
            dim_ordering=self.dim_ordering,
            name=f"{name}_conv" if name else None,
        )(x)
        return BatchNormalization(
            axis=self.channel_axis, name=f"{name}_bn" if name else None
        )(x)

    def branch(self, x: Any, *convolutions: Convolution) -> Any:
        """Returns a chain of convolutions."""
        for filters, rows, columns in convolutions:
            x = self.convolved(x, filters, rows, columns)
        return x

    def halved(self, x: Any, filters: int) -> Any:
        """Returns a 3 x 3 convolution with strides of two."""
        return self.convolved(x, filters, 3, 3, "valid", (2, 2))

    def pooled(self, x: Any, filters: int) -> Any:
        """Returns 3 x 3 average pooling followed by a convolution."""
        averages = AveragePooling2D(
            (3, 3), strides=(1, 1), border_mode="same", dim_ordering=self.dim_ordering
        )(x)
        return self.convolved(averages, filters, 1, 1)

    def max_pooled(self, x: Any) -> Any:
        """Returns 3 x 3 max pooling with strides of two."""
        return MaxPooling2D((3, 3), strides=(2, 2), dim_ordering=self.dim_ordering)(x)

    def joined(self, branches: list[Any], name: str | None = None) -> Any:
        """Concatenates the branches' channels."""
        return merge(branches, mode="concat", concat_axis=self.channel_axis, name=name)


def conv2d_bn(
    x: Any,
    nb_filter: int,
    nb_row: int,
    nb_col: int,
    border_mode: str = "same",
    subsample: tuple[int, int] = (1, 1),
    name: str | None = None,
) -> Any:
    """Returns a convolution with ReLU and batch normalization.

    # Arguments
        x: tensor of images.
        nb_filter: int, the number of filters.
        nb_row: int, kernel height.
        nb_col: int, kernel width.
        border_mode: "same" or "valid".
        subsample: two ints, the strides.
        name: str, the prefix of the two layers' names.

    # Returns
        Tensor of `nb_filter` channels.

    # Example
        ```python
        from oneiros import backend as K
        from oneiros.applications.inception_v3 import conv2d_bn
        from oneiros.layers import Input

        y = conv2d_bn(Input((8, 8, 3)), 16, 3, 3, subsample=(2, 2))
        print(K.int_shape(y))  # (None, 4, 4, 16)
        ```
    """
    layers = _Layers(K.image_dim_ordering())
    return layers.convolved(x, nb_filter, nb_row, nb_col, border_mode, subsample, name)


def _stem(layers: _Layers, image: Any) -> Any:
    x = layers.convolved(image, 32, 3, 3, "valid", (2, 2))
    x = layers.convolved(x, 32, 3, 3, "valid")
    x = layers.convolved(x, 64, 3, 3)
    x = layers.max_pooled(x)
    x = layers.convolved(x, 80, 1, 1, "valid")
    x = layers.convolved(x, 192, 3, 3, "valid")
    return layers.max_pooled(x)


def _large(layers: _Layers, x: Any, index: int) -> Any:
    """Returns a block for 35 x 35 pixels."""
    branches = [
        layers.branch(x, (64, 1, 1)),
        layers.branch(x, (48, 1, 1), (64, 5, 5)),
        layers.branch(x, (64, 1, 1), (96, 3, 3), (96, 3, 3)),
        layers.pooled(x, 32),
    ]
    return layers.joined(branches, f"mixed{index}")


def _from_large_to_medium(layers: _Layers, x: Any) -> Any:
    branches = [
        layers.halved(x, 384),
        layers.halved(layers.branch(x, (64, 1, 1), (96, 3, 3)), 96),
        layers.max_pooled(x),
    ]
    return layers.joined(branches, "mixed3")


def _medium(layers: _Layers, x: Any, index: int, filters: int) -> Any:
    """Returns a block for 17 x 17 pixels with `filters` inside its branches."""
    branches = [
        layers.branch(x, (192, 1, 1)),
        layers.branch(x, (filters, 1, 1), (filters, 1, 7), (192, 7, 1)),
        layers.branch(
            x,
            (filters, 1, 1),
            (filters, 7, 1),
            (filters, 1, 7),
            (filters, 7, 1),
            (192, 1, 7),
        ),
        layers.pooled(x, 192),
    ]
    return layers.joined(branches, f"mixed{index}")


def _last_medium(layers: _Layers, x: Any) -> Any:
    """Returns the last block for 17 x 17 pixels.

    As in Keras 1, its longest branch begins with 160 filters, not with 192.
    """
    branches = [
        layers.branch(x, (192, 1, 1)),
        layers.branch(x, (192, 1, 1), (192, 1, 7), (192, 7, 1)),
        layers.branch(
            x, (160, 1, 1), (192, 7, 1), (192, 1, 7), (192, 7, 1), (192, 1, 7)
        ),
        layers.pooled(x, 192),
    ]
    return layers.joined(branches, "mixed7")


def _from_medium_to_small(layers: _Layers, x: Any) -> Any:
    pooled = AveragePooling2D((3, 3), strides=(2, 2), dim_ordering=layers.dim_ordering)(
        x
    )
    branches = [
        layers.halved(layers.branch(x, (192, 1, 1)), 320),
        layers.halved(layers.branch(x, (192, 1, 1), (192, 1, 7), (192, 7, 1)), 192),
        pooled,
    ]
    return layers.joined(branches, "mixed8")


def _small(layers: _Layers, x: Any, index: int) -> Any:
    """Returns a block for 8 x 8 pixels; the first has the index 0."""
    single = layers.branch(x, (320, 1, 1))
    forked = layers.branch(x, (384, 1, 1))
    forked = layers.joined(
        [layers.branch(forked, (384, 1, 3)), layers.branch(forked, (384, 3, 1))],
        f"mixed9_{index}",
    )
    double = layers.branch(x, (448, 1, 1), (384, 3, 3))
    double = layers.joined(
        [layers.branch(double, (384, 1, 3)), layers.branch(double, (384, 3, 1))]
    )
    branches = [single, forked, double, layers.pooled(x, 192)]
    return layers.joined(branches, f"mixed{9 + index}")


def _features(image: Any, dim_ordering: str) -> Any:
    layers = _Layers(dim_ordering)
    x = _stem(layers, image)
    for index in range(3):
        x = _large(layers, x, index)
    x = _from_large_to_medium(layers, x)
    for index, filters in ((4, 128), (5, 160), (6, 160)):
        x = _medium(layers, x, index, filters)
    x = _last_medium(layers, x)
    x = _from_medium_to_small(layers, x)
    for index in range(2):
        x = _small(layers, x, index)
    return x


def _top(features: Any, dim_ordering: str, classes: int) -> Any:
    x = AveragePooling2D(
        (8, 8), strides=(8, 8), dim_ordering=dim_ordering, name="avg_pool"
    )(features)
    x = Flatten(name="flatten")(x)
    return Dense(classes, activation="softmax", name="predictions")(x)


_NETWORK = ImageNetwork(
    "inception_v3",
    size=299,
    smallest=139,
    files=Files(
        th=PublishedFile(TH_WEIGHTS_PATH),
        tf=PublishedFile(TF_WEIGHTS_PATH),
        th_no_top=PublishedFile(TH_WEIGHTS_PATH_NO_TOP),
        tf_no_top=PublishedFile(TF_WEIGHTS_PATH_NO_TOP),
    ),
    build=_features,
    top=_top,
)


def InceptionV3(  # noqa: N802  the name of Keras 1
    include_top: bool = True,
    weights: Weights = "imagenet",
    input_tensor: Any = None,
    input_shape: Shape | None = None,
    classes: int = CLASSES,
) -> Any:
    """Returns InceptionV3, with the same filters as in Keras 1.

    # Example
        ```python
        from oneiros.applications.inception_v3 import InceptionV3

        model = InceptionV3(weights=None, include_top=False, input_shape=(139, 139, 3))
        print(model.output_shape)  # (None, 3, 3, 2048)
        ```

    # Arguments
        include_top: bool, whether to include the dense layer.
        weights: `"imagenet"`, the path of a weights file, or None for random weights.
        input_tensor: the tensor to use as input; None for a new input.
        input_shape: tuple, without the top: the shape of one image with three channels,
            at least 139 x 139.
        classes: int, the number of classes, with the top and without published weights.

    # Input shape
        `(samples, 299, 299, 3)`, with `dim_ordering` "th" `(samples, 3, 299, 299)`: RGB
        from -1 to 1, see `preprocess_input`.

    # Output shape
        `(samples, classes)`; without the top `(samples, rows, columns, 2048)`.

    # Returns
        An uncompiled `Model`.

    # Raises
        ValueError: if arguments contradict each other.

    # References
        - [Rethinking the Inception Architecture for Computer
          Vision](https://arxiv.org/abs/1512.00567)
    """
    return _NETWORK.model(include_top, weights, input_tensor, input_shape, classes)


def preprocess_input(x: Any) -> np.ndarray:
    """Scales images from 0 to 255 to the range from -1 to 1.

    # Arguments
        x: array of images, RGB, of any shape. Arrays of floats are changed in place.

    # Returns
        Array of the shape of `x`: `(x / 255 - 0.5) * 2`.

    # Example
        ```python
        import numpy as np
        from oneiros.applications.inception_v3 import preprocess_input

        print(preprocess_input(np.array([0.0, 127.5, 255.0])))  # [-1.  0.  1.]
        ```
    """
    return to_unit_range(x)
