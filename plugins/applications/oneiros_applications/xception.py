"""Xception: separable convolutions in residual blocks."""

import warnings
from typing import Any

import numpy as np
from oneiros import backend as K
from oneiros.engine.node import Tensor
from oneiros.layers import (
    Activation,
    BatchNormalization,
    Convolution2D,
    Dense,
    GlobalAveragePooling2D,
    MaxPooling2D,
    SeparableConvolution2D,
    merge,
)

from oneiros_applications.image_networks import CLASSES, ImageNetwork, Shape
from oneiros_applications.pixels import to_unit_range
from oneiros_applications.pretrained_weights import Weights, published_weights

_, TF_WEIGHTS_PATH, _, TF_WEIGHTS_PATH_NO_TOP = URLS = published_weights(
    "v0.4", "xception"
)
ENTRY_FILTERS = (128, 256, 728)
"""Channels of the blocks 2, 3 and 4."""
MIDDLE_BLOCKS = range(5, 13)
ORDERING = "tf"
"""The only dim_ordering of the network and its weights."""


def _convolved(
    x: Tensor, filters: int, size: int, stride: int, **kwargs: Any
) -> Tensor:
    return Convolution2D(
        filters,
        size,
        size,
        subsample=(stride, stride),
        bias=False,
        dim_ordering=ORDERING,
        **kwargs,
    )(x)


def _separable(x: Tensor, filters: int, name: str) -> Tensor:
    """Returns a separable convolution with batch normalization."""
    x = SeparableConvolution2D(
        filters, 3, 3, border_mode="same", bias=False, dim_ordering=ORDERING, name=name
    )(x)
    return BatchNormalization(name=f"{name}_bn")(x)


def _rectified_first(x: Tensor, filters: int, name: str) -> Tensor:
    """Returns a ReLU followed by a separable convolution."""
    return _separable(Activation("relu", name=f"{name}_act")(x), filters, name)


def _shortcut(x: Tensor, filters: int) -> Tensor:
    """Returns a convolution that halves the size."""
    x = _convolved(x, filters, 1, 2, border_mode="same")
    return BatchNormalization()(x)


def _halved(x: Tensor, shortcut: Tensor, block: int) -> Tensor:
    """Ends a block: max pooling, then adds the shortcut."""
    x = MaxPooling2D(
        (3, 3),
        strides=(2, 2),
        border_mode="same",
        dim_ordering=ORDERING,
        name=f"block{block}_pool",
    )(x)
    return merge([x, shortcut], mode="sum")


def _entry(image: Tensor) -> Tensor:
    x = image
    for index, (filters, stride) in enumerate(((32, 2), (64, 1)), 1):
        name = f"block1_conv{index}"
        x = _convolved(x, filters, 3, stride, name=name)
        x = BatchNormalization(name=f"{name}_bn")(x)
        x = Activation("relu", name=f"{name}_act")(x)
    for block, filters in enumerate(ENTRY_FILTERS, 2):
        shortcut = _shortcut(x, filters)
        if block == 2:
            x = _separable(x, filters, "block2_sepconv1")
        else:
            x = _rectified_first(x, filters, f"block{block}_sepconv1")
        x = _rectified_first(x, filters, f"block{block}_sepconv2")
        x = _halved(x, shortcut, block)
    return x


def _middle(x: Tensor, block: int) -> Tensor:
    before = x
    for index in (1, 2, 3):
        x = _rectified_first(x, 728, f"block{block}_sepconv{index}")
    return merge([x, before], mode="sum")


def _exit(x: Tensor) -> Tensor:
    shortcut = _shortcut(x, 1024)
    x = _rectified_first(x, 728, "block13_sepconv1")
    x = _rectified_first(x, 1024, "block13_sepconv2")
    x = _halved(x, shortcut, 13)
    for index, filters in enumerate((1536, 2048), 1):
        name = f"block14_sepconv{index}"
        x = _separable(x, filters, name)
        x = Activation("relu", name=f"{name}_act")(x)
    return x


def _features(image: Tensor) -> Tensor:
    x = _entry(image)
    for block in MIDDLE_BLOCKS:
        x = _middle(x, block)
    return _exit(x)


def _top(features: Tensor, classes: int) -> Tensor:
    x = GlobalAveragePooling2D(dim_ordering=ORDERING, name="avg_pool")(features)
    return Dense(classes, activation="softmax", name="predictions")(x)


_NETWORK = ImageNetwork("xception", 299, 71, URLS, _features, _top)


def Xception(  # noqa: N802  the name of Keras 1
    include_top: bool = True,
    weights: Weights = "imagenet",
    input_tensor: Any = None,
    input_shape: Shape | None = None,
    classes: int = CLASSES,
) -> Any:
    """Returns Xception.

    Its images always have channels last; with `dim_ordering` "th" it warns.

    # Example
        ```python
        from oneiros.applications.xception import Xception

        model = Xception(weights=None, include_top=False, input_shape=(71, 71, 3))
        print(model.output_shape)  # (None, 3, 3, 2048)
        ```

    # Arguments
        include_top: bool, whether to include the dense layer.
        weights: `"imagenet"`, the path of a weights file, or None for random weights.
        input_tensor: the tensor to use as input; None for a new input.
        input_shape: tuple, without the top: the shape of one image with three channels,
            at least 71 x 71.
        classes: int, the number of classes, with the top and without published weights.

    # Input shape
        `(samples, 299, 299, 3)`: RGB from -1 to 1, see `preprocess_input`.

    # Output shape
        `(samples, classes)`; without the top `(samples, rows, columns, 2048)`.

    # Returns
        An uncompiled `Model`.

    # Raises
        ValueError: if arguments contradict each other.

    # References
        - [Xception: Deep Learning with Depthwise Separable
          Convolutions](https://arxiv.org/abs/1610.02357)
    """
    if K.image_dim_ordering() == "th":
        warnings.warn(
            "Xception needs images with channels last, (rows, columns, 3), but the "
            'dim_ordering in use is "th". Transpose its images: '
            "x.transpose(0, 2, 3, 1).",
            stacklevel=2,
        )
    return _NETWORK.model(
        include_top, weights, input_tensor, input_shape, classes, ORDERING
    )


def preprocess_input(x: Any) -> np.ndarray:
    """Scales images from 0 to 255 to the range from -1 to 1.

    # Arguments
        x: array of images, RGB, of any shape. Arrays of floats are changed in place.

    # Returns
        Array of the shape of `x`: `(x / 255 - 0.5) * 2`.

    # Example
        ```python
        import numpy as np
        from oneiros.applications.xception import preprocess_input

        print(preprocess_input(np.array([0.0, 127.5, 255.0])))  # [-1.  0.  1.]
        ```
    """
    return to_unit_range(x)
