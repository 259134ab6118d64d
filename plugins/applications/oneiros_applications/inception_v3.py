"""InceptionV3: blocks of parallel branches that are concatenated."""

from functools import partial
from typing import Any

from oneiros.layers import (
    AveragePooling2D,
    BatchNormalization,
    Convolution2D,
    Flatten,
    MaxPooling2D,
    merge,
)
from oneiros.typing import Shape, Tensor

from oneiros_applications.image_networks import (
    CLASSES,
    ImageNetwork,
    Weights,
    channel_axis,
    published_weights,
)

(TH_WEIGHTS_PATH, TF_WEIGHTS_PATH, TH_WEIGHTS_PATH_NO_TOP, TF_WEIGHTS_PATH_NO_TOP) = (
    URLS
) = published_weights("v0.2", "inception_v3")
Branch = tuple[Any, ...]
"""Steps that follow each other: the filters of a 1 x 1 convolution, the arguments of
`conv2d_bn`, or a function that makes a layer."""
Branches = tuple[Branch, ...]
HALVING = (3, 3, "valid", (2, 2))
"""The arguments of a convolution that halves the size, after its filters."""
AVERAGED = partial(AveragePooling2D, (3, 3), strides=(1, 1), border_mode="same")
AVERAGE_HALVED = partial(AveragePooling2D, (3, 3), strides=(2, 2))
HALVED = partial(MaxPooling2D, (3, 3), strides=(2, 2))
STEM: Branch = (
    (32, *HALVING),
    (32, 3, 3, "valid"),
    (64, 3, 3),
    HALVED,
    (80, 1, 1, "valid"),
    (192, 3, 3, "valid"),
    HALVED,
)
LARGE: Branches = (
    (64,),
    (48, (64, 5, 5)),
    (64, (96, 3, 3), (96, 3, 3)),
    (AVERAGED, 32),
)
"""The branches of the blocks for 35 x 35 pixels."""
FIRST_HALVING: Branches = (
    ((384, *HALVING),),
    (64, (96, 3, 3), (96, *HALVING)),
    (HALVED,),
)
MEDIUM = ((4, 128, 128), (5, 160, 160), (6, 160, 160), (7, 192, 160))
"""The blocks for 17 x 17 pixels: number, filters, and filters with which the longest
branch begins. In the last one they are fewer, as in Keras 1."""
SECOND_HALVING: Branches = (
    (192, (320, *HALVING)),
    (192, (192, 1, 7), (192, 7, 1), (192, *HALVING)),
    (AVERAGE_HALVED,),
)


def conv2d_bn(
    x: Tensor,
    nb_filter: int,
    nb_row: int,
    nb_col: int,
    border_mode: str = "same",
    subsample: tuple[int, int] = (1, 1),
    name: str | None = None,
):
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


def _medium(filters: int, first_filters: int) -> Branches:
    """Returns the branches of a block for 17 x 17 pixels."""
    row = (filters, 1, 7)
    column = (filters, 7, 1)
    return (
        (192,),
        (filters, row, (192, 7, 1)),
        (first_filters, column, row, column, (192, 1, 7)),
        (AVERAGED, 192),
    )


def _branch(x: Tensor, *branch) -> Tensor:
    for step in branch:
        if isinstance(step, int):
            x = conv2d_bn(x, step, 1, 1)
        elif isinstance(step, tuple):
            x = conv2d_bn(x, *step)
        else:
            x = step()(x)
    return x


def _joined(branches: list[Tensor], name: str | None = None) -> Tensor:
    return merge(branches, mode="concat", concat_axis=channel_axis(), name=name)


def _block(x: Tensor, branches: Branches, number: int) -> Tensor:
    built = [_branch(x, *branch) for branch in branches]
    return _joined(built, f"mixed{number}")


def _forked(x: Tensor, name: str | None = None) -> Tensor:
    row = conv2d_bn(x, 384, 1, 3)
    column = conv2d_bn(x, 384, 3, 1)
    return _joined([row, column], name)


def _small(x: Tensor, index: int) -> Tensor:
    """Returns a block for 8 x 8 pixels; the first has the index 0."""
    single = _branch(x, 320)
    forked = _forked(_branch(x, 384), f"mixed9_{index}")
    double = _forked(_branch(x, 448, (384, 3, 3)))
    pooled = _branch(x, AVERAGED, 192)
    return _joined([single, forked, double, pooled], f"mixed{9 + index}")


def _features(image: Tensor) -> Tensor:
    x = _branch(image, *STEM)
    for number in range(3):
        x = _block(x, LARGE, number)
    x = _block(x, FIRST_HALVING, 3)
    for number, filters, first_filters in MEDIUM:
        x = _block(x, _medium(filters, first_filters), number)
    x = _block(x, SECOND_HALVING, 8)
    for index in range(2):
        x = _small(x, index)
    return x


def _top(features: Tensor) -> Tensor:
    x = AveragePooling2D((8, 8), strides=(8, 8), name="avg_pool")(features)
    return Flatten(name="flatten")(x)


_NETWORK = ImageNetwork("inception_v3", 299, 139, URLS, _features, _top)


def InceptionV3(  # noqa: N802  the name of Keras 1
    include_top: bool = True,
    weights: Weights = "imagenet",
    input_tensor: Tensor = None,
    input_shape: Shape | None = None,
    classes: int = CLASSES,
):
    """Returns InceptionV3, with the same filters as in Keras 1.

    # Example
        ```python
        from oneiros.applications.inception_v3 import InceptionV3

        model = InceptionV3(weights=None, include_top=False, input_shape=(139, 139, 3))
        print(model.output_shape)  # (None, 3, 3, 2048)
        ```

    # Arguments
        include_top, weights, input_tensor, classes: as for `VGG16`.
        input_shape: tuple, without the top: the shape of an image, at least 139 x 139.

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
