"""ResNet50: 50 layers with weights, in residual blocks."""

from __future__ import annotations

from typing import Any

from oneiros import backend as K
from oneiros.layers import (
    Activation,
    AveragePooling2D,
    BatchNormalization,
    Convolution2D,
    Dense,
    Flatten,
    MaxPooling2D,
    ZeroPadding2D,
    merge,
)

from oneiros_applications.image_networks import (
    CLASSES,
    Files,
    ImageNetwork,
    Shape,
    channel_axis_of,
)
from oneiros_applications.pretrained_weights import RELEASES, PublishedFile, Weights

TH_WEIGHTS_PATH = f"{RELEASES}/v0.2/resnet50_weights_th_dim_ordering_th_kernels.h5"
TF_WEIGHTS_PATH = f"{RELEASES}/v0.2/resnet50_weights_tf_dim_ordering_tf_kernels.h5"
TH_WEIGHTS_PATH_NO_TOP = (
    f"{RELEASES}/v0.2/resnet50_weights_th_dim_ordering_th_kernels_notop.h5"
)
TF_WEIGHTS_PATH_NO_TOP = (
    f"{RELEASES}/v0.2/resnet50_weights_tf_dim_ordering_tf_kernels_notop.h5"
)
STAGES = (
    (2, "abc", (64, 64, 256)),
    (3, "abcd", (128, 128, 512)),
    (4, "abcdef", (256, 256, 1024)),
    (5, "abc", (512, 512, 2048)),
)
"""Each stage's number, blocks and filters."""
Filters = tuple[int, int, int]


class _Branches:
    """Builds the layers of a block and names them after the stage and block."""

    def __init__(self, stage: int, block: str, dim_ordering: str) -> None:
        self.place = f"{stage}{block}_branch"
        self.dim_ordering = dim_ordering

    def convolved(
        self, x: Any, filters: int, size: int, branch: str, **kwargs: Any
    ) -> Any:
        """Returns a convolution with batch normalization."""
        x = Convolution2D(
            filters,
            size,
            size,
            dim_ordering=self.dim_ordering,
            name=f"res{self.place}{branch}",
            **kwargs,
        )(x)
        return BatchNormalization(
            axis=channel_axis_of(self.dim_ordering), name=f"bn{self.place}{branch}"
        )(x)

    def path(
        self, x: Any, size: int, filters: Filters, strides: tuple[int, int] = (1, 1)
    ) -> Any:
        """Returns the longer path through a block: three convolutions."""
        x = self.convolved(x, filters[0], 1, "2a", subsample=strides)
        x = Activation("relu")(x)
        x = self.convolved(x, filters[1], size, "2b", border_mode="same")
        x = Activation("relu")(x)
        return self.convolved(x, filters[2], 1, "2c")


def identity_block(
    input_tensor: Any, kernel_size: int, filters: Filters, stage: int, block: str
) -> Any:
    """Returns three convolutions of a tensor plus the tensor itself.

    # Arguments
        input_tensor: tensor of `filters[2]` channels.
        kernel_size: int, height and width of the middle convolution's kernel.
        filters: three ints, the filters of the convolutions.
        stage: int, the stage's number, for names.
        block: str, the block's letter, for names.

    # Returns
        Tensor of the shape of `input_tensor`.

    # Example
        ```python
        from oneiros import backend as K
        from oneiros.applications.resnet50 import identity_block
        from oneiros.layers import Input

        image = Input((8, 8, 16))
        y = identity_block(image, 3, (4, 4, 16), stage=2, block="b")
        print(K.int_shape(y))  # (None, 8, 8, 16)
        ```
    """
    branches = _Branches(stage, block, K.image_dim_ordering())
    return _identity(branches, input_tensor, kernel_size, filters)


def conv_block(
    input_tensor: Any,
    kernel_size: int,
    filters: Filters,
    stage: int,
    block: str,
    strides: tuple[int, int] = (2, 2),
) -> Any:
    """Returns three convolutions of a tensor plus another convolution of it.

    # Arguments
        input_tensor: tensor.
        kernel_size: int, height and width of the middle convolution's kernel.
        filters: three ints, the filters of the convolutions.
        stage: int, the stage's number, for names.
        block: str, the block's letter, for names.
        strides: two ints, the strides of the first convolution and of the shortcut.

    # Returns
        Tensor of `filters[2]` channels, with rows and columns reduced by `strides`.

    # Example
        ```python
        from oneiros import backend as K
        from oneiros.applications.resnet50 import conv_block
        from oneiros.layers import Input

        image = Input((8, 8, 16))
        y = conv_block(image, 3, (4, 4, 32), stage=2, block="a")
        print(K.int_shape(y))  # (None, 4, 4, 32)
        ```
    """
    branches = _Branches(stage, block, K.image_dim_ordering())
    return _projection(branches, input_tensor, kernel_size, filters, strides)


def _identity(branches: _Branches, x: Any, size: int, filters: Filters) -> Any:
    added = merge([branches.path(x, size, filters), x], mode="sum")
    return Activation("relu")(added)


def _projection(
    branches: _Branches, x: Any, size: int, filters: Filters, strides: tuple[int, int]
) -> Any:
    path = branches.path(x, size, filters, strides)
    shortcut = branches.convolved(x, filters[2], 1, "1", subsample=strides)
    return Activation("relu")(merge([path, shortcut], mode="sum"))


def _features(image: Any, dim_ordering: str) -> Any:
    x = ZeroPadding2D((3, 3), dim_ordering=dim_ordering)(image)
    x = Convolution2D(
        64, 7, 7, subsample=(2, 2), dim_ordering=dim_ordering, name="conv1"
    )(x)
    x = BatchNormalization(axis=channel_axis_of(dim_ordering), name="bn_conv1")(x)
    x = Activation("relu")(x)
    x = MaxPooling2D((3, 3), strides=(2, 2), dim_ordering=dim_ordering)(x)
    for stage, blocks, filters in STAGES:
        strides = (1, 1) if stage == 2 else (2, 2)
        first = _Branches(stage, blocks[0], dim_ordering)
        x = _projection(first, x, 3, filters, strides)
        for block in blocks[1:]:
            x = _identity(_Branches(stage, block, dim_ordering), x, 3, filters)
    return AveragePooling2D((7, 7), dim_ordering=dim_ordering, name="avg_pool")(x)


def _top(features: Any, dim_ordering: str, classes: int) -> Any:
    x = Flatten()(features)
    return Dense(classes, activation="softmax", name="fc1000")(x)


_NETWORK = ImageNetwork(
    "resnet50",
    size=224,
    smallest=197,
    files=Files(
        th=PublishedFile(TH_WEIGHTS_PATH, "1c1f8f5b0c8ee28fe9d950625a230e1c"),
        tf=PublishedFile(TF_WEIGHTS_PATH, "a7b3fe01876f51b976af0dea6bc144eb"),
        th_no_top=PublishedFile(
            TH_WEIGHTS_PATH_NO_TOP, "f64f049c92468c9affcd44b0976cdafe"
        ),
        tf_no_top=PublishedFile(
            TF_WEIGHTS_PATH_NO_TOP, "a268eb855778b3df3c7506639542a6af"
        ),
    ),
    build=_features,
    top=_top,
)


def ResNet50(  # noqa: N802  the name of Keras 1
    include_top: bool = True,
    weights: Weights = "imagenet",
    input_tensor: Any = None,
    input_shape: Shape | None = None,
    classes: int = CLASSES,
) -> Any:
    """Returns ResNet50.

    # Example
        ```python
        from oneiros.applications.resnet50 import ResNet50

        model = ResNet50(weights=None, include_top=False, input_shape=(224, 224, 3))
        print(model.output_shape)  # (None, 1, 1, 2048)
        ```

    # Arguments
        include_top: bool, whether to include the dense layer.
        weights: `"imagenet"`, the path of a weights file, or None for random weights.
        input_tensor: the tensor to use as input; None for a new input.
        input_shape: tuple, without the top: the shape of one image with three channels,
            at least 197 x 197.
        classes: int, the number of classes, with the top and without published weights.

    # Input shape
        `(samples, 224, 224, 3)`, with `dim_ordering` "th" `(samples, 3, 224, 224)`: BGR
        with the means subtracted; see `preprocess_input`.

    # Output shape
        `(samples, classes)`; without the top `(samples, rows, columns, 2048)`.

    # Returns
        An uncompiled `Model`.

    # Raises
        ValueError: if arguments contradict each other.

    # References
        - [Deep Residual Learning for Image
          Recognition](https://arxiv.org/abs/1512.03385)
    """
    return _NETWORK.model(include_top, weights, input_tensor, input_shape, classes)
