"""InceptionV3: blocks of parallel branches that are concatenated."""

from typing import Any

import numpy as np
from oneiros.engine.node import Tensor
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
    ImageNetwork,
    Shape,
    channel_axis,
)
from oneiros_applications.pixels import to_unit_range
from oneiros_applications.pretrained_weights import Weights, published_weights

(TH_WEIGHTS_PATH, TF_WEIGHTS_PATH, TH_WEIGHTS_PATH_NO_TOP, TF_WEIGHTS_PATH_NO_TOP) = (
    URLS
) = published_weights("v0.2", "inception_v3")
Branch = tuple[tuple[int, int, int], ...]
"""The filters, rows and columns of convolutions, one after another."""
LARGE: tuple[Branch, ...] = (
    ((64, 1, 1),),
    ((48, 1, 1), (64, 5, 5)),
    ((64, 1, 1), (96, 3, 3), (96, 3, 3)),
)
"""The branches of a block for 35 x 35 pixels."""
LAST_MEDIUM: tuple[Branch, ...] = (
    ((192, 1, 1),),
    ((192, 1, 1), (192, 1, 7), (192, 7, 1)),
    ((160, 1, 1), (192, 7, 1), (192, 1, 7), (192, 7, 1), (192, 1, 7)),
)
"""Those of the last block for 17 x 17. As in Keras 1, the longest begins with 160
filters, not with 192."""


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
    x = Convolution2D(
        nb_filter,
        nb_row,
        nb_col,
        subsample=subsample,
        activation="relu",
        border_mode=border_mode,
        name=f"{name}_conv" if name else None,
    )(x)
    normalization = f"{name}_bn" if name else None
    return BatchNormalization(axis=channel_axis(), name=normalization)(x)


def _medium(filters: int) -> tuple[Branch, ...]:
    """Returns the branches of a block for 17 x 17 pixels."""
    row, column = (filters, 1, 7), (filters, 7, 1)
    return (
        ((192, 1, 1),),
        ((filters, 1, 1), row, (192, 7, 1)),
        ((filters, 1, 1), column, row, column, (192, 1, 7)),
    )


def _branch(x: Tensor, branch: Branch) -> Tensor:
    for convolution in branch:
        x = conv2d_bn(x, *convolution)
    return x


def _halved(x: Tensor, filters: int) -> Tensor:
    return conv2d_bn(x, filters, 3, 3, "valid", (2, 2))


def _joined(branches: list[Tensor], name: str | None = None) -> Tensor:
    return merge(branches, mode="concat", concat_axis=channel_axis(), name=name)


def _with_pooled(x: Tensor, branches: list[Tensor], filters: int, name: str) -> Tensor:
    """Joins branches and one of 3 x 3 average pooling followed by a convolution."""
    averages = AveragePooling2D((3, 3), strides=(1, 1), border_mode="same")(x)
    return _joined([*branches, conv2d_bn(averages, filters, 1, 1)], name)


def _mixed(x: Tensor, branches: tuple[Branch, ...], filters: int, name: str) -> Tensor:
    built = [_branch(x, branch) for branch in branches]
    return _with_pooled(x, built, filters, name)


def _forked(x: Tensor, name: str | None = None) -> Tensor:
    row = conv2d_bn(x, 384, 1, 3)
    column = conv2d_bn(x, 384, 3, 1)
    return _joined([row, column], name)


def _small(x: Tensor, index: int) -> Tensor:
    """Returns a block for 8 x 8 pixels; the first has the index 0."""
    single = conv2d_bn(x, 320, 1, 1)
    forked = _forked(conv2d_bn(x, 384, 1, 1), f"mixed9_{index}")
    double = _forked(_branch(x, ((448, 1, 1), (384, 3, 3))))
    return _with_pooled(x, [single, forked, double], 192, f"mixed{9 + index}")


def _features(image: Tensor) -> Tensor:
    x = _halved(image, 32)
    x = conv2d_bn(x, 32, 3, 3, "valid")
    x = conv2d_bn(x, 64, 3, 3)
    x = MaxPooling2D((3, 3), strides=(2, 2))(x)
    x = conv2d_bn(x, 80, 1, 1, "valid")
    x = conv2d_bn(x, 192, 3, 3, "valid")
    x = MaxPooling2D((3, 3), strides=(2, 2))(x)
    for index in range(3):
        x = _mixed(x, LARGE, 32, f"mixed{index}")
    single = _halved(x, 384)
    double = _halved(_branch(x, LARGE[2][:2]), 96)
    pooled = MaxPooling2D((3, 3), strides=(2, 2))(x)
    x = _joined([single, double, pooled], "mixed3")
    for index, filters in ((4, 128), (5, 160), (6, 160)):
        x = _mixed(x, _medium(filters), 192, f"mixed{index}")
    x = _mixed(x, LAST_MEDIUM, 192, "mixed7")
    pooled = AveragePooling2D((3, 3), strides=(2, 2))(x)
    single = _halved(conv2d_bn(x, 192, 1, 1), 320)
    triple = _halved(_branch(x, LAST_MEDIUM[1]), 192)
    x = _joined([single, triple, pooled], "mixed8")
    for index in range(2):
        x = _small(x, index)
    return x


def _top(features: Tensor, classes: int) -> Tensor:
    x = AveragePooling2D((8, 8), strides=(8, 8), name="avg_pool")(features)
    x = Flatten(name="flatten")(x)
    return Dense(classes, activation="softmax", name="predictions")(x)


_NETWORK = ImageNetwork("inception_v3", 299, 139, URLS, _features, _top)


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
