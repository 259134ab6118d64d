"""Xception: separable convolutions in residual blocks."""

import warnings

from oneiros import backend as K
from oneiros.layers import (
    Activation,
    BatchNormalization,
    Convolution2D,
    GlobalAveragePooling2D,
    MaxPooling2D,
    SeparableConvolution2D,
    merge,
)
from oneiros.typing import Shape, Tensor

from oneiros_applications.image_networks import (
    CLASSES,
    ImageNetwork,
    Weights,
    published_weights,
)

_, TF_WEIGHTS_PATH, _, TF_WEIGHTS_PATH_NO_TOP = URLS = published_weights(
    "v0.4", "xception"
)
IDENTITY_BLOCK = (728, 728, 728)
BLOCKS = ((128, 128), (256, 256), (728, 728), *(IDENTITY_BLOCK,) * 8, (728, 1024))
"""The filters of the separable convolutions in the blocks 2 to 13."""
AFTER_RELU = "block2_sepconv1"
"""The separable convolution that needs no ReLU before it."""
ORDERING = "tf"
"""The only dim_ordering of the network and its weights."""


def _convolved(x: Tensor, filters: int, size: int, stride: int, **kwargs) -> Tensor:
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


def _block(x: Tensor, block: int, filters: tuple[int, ...]) -> Tensor:
    """Returns separable convolutions, each after a ReLU, plus the block's input.

    Blocks of another kind than `IDENTITY_BLOCK` halve the size.
    """
    halves = filters != IDENTITY_BLOCK
    shortcut = x
    if halves:
        shortcut = _convolved(x, filters[-1], 1, 2, border_mode="same")
        shortcut = BatchNormalization()(shortcut)
    for index, count in enumerate(filters, 1):
        name = f"block{block}_sepconv{index}"
        if name != AFTER_RELU:
            x = Activation("relu", name=f"{name}_act")(x)
        x = _separable(x, count, name)
    if halves:
        x = MaxPooling2D(
            (3, 3),
            strides=(2, 2),
            border_mode="same",
            dim_ordering=ORDERING,
            name=f"block{block}_pool",
        )(x)
    return merge([x, shortcut], mode="sum")


def _features(image: Tensor) -> Tensor:
    x = image
    for index, (filters, stride) in enumerate(((32, 2), (64, 1)), 1):
        name = f"block1_conv{index}"
        x = _convolved(x, filters, 3, stride, name=name)
        x = BatchNormalization(name=f"{name}_bn")(x)
        x = Activation("relu", name=f"{name}_act")(x)
    for block, separable in enumerate(BLOCKS, 2):
        x = _block(x, block, separable)
    for index, filters in enumerate((1536, 2048), 1):
        name = f"block14_sepconv{index}"
        x = _separable(x, filters, name)
        x = Activation("relu", name=f"{name}_act")(x)
    return x


def _top(features: Tensor) -> Tensor:
    return GlobalAveragePooling2D(dim_ordering=ORDERING, name="avg_pool")(features)


_NETWORK = ImageNetwork("xception", 299, 71, URLS, _features, _top)


def Xception(  # noqa: N802  the name of Keras 1
    include_top: bool = True,
    weights: Weights = "imagenet",
    input_tensor: Tensor = None,
    input_shape: Shape | None = None,
    classes: int = CLASSES,
):
    """Returns Xception.

    Its images always have channels last; with `dim_ordering` "th" it warns.

    # Example
        ```python
        from oneiros.applications.xception import Xception

        model = Xception(weights=None, include_top=False, input_shape=(71, 71, 3))
        print(model.output_shape)  # (None, 3, 3, 2048)
        ```

    # Arguments
        include_top, weights, input_tensor, classes: as for `VGG16`.
        input_shape: tuple, without the top: the shape of an image, at least 71 x 71.

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
