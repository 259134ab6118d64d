"""Theano's first function for convolutions of images."""

from typing import Any

from oneiros_theano_namespace.theano.tensor.nnet import abstract_conv


def conv2d(
    input: Any,
    filters: Any,
    image_shape: Any = None,
    filter_shape: Any = None,
    border_mode: str = "valid",
    subsample: Any = (1, 1),
    **options: Any,
) -> Any:
    """Convolves images, with flipped filters; see `theano.tensor.nnet.conv2d`.

    # Arguments
        options: ignored.
    """
    return abstract_conv.conv2d(
        input, filters, image_shape, filter_shape, border_mode, subsample
    )
