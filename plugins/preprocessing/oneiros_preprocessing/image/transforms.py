"""Transformations of one image: rotated, shifted, sheared, zoomed, flipped, coloured.

An image is an array of rank 3. Where its rows, columns and channels stand is said by
`row_axis`, `col_axis` and `channel_axis`. A matrix of shape (3, 3) leads from a place
`(row, column, 1)` of the result to the place of the image where its value comes from,
the nearest pixel. Where that lies outside, `fill_mode` says what to do: `"constant"`
takes `cval`, `"nearest"` the closest pixel, `"reflect"` mirrors the image and `"wrap"`
repeats it; all modes of `scipy.ndimage.affine_transform` are taken.

What is random comes from NumPy's global generator, in the order of Keras 1.

SciPy finds the places that pixels come from, and NumPy takes them for all channels.
SciPy on each of three channels takes 1.7 times as long for a coloured picture of 64x64,
rotated, shifted and zoomed (`benchmarks/mechanisms.py transforms`).
"""

import math
from collections.abc import Sequence

import numpy as np
from oneiros.arguments import check_choice, refusal, shown
from oneiros.errors import DataError
from oneiros.typing import Array
from scipy import ndimage

FILL_MODES = (
    "nearest",
    "constant",
    "reflect",
    "wrap",
    "mirror",
    "grid-constant",
    "grid-mirror",
    "grid-wrap",
)
CONSTANT_MODES = ("constant", "grid-constant")
OUTSIDE = -1
"""Place of a pixel that the image doesn't have."""
DEGREE = math.pi / 180


def random_rotation(
    x: Array,
    rg: float,
    row_axis: int = 1,
    col_axis: int = 2,
    channel_axis: int = 0,
    fill_mode: str = "nearest",
    cval: float = 0.0,
) -> Array:
    """Turns an image around its centre by a random angle.

    # Arguments
        x: array, the image.
        rg: float, the largest angle to either side, in degrees.
        row_axis, col_axis, channel_axis: int, the image's axes.
        fill_mode: str, what to do outside the image.
        cval: float, the value outside for `fill_mode="constant"`.

    # Returns
        Array of the image's shape and type.

    # Raises
        DataError: if `x` isn't of rank 3.
        ArgumentError: for another `fill_mode`.

    # Example
        ```python
        import numpy as np
        from oneiros.preprocessing.image import random_rotation

        image = np.random.random((1, 28, 28))
        np.random.seed(1)
        turned = random_rotation(image, 15)  # by at most 15 degrees
        print(turned.shape, np.isin(turned, image).all())  # (1, 28, 28) True
        ```
    """
    matrix = about_centre(draw_rotation(rg), x, row_axis, col_axis)
    return apply_transform(x, matrix, channel_axis, fill_mode, cval)


def random_shift(
    x: Array,
    wrg: float,
    hrg: float,
    row_axis: int = 1,
    col_axis: int = 2,
    channel_axis: int = 0,
    fill_mode: str = "nearest",
    cval: float = 0.0,
) -> Array:
    """Moves an image by random distances.

    # Arguments
        x: array, the image.
        wrg: float, the largest distance along the columns, as a fraction of the width.
        hrg: float, the same along the rows, as a fraction of the height.
        row_axis, col_axis, channel_axis, fill_mode, cval: as for `random_rotation`.

    # Returns
        Array of the image's shape and type.

    # Raises
        DataError: if `x` isn't of rank 3.
        ArgumentError: for another `fill_mode`.

    # Example
        ```python
        import numpy as np
        from oneiros.preprocessing.image import random_shift

        image = np.arange(4.0).reshape(1, 1, 4)  # one row
        np.random.seed(0)
        moved = random_shift(image, wrg=0.5, hrg=0, fill_mode="constant", cval=9)
        print(moved)  # [[[1. 2. 3. 9.]]]
        ```
    """
    rows = draw_shift(hrg, _shape(x)[row_axis])
    cols = draw_shift(wrg, _shape(x)[col_axis])
    return apply_transform(x, shift_matrix(rows, cols), channel_axis, fill_mode, cval)


def random_shear(
    x: Array,
    intensity: float,
    row_axis: int = 1,
    col_axis: int = 2,
    channel_axis: int = 0,
    fill_mode: str = "nearest",
    cval: float = 0.0,
) -> Array:
    """Shears an image by a random angle.

    # Arguments
        x: array, the image.
        intensity: float, the largest angle to either side, in radians.
        row_axis, col_axis, channel_axis, fill_mode, cval: as for `random_rotation`.

    # Returns
        Array of the image's shape and type.

    # Raises
        DataError: if `x` isn't of rank 3.
        ArgumentError: for another `fill_mode`.

    # Example
        ```python
        import numpy as np
        from oneiros.preprocessing.image import random_shear

        image = np.random.random((1, 28, 28))
        print(random_shear(image, 0.2).shape)  # (1, 28, 28)
        print(np.array_equal(random_shear(image, 0.0), image))  # True
        ```
    """
    matrix = about_centre(draw_shear(intensity), x, row_axis, col_axis)
    return apply_transform(x, matrix, channel_axis, fill_mode, cval)


def random_zoom(
    x: Array,
    zoom_range: Sequence[float],
    row_axis: int = 1,
    col_axis: int = 2,
    channel_axis: int = 0,
    fill_mode: str = "nearest",
    cval: float = 0.0,
) -> Array:
    """Zooms an image by random factors, one for the rows and one for the columns.

    # Arguments
        x: array, the image.
        zoom_range: two floats, the smallest and the largest factor; one below 1 makes
            what is seen larger.
        row_axis, col_axis, channel_axis, fill_mode, cval: as for `random_rotation`.

    # Returns
        Array of the image's shape and type.

    # Raises
        ArgumentError: if `zoom_range` isn't two numbers, or for another `fill_mode`.
        DataError: if `x` isn't of rank 3.

    # Example
        ```python
        import numpy as np
        from oneiros.preprocessing.image import random_zoom

        image = np.arange(16.0).reshape(1, 4, 4)
        print(random_zoom(image, (0.5, 0.5))[0])
        # [[ 5.  6.  6.  7.]
        #  [ 9. 10. 10. 11.]
        #  [ 9. 10. 10. 11.]
        #  [13. 14. 14. 15.]]
        ```
    """
    if np.shape(zoom_range) != (2,):
        expected = "two numbers, such as (0.8, 1.2)"
        raise refusal("random_zoom", "zoom_range", zoom_range, expected)
    matrix = about_centre(draw_zoom(zoom_range), x, row_axis, col_axis)
    return apply_transform(x, matrix, channel_axis, fill_mode, cval)


def random_channel_shift(x: Array, intensity: float, channel_axis: int = 0) -> Array:
    """Adds a random number to each channel of an image.

    Values that leave the range of the image's values are clipped.

    # Arguments
        x: array, the image.
        intensity: float, the largest number, to either side.
        channel_axis: int, the axis of the channels.

    # Returns
        Array of the image's shape, with values between the image's least and largest.

    # Raises
        DataError: if `x` isn't of rank 3.

    # Example
        ```python
        import numpy as np
        from oneiros.preprocessing.image import random_channel_shift

        image = np.array([[[0.0, 100.0]], [[50.0, 50.0]]])  # two channels
        np.random.seed(0)
        print(random_channel_shift(image, 10).round(1))
        # [[[  1.  100. ]]
        #
        #  [[ 54.3  54.3]]]
        ```
    """
    channels = np.moveaxis(check_image(x), channel_axis, 0)
    low, high = np.min(channels), np.max(channels)
    shifted = [
        np.clip(channel + np.random.uniform(-intensity, intensity), low, high)
        for channel in channels
    ]
    return np.moveaxis(np.stack(shifted), 0, channel_axis)


def flip_axis(x: Array, axis: int) -> Array:
    """Reverses an axis.

    # Arguments
        x: array of any rank.
        axis: int, the axis to reverse.

    # Returns
        Array of the same shape and type; a view where `x` is an array.

    # Example
        ```python
        from oneiros.preprocessing.image import flip_axis

        print(flip_axis([[1, 2, 3], [4, 5, 6]], 1))
        # [[3 2 1]
        #  [6 5 4]]
        ```
    """
    return np.flip(np.asarray(x), axis)


def transform_matrix_offset_center(matrix: Array, x: int, y: int) -> Array:
    """Moves the centre of a transformation from an image's first pixel to its centre.

    As in Keras 1, the centre is at `x / 2 + 0.5` and `y / 2 + 0.5`.

    # Arguments
        matrix: array (3, 3).
        x, y: int, the image's height and width.

    # Returns
        float64 array (3, 3).

    # Example
        ```python
        import numpy as np
        from oneiros.preprocessing.image import transform_matrix_offset_center

        half = np.diag([0.5, 0.5, 1])  # the centre, 2.5, comes from 2.5
        print(transform_matrix_offset_center(half, 4, 4))
        # [[0.5  0.   1.25]
        #  [0.   0.5  1.25]
        #  [0.   0.   1.  ]]
        ```
    """
    rows = float(x) / 2 + 0.5
    cols = float(y) / 2 + 0.5
    centred = shift_matrix(rows, cols) @ matrix @ shift_matrix(-rows, -cols)
    return np.asarray(centred)


def apply_transform(
    x: Array,
    transform_matrix: Array,
    channel_axis: int = 0,
    fill_mode: str = "nearest",
    cval: float = 0.0,
) -> Array:
    """Applies an affine transformation to an image.

    SciPy computes the source positions once for all channels.

    # Arguments
        x: array, the image.
        transform_matrix: array (3, 3).
        channel_axis: int, the axis of the channels; the others are rows and columns, in
            this order.
        fill_mode: str, what to do outside the image.
        cval: float, the value outside for `fill_mode="constant"`.

    # Returns
        Array of the image's shape and type.

    # Raises
        ArgumentError: for another `fill_mode`.
        DataError: if `x` isn't of rank 3.

    # Example
        ```python
        import numpy as np
        from oneiros.preprocessing.image import apply_transform

        image = np.arange(6.0).reshape(1, 2, 3)
        from_the_right = np.array([[1, 0, 0], [0, 1, 1], [0, 0, 1]])
        print(apply_transform(image, from_the_right, fill_mode="nearest")[0])
        # [[1. 2. 2.]
        #  [4. 5. 5.]]
        ```
    """
    check_choice("apply_transform", "fill_mode", fill_mode, FILL_MODES)
    image = np.moveaxis(check_image(x), channel_axis, -1)
    rows, cols, channels = image.shape
    matrix = np.asarray(transform_matrix)
    places = ndimage.affine_transform(
        np.arange(rows * cols).reshape(rows, cols),
        matrix[:2, :2],
        matrix[:2, 2],
        order=0,
        mode=fill_mode,
        cval=OUTSIDE,
    )
    moved = image.reshape(-1, channels).take(places, axis=0, mode="wrap")
    if fill_mode in CONSTANT_MODES:
        moved[places == OUTSIDE] = _as_pixel(cval, moved.dtype)
    return np.moveaxis(moved, -1, channel_axis)


def _as_pixel(value: float, dtype: np.dtype):
    """Returns a value as SciPy stores it: rounded, and within the range of integers."""
    if dtype.kind not in "iu":
        return value
    limits = np.iinfo(dtype)
    return np.clip(math.floor(value + 0.5), limits.min, limits.max)


def shift_matrix(rows: float, cols: float) -> Array:
    """Returns the matrix that moves by a number of pixels."""
    return np.array([[1, 0, rows], [0, 1, cols], [0, 0, 1]])


def about_centre(matrix: Array, x, row_axis: int, col_axis: int) -> Array:
    """Returns a matrix that does around the centre of `x` what `matrix` does."""
    shape = _shape(x)
    return transform_matrix_offset_center(matrix, shape[row_axis], shape[col_axis])


def draw_rotation(degrees: float) -> Array:
    """Draws the matrix that turns by at most so many degrees to either side."""
    angle = DEGREE * np.random.uniform(-degrees, degrees)
    sine, cosine = np.sin(angle), np.cos(angle)
    return np.array([[cosine, -sine, 0], [sine, cosine, 0], [0, 0, 1]])


def draw_shift(fraction: float, size: int) -> float:
    """Draws a distance in pixels, at most a fraction of an axis of some size."""
    return np.random.uniform(-fraction, fraction) * size


def draw_shear(largest: float) -> Array:
    """Draws the matrix that shears by at most an angle in radians to either side."""
    angle = np.random.uniform(-largest, largest)
    return np.array([[1, -np.sin(angle), 0], [0, np.cos(angle), 0], [0, 0, 1]])


def draw_zoom(zoom_range) -> Array:
    """Draws the matrix that zooms by a factor along each axis; nothing is drawn from
    (1, 1)."""
    low, high = zoom_range
    rows, cols = (1, 1) if low == high == 1 else np.random.uniform(low, high, 2)
    return np.array([[rows, 0, 0], [0, cols, 0], [0, 0, 1]])


def _shape(x) -> tuple[int, ...]:
    return tuple(check_image(x).shape)


def check_image(x) -> Array:
    """Returns an image as an array.

    # Raises
        DataError: unless it is of rank 3.
    """
    image = np.asarray(x)
    if image.ndim != 3:
        received = shown(x) if image.ndim == 0 else f"an array of shape {image.shape}"
        raise DataError(
            f"One image was expected, an array of rank 3; received {received}. A grey "
            "one has a channel, too: img_to_array makes such arrays."
        )
    return image
