"""VGG19: 19 layers with weights, of small convolutions and large dense layers."""

from oneiros.typing import Shape, Tensor

from oneiros_applications.image_networks import CLASSES, Weights
from oneiros_applications.vgg import vgg

_NETWORK = vgg("vgg19", (2, 2, 4, 4, 4))
(TH_WEIGHTS_PATH, TF_WEIGHTS_PATH, TH_WEIGHTS_PATH_NO_TOP, TF_WEIGHTS_PATH_NO_TOP) = (
    _NETWORK.urls
)


def VGG19(  # noqa: N802  the name of Keras 1
    include_top: bool = True,
    weights: Weights = "imagenet",
    input_tensor: Tensor = None,
    input_shape: Shape | None = None,
    classes: int = CLASSES,
):
    """Returns VGG19.

    # Example
        ```python
        from oneiros.applications.vgg19 import VGG19

        model = VGG19(weights=None, include_top=False, input_shape=(64, 64, 3))
        print(model.output_shape)  # (None, 2, 2, 512)
        ```

    # Arguments
        include_top, weights, input_tensor, input_shape, classes: as for `VGG16`.

    # Input shape
        `(samples, 224, 224, 3)`, with `dim_ordering` "th" `(samples, 3, 224, 224)`: BGR
        with the means subtracted; see `preprocess_input`.

    # Output shape
        As for `VGG16`.

    # Returns
        An uncompiled `Model`.

    # Raises
        ValueError: if arguments contradict each other.

    # References
        - [Very Deep Convolutional Networks for Large-Scale Image
          Recognition](https://arxiv.org/abs/1409.1556)
    """
    return _NETWORK.model(include_top, weights, input_tensor, input_shape, classes)
