"""VGG16: 16 layers with weights, of small convolutions and large dense layers."""

from oneiros.typing import Shape, Tensor

from oneiros_applications.image_networks import CLASSES, Weights
from oneiros_applications.vgg import vgg

_NETWORK = vgg("vgg16", (2, 2, 3, 3, 3))
(TH_WEIGHTS_PATH, TF_WEIGHTS_PATH, TH_WEIGHTS_PATH_NO_TOP, TF_WEIGHTS_PATH_NO_TOP) = (
    _NETWORK.urls
)


def VGG16(  # noqa: N802  the name of Keras 1
    include_top: bool = True,
    weights: Weights = "imagenet",
    input_tensor: Tensor = None,
    input_shape: Shape | None = None,
    classes: int = CLASSES,
):
    """Returns VGG16.

    # Example
        ```python
        from oneiros.applications.vgg16 import VGG16

        model = VGG16(weights=None, include_top=False, input_shape=(64, 64, 3))
        print(model.output_shape)  # (None, 2, 2, 512)
        ```

    # Arguments
        include_top: bool, whether to include the dense layers.
        weights: `"imagenet"`, the path of a weights file, or None for random weights.
        input_tensor: the tensor to use as input; None for a new input.
        input_shape: tuple, without the top: the shape of one image with three channels,
            at least 48 x 48.
        classes: int, the number of classes, with the top and without published weights.

    # Input shape
        `(samples, 224, 224, 3)`, with `dim_ordering` "th" `(samples, 3, 224, 224)`: BGR
        with the means subtracted; see `preprocess_input`.

    # Output shape
        `(samples, classes)`; without the top, 512 channels of a 32nd of the image's
        rows and columns.

    # Returns
        An uncompiled `Model`.

    # Raises
        ValueError: if arguments contradict each other.

    # References
        - [Very Deep Convolutional Networks for Large-Scale Image
          Recognition](https://arxiv.org/abs/1409.1556)
    """
    return _NETWORK.model(include_top, weights, input_tensor, input_shape, classes)
