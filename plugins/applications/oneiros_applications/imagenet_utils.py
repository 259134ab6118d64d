"""Prepares images for ImageNet networks, and decodes predictions into class names."""

from pathlib import Path
from typing import Any

import numpy as np
from oneiros.errors import ConfigError, FileFormatError
from oneiros.typing import Array
from oneiros.utils.data_utils import get_file
from oneiros_safe_files import json_text
from oneiros_safe_files.file_access import read_text

from oneiros_applications.image_networks import CLASSES
from oneiros_applications.preparation import (
    as_floats,
    checked_ordering,
    checked_predictions,
    most_probable,
)

CLASS_INDEX_PATH = (
    "https://s3.amazonaws.com/deep-learning-models/image-models/"
    "imagenet_class_index.json"
)
CLASS_INDEX: dict[str, list[str]] | None = None
"""WordNet id and name of each class. Read on first use."""
MEANS = (103.939, 116.779, 123.68)
"""ImageNet's means of blue, green and red, from the training of the VGG networks."""


def preprocess_input(x: Any, dim_ordering: str = "default") -> np.ndarray:
    """Prepares images for VGG16, VGG19 and ResNet50: BGR, with the means subtracted.

    # Arguments
        x: array of images, RGB of 0 to 255: `(samples, rows, columns, 3)`, with "th"
            `(samples, 3, rows, columns)`. It subtracts the means from arrays of floats
            in place; only the result has the channels in the new order.
        dim_ordering: "th", "tf", or "default" for `K.image_dim_ordering()`.

    # Returns
        Array of the shape of `x`, with values from about -124 to 152. Its type is the
        type of `x`, or `K.floatx()` if `x` doesn't contain floats.

    # Raises
        ValueError: if `dim_ordering` is unknown, or there aren't three channels.

    # Example
        ```python
        import numpy as np
        from oneiros.applications.vgg16 import preprocess_input

        red = np.array([[[[255.0, 0.0, 0.0]]]])  # one image of one pixel
        print(preprocess_input(red, "tf"))  # [[[[-103.939 -116.779  131.32 ]]]]
        ```
    """
    ordering = checked_ordering(dim_ordering)
    pixels = as_floats(x)
    channel_axis = -3 if ordering == "th" else -1
    if pixels.ndim < 3 or pixels.shape[channel_axis] != len(MEANS):
        raise ValueError(
            f"Received images of shape {pixels.shape}; expected three channels in "
            f"axis {channel_axis} (dim_ordering {ordering!r})."
        )
    blue_first = np.flip(pixels, channel_axis)
    means = np.array(MEANS, pixels.dtype)
    blue_first -= np.expand_dims(means, (1, 2)) if ordering == "th" else means
    return blue_first


def decode_predictions(
    preds: Array, top: int = 5
) -> list[list[tuple[str, str, float]]]:
    """Returns the most probable classes.

    # Arguments
        preds: array, `(samples, 1000)`.
        top: int, the number of classes per sample.

    # Returns
        One list per sample, with the WordNet id, name and probability of each class,
        the most probable first.

    # Raises
        ValueError: if the predictions don't have the shape `(samples, 1000)`.
        FileMissingError: if the list of names isn't cached and can't be downloaded.
    """
    probabilities = checked_predictions(preds, CLASSES)
    index = _class_index()
    names = [tuple(map(str, index[str(number)])) for number in range(CLASSES)]
    return most_probable(probabilities, names, top)


def _class_index() -> dict[str, list[str]]:
    global CLASS_INDEX
    if CLASS_INDEX is None:
        path = get_file(
            "imagenet_class_index.json", CLASS_INDEX_PATH, cache_subdir="models"
        )
        try:
            classes = json_text.loads(read_text(Path(path)))
        except (ConfigError, FileFormatError):
            classes = None
        numbers = {*map(str, range(CLASSES))}
        if not isinstance(classes, dict) or classes.keys() != numbers:
            raise FileFormatError(
                f"{path} doesn't hold the names of ImageNet's {CLASSES} classes. "
                "Delete it, and call decode_predictions again to download it."
            )
        CLASS_INDEX = classes
    return CLASS_INDEX
