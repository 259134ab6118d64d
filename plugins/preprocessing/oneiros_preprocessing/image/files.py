"""Reads and writes image files, and converts images to arrays and back.

Pillow reads and writes them. Its images have a size `(width, height)`; arrays have rows
first.
"""

import os
import re
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike
from oneiros import backend as K
from oneiros.arguments import check_ints, open_to_old_code
from oneiros.errors import (
    DataError,
    FileAccessError,
    FileFormatError,
    FileMissingError,
    UnsafeFileError,
)
from oneiros.typing import Array
from oneiros_safe_files.file_access import open_regular
from PIL import Image

from oneiros_preprocessing.image.orderings import chosen_ordering

PROGRAMS = ("EPS",)
"""Formats that Pillow hands to another program."""
FilePath = str | os.PathLike[str]
"""What annotations call the path of a file or folder."""
MODES = {1: "L", 3: "RGB"}
"""Pillow's image modes, by number of channels."""


@open_to_old_code
def load_img(
    path: FilePath, grayscale: bool = False, target_size: Sequence[int] | None = None
) -> Image.Image:
    """Reads an image from a file.

    # Arguments
        path: str or path.
        grayscale: bool, whether to convert the image to grayscale; otherwise RGB.
        target_size: `(height, width)` to resize it to, with nearest-neighbour
            interpolation; None keeps its size.

    # Returns
        A Pillow image.

    # Raises
        FileMissingError: if the file doesn't exist, or is a pipe or a device.
        FileAccessError: if the system refuses.
        FileFormatError: if Pillow can't read it as an image.
        UnsafeFileError: if it has more pixels than `PIL.Image.MAX_IMAGE_PIXELS`, or
            only another program could read it.
        ArgumentError: if `target_size` isn't two integers of at least 1.

    # Example
        ```python
        from oneiros.preprocessing.image import load_img
        from PIL import Image

        picture = Image.new("RGB", (64, 32))  # 64 columns, 32 rows
        picture.save("picture.png")
        image = load_img("picture.png", target_size=(10, 20))
        print(image.mode, image.size)  # RGB (20, 10)
        ```
    """
    size = None
    if target_size is not None:
        size = check_ints("load_img", "target_size", target_size, 2)
    image = _decoded(path, "L" if grayscale else "RGB")
    if size is None:
        return image
    height, width = size
    return image.resize((width, height), Image.Resampling.NEAREST)


def _decoded(path, mode: str) -> Image.Image:
    """Reads a file's image and converts it to another mode."""
    try:
        with _opened(path) as file, Image.open(file) as image:
            _check_safe(path, image)
            return image.convert(mode)
    except (FileAccessError, FileMissingError, UnsafeFileError):
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise UnsafeFileError(f"{path} is larger than pictures are: {error}") from None
    except Exception as error:  # Pillow's formats raise errors of any kind
        raise FileFormatError(
            f"{path} can't be read as an image: {error!s:.200}. Remove it, or replace "
            "it by the whole one."
        ) from None


def _opened(path):
    """Returns the file at a path; a file that the caller opened stays open."""
    return nullcontext(path) if hasattr(path, "read") else open_regular(Path(path))


def _check_safe(path, image: Image.Image) -> None:
    if image.format in PROGRAMS:
        raise UnsafeFileError(
            f"{path} is {image.format}, which another program would have to read. "
            "Convert it to PNG first."
        )
    pixels = image.width * image.height
    if Image.MAX_IMAGE_PIXELS and pixels > Image.MAX_IMAGE_PIXELS:
        raise UnsafeFileError(
            f"{path} is larger than pictures are: it has {pixels:,} pixels. If it is "
            f"yours, set PIL.Image.MAX_IMAGE_PIXELS = {pixels}."
        )


@open_to_old_code
def img_to_array(img: Image.Image | ArrayLike, dim_ordering: str = "default") -> Array:
    """Turns an image into an array.

    # Arguments
        img: a Pillow image, or an array of rank 2, or of rank 3 with channels last.
        dim_ordering: `"th"` for channels first, `"tf"` for channels last, `"default"`
            for `K.image_dim_ordering()`.

    # Returns
        Array of rank 3 and type `K.floatx()`, with the image's values: 0 to 255 for
        Pillow's.

    # Raises
        DataError: if `img` doesn't have two or three axes, or is a path.

    # Example
        ```python
        from oneiros.preprocessing.image import img_to_array
        from PIL import Image

        image = Image.new("RGB", (64, 32), "red")
        print(img_to_array(image, "tf").shape)  # (32, 64, 3)
        print(img_to_array(image, "th").shape)  # (3, 32, 64)
        print(img_to_array(image, "tf")[0, 0])  # [255.   0.   0.]
        ```
    """
    dim_ordering = chosen_ordering("img_to_array", dim_ordering)
    if isinstance(img, (str, os.PathLike)):
        raise DataError(
            f"img_to_array takes an image, and received its path: write img_to_array("
            f"load_img({os.fspath(img)!r}))."
        )
    x = np.asarray(img, dtype=K.floatx())
    if x.ndim == 2:
        x = x[:, :, np.newaxis]
    if x.ndim != 3:
        raise DataError(
            f"img_to_array received an image of shape {x.shape}. Expected one image, "
            "(rows, columns) or (rows, columns, channels)."
        )
    if dim_ordering == "th":
        return x.transpose(2, 0, 1)
    return x


@open_to_old_code
def array_to_img(
    x: ArrayLike, dim_ordering: str = "default", scale: bool = True
) -> Image.Image:
    """Turns an array into an image.

    # Arguments
        x: array of rank 3 with 1 or 3 channels.
        dim_ordering: as for `img_to_array`.
        scale: bool, whether to rescale the values: shift them to 0 and above if some
            are negative, then make the largest 255. Otherwise they must already lie
            between 0 and 255.

    # Returns
        A Pillow image, grayscale or RGB.

    # Raises
        DataError: if `x` has another rank or number of channels.

    # Example
        ```python
        import numpy as np
        from oneiros.preprocessing.image import array_to_img

        x = np.array([[[-1.0], [0.0], [1.0]]])  # one row of three grey pixels
        image = array_to_img(x, "tf")
        print(image.mode, image.size, np.asarray(image))
        # L (3, 1) [[  0 127 255]]
        ```
    """
    dim_ordering = chosen_ordering("array_to_img", dim_ordering)
    pixels = np.asarray(x, dtype=K.floatx())
    if pixels.ndim != 3:
        raise DataError(
            f"array_to_img received an array of shape {pixels.shape}. Expected one "
            "image, of rank 3; of a batch pass x[0]."
        )
    if dim_ordering == "th":
        pixels = pixels.transpose(1, 2, 0)
    channels = pixels.shape[2]
    if channels not in MODES:
        raise DataError(
            f"array_to_img received an image of {channels} channels (shape "
            f"{np.shape(x)}, dim_ordering={dim_ordering!r}). Expected 1 or 3; pass "
            "dim_ordering if they stand at the other place."
        )
    if scale:
        pixels = _spread(pixels)
    if channels == 1:
        pixels = pixels[:, :, 0]
    return Image.fromarray(pixels.astype("uint8"))


def _spread(pixels: Array) -> Array:
    """Rescales pixels so that they are at least 0 and the largest is 255."""
    if not pixels.size:
        return pixels
    moved = pixels + max(-np.min(pixels), 0)
    largest = np.max(moved)
    if largest != 0:
        moved = moved / largest
    return np.asarray(moved * 255)


def list_pictures(directory: FilePath, ext: str = "jpg|jpeg|bmp|png") -> list[str]:
    """Returns the sorted paths of the images in a folder and its subfolders.

    # Arguments
        directory: str or path.
        ext: str, file name extensions, separated by `|`.

    # Returns
        List of str; empty if the folder doesn't exist.

    # Example
        ```python
        from oneiros.preprocessing.image import list_pictures
        from PIL import Image

        Image.new("L", (2, 2)).save("b.png")
        Image.new("L", (2, 2)).save("a.jpg")
        print(list_pictures("."))  # ['./a.jpg', './b.png']
        ```
    """
    ending = re.compile(rf".+\.(?:{ext})$")
    return sorted(
        os.path.join(folder, name)
        for folder, _, names in os.walk(directory)
        for name in names
        if ending.match(name)
    )
