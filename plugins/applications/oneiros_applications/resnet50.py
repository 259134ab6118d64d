"""ResNet50: 50 layers with weights, in residual blocks."""

from oneiros.layers import (
    Activation,
    AveragePooling2D,
    BatchNormalization,
    Convolution2D,
    Flatten,
    MaxPooling2D,
    ZeroPadding2D,
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
) = published_weights("v0.2", "resnet50")
STAGES = (
    (2, "abc", (64, 64, 256)),
    (3, "abcd", (128, 128, 512)),
    (4, "abcdef", (256, 256, 1024)),
    (5, "abc", (512, 512, 2048)),
)
"""Each stage's number, blocks and filters."""
Filters = tuple[int, int, int]
Strides = tuple[int, int]


def _convolved(x: Tensor, filters: int, size: int, place: str, **kwargs) -> Tensor:
    """Returns a convolution with batch normalization, named after their place."""
    x = Convolution2D(filters, size, size, name=f"res{place}", **kwargs)(x)
    return BatchNormalization(axis=channel_axis(), name=f"bn{place}")(x)


def _path(
    x: Tensor, size: int, filters: Filters, place: str, strides: Strides = (1, 1)
) -> Tensor:
    """Returns the longer path through a block: three convolutions."""
    x = _convolved(x, filters[0], 1, f"{place}2a", subsample=strides)
    x = Activation("relu")(x)
    x = _convolved(x, filters[1], size, f"{place}2b", border_mode="same")
    x = Activation("relu")(x)
    return _convolved(x, filters[2], 1, f"{place}2c")


def identity_block(
    input_tensor: Tensor, kernel_size: int, filters: Filters, stage: int, block: str
):
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
    path = _path(input_tensor, kernel_size, filters, f"{stage}{block}_branch")
    return _added(path, input_tensor)


def conv_block(
    input_tensor: Tensor,
    kernel_size: int,
    filters: Filters,
    stage: int,
    block: str,
    strides: tuple[int, int] = (2, 2),
):
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
    place = f"{stage}{block}_branch"
    path = _path(input_tensor, kernel_size, filters, place, strides)
    shortcut = _convolved(input_tensor, filters[2], 1, f"{place}1", subsample=strides)
    return _added(path, shortcut)


def _added(path: Tensor, shortcut: Tensor) -> Tensor:
    return Activation("relu")(merge([path, shortcut], mode="sum"))


def _features(image: Tensor) -> Tensor:
    x = ZeroPadding2D((3, 3))(image)
    x = Convolution2D(64, 7, 7, subsample=(2, 2), name="conv1")(x)
    x = BatchNormalization(axis=channel_axis(), name="bn_conv1")(x)
    x = Activation("relu")(x)
    x = MaxPooling2D((3, 3), strides=(2, 2))(x)
    for stage, blocks, filters in STAGES:
        strides = (1, 1) if stage == 2 else (2, 2)
        x = conv_block(x, 3, filters, stage, blocks[0], strides)
        for block in blocks[1:]:
            x = identity_block(x, 3, filters, stage, block)
    return AveragePooling2D((7, 7), name="avg_pool")(x)


def _top(features: Tensor) -> Tensor:
    return Flatten()(features)


_NETWORK = ImageNetwork("resnet50", 224, 197, URLS, _features, _top, "fc1000")


def ResNet50(  # noqa: N802  the name of Keras 1
    include_top: bool = True,
    weights: Weights = "imagenet",
    input_tensor: Tensor = None,
    input_shape: Shape | None = None,
    classes: int = CLASSES,
):
    """Returns ResNet50.

    # Example
        ```python
        from oneiros.applications.resnet50 import ResNet50

        model = ResNet50(weights=None, include_top=False, input_shape=(224, 224, 3))
        print(model.output_shape)  # (None, 1, 1, 2048)
        ```

    # Arguments
        include_top, weights, input_tensor, classes: as for `VGG16`.
        input_shape: tuple, without the top: the shape of an image, at least 197 x 197.

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
