"""The order of the axes of images: rows, columns and channels."""

from typing import NamedTuple

import numpy as np
from oneiros import backend as K
from oneiros.arguments import check_choice, label
from oneiros.errors import DataError
from oneiros.typing import Array

CHANNEL_COUNTS = (1, 3, 4)
"""Grayscale, RGB and RGBA."""


class Axes(NamedTuple):
    """The axes of one image, or of a batch of them."""

    channel: int
    row: int
    col: int

    def of_one_image(self):
        """Returns the axes of an image, given those of a batch."""
        return Axes(self.channel - 1, self.row - 1, self.col - 1)


BATCH_AXES = {"th": Axes(channel=1, row=2, col=3), "tf": Axes(channel=3, row=1, col=2)}
BATCH_SHAPES = {
    "th": "(samples, channels, rows, columns)",
    "tf": "(samples, rows, columns, channels)",
}


def chosen_ordering(owner, dim_ordering) -> str:
    """Returns `"tf"` or `"th"`, for `"default"` what `K.image_dim_ordering()` says.

    # Raises
        ArgumentError: for anything else.
    """
    if dim_ordering == "default":
        return str(K.image_dim_ordering())
    return str(check_choice(owner, "dim_ordering", dim_ordering, BATCH_AXES))


def check_batch(owner, name: str, x, dim_ordering: str) -> Array:
    """Returns images as an array.

    # Arguments
        owner: the object whose argument it is, or text.
        name: str, the argument.
        x: what was received.
        dim_ordering: `"tf"` or `"th"`.

    # Raises
        DataError: unless it has the shape of images, and 1, 3 or 4 channels.
    """
    images = np.asarray(x)
    received = (
        f"{label(owner)} received {name} of shape {images.shape}. Expected images "
        f"{BATCH_SHAPES[dim_ordering]}, as dim_ordering={dim_ordering!r} has them, "
        "with 1, 3 or 4 channels"
    )
    if images.ndim != 4:
        raise DataError(
            f"{received}. Reshape it to four axes: grey images have a channel, too."
        )
    axis = BATCH_AXES[dim_ordering].channel
    if images.shape[axis] not in CHANNEL_COUNTS:
        other = "th" if dim_ordering == "tf" else "tf"
        raise DataError(
            f"{received}; this has {images.shape[axis]} channels. Pass dim_ordering="
            f"{other!r} to ImageDataGenerator, if they stand at the other place."
        )
    return images
