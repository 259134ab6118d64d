"""Data augmentation: batches of randomly transformed images."""

import functools
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from oneiros import backend as K
from oneiros.arguments import open_to_old_code, refusal
from oneiros.errors import DataError
from oneiros.typing import Array
from scipy import linalg

from oneiros_preprocessing.image import transforms
from oneiros_preprocessing.image.files import FilePath
from oneiros_preprocessing.image.iterators import DirectoryIterator, NumpyArrayIterator
from oneiros_preprocessing.image.orderings import (
    BATCH_AXES,
    check_batch,
    chosen_ordering,
)

SMALLEST_STD = 1e-7
"""Added to divisors."""
SMALLEST_VARIANCE = 1e-6
"""Added to variances, some of which are 0."""
UNFITTED = (
    "This ImageDataGenerator has {option}=True, but wasn't fitted, and passes over it. "
    "Call .fit(x) with images to learn from first."
)


class ImageDataGenerator:
    """Transforms images at random and normalizes them.

    It rotates, shifts, shears and zooms each image in one step, then shifts its colours
    and flips it. Finally it applies `preprocessing_function`, rescales and normalizes.
    Random numbers come from NumPy's global generator, in the same order as in Keras 1,
    so the same seed produces the same images.

    # Arguments
        featurewise_center: bool, whether to subtract the mean, per channel, of the
            images that `fit` saw.
        samplewise_center: bool, whether to subtract the mean over the channels from
            each pixel.
        featurewise_std_normalization: bool, whether to divide by the standard
            deviation, per channel, of the images that `fit` saw.
        samplewise_std_normalization: bool, whether to divide each pixel by the standard
            deviation of its channels.
        zca_whitening: bool, whether to apply the ZCA whitening that `fit` learned.
        rotation_range: float, the largest angle to either side, in degrees.
        width_shift_range: float, the largest distance to either side, as a fraction of
            the width.
        height_shift_range: float, the same along the height.
        shear_range: float, the largest angle of shearing to either side, in radians.
        zoom_range: float `z` for factors from `1 - z` to `1 + z`, or two floats, the
            smallest and the largest factor. A factor below 1 zooms in.
        channel_shift_range: float, the largest number to add to a channel or subtract
            from it.
        fill_mode: `"constant"`, `"nearest"`, `"reflect"` or `"wrap"`: how to fill
            points outside the image.
        cval: float, the value for these points with `"constant"`.
        horizontal_flip: bool, whether to flip half of the images horizontally.
        vertical_flip: bool, whether to flip half of the images vertically.
        rescale: float, a factor for all values; None or 0 for no rescaling.
        preprocessing_function: function `f(image) -> image` of arrays of rank 3; it
            must keep the shape.
        dim_ordering: `"th"` for images `(channels, rows, columns)`, `"tf"` for `(rows,
            columns, channels)`, `"default"` for `K.image_dim_ordering()`.

    # Properties
        mean, std: array, the channels' statistics from `fit`.
        principal_components: array, the whitening matrix from `fit`.
        channel_axis, row_axis, col_axis: int, axes of a batch of images.

    # Raises
        ArgumentError: if `zoom_range` or `dim_ordering` is invalid.

    # Example
        ```python
        import numpy as np
        from oneiros.preprocessing.image import ImageDataGenerator

        images = np.random.random((100, 28, 28, 1))
        labels = np.arange(100) % 10
        generator = ImageDataGenerator(
            rotation_range=15, width_shift_range=0.1, dim_ordering="tf"
        )
        for x, y in generator.flow(images, labels, batch_size=32, seed=1):
            print(x.shape, y.shape)  # (32, 28, 28, 1) (32,)
            break
        ```
    """

    @open_to_old_code
    def __init__(
        self,
        featurewise_center: bool = False,
        samplewise_center: bool = False,
        featurewise_std_normalization: bool = False,
        samplewise_std_normalization: bool = False,
        zca_whitening: bool = False,
        rotation_range: float = 0.0,
        width_shift_range: float = 0.0,
        height_shift_range: float = 0.0,
        shear_range: float = 0.0,
        zoom_range: float | Sequence[float] = 0.0,
        channel_shift_range: float = 0.0,
        fill_mode: str = "nearest",
        cval: float = 0.0,
        horizontal_flip: bool = False,
        vertical_flip: bool = False,
        rescale: float | None = None,
        preprocessing_function: Callable[[Any], Any] | None = None,
        dim_ordering: str = "default",
    ):
        self.featurewise_center = featurewise_center
        self.samplewise_center = samplewise_center
        self.featurewise_std_normalization = featurewise_std_normalization
        self.samplewise_std_normalization = samplewise_std_normalization
        self.zca_whitening = zca_whitening
        self.rotation_range = rotation_range
        self.width_shift_range = width_shift_range
        self.height_shift_range = height_shift_range
        self.shear_range = shear_range
        self.zoom_range = _factors(zoom_range)
        self.channel_shift_range = channel_shift_range
        self.fill_mode = fill_mode
        self.cval = cval
        self.horizontal_flip = horizontal_flip
        self.vertical_flip = vertical_flip
        self.rescale = rescale
        self.preprocessing_function = preprocessing_function
        self.dim_ordering = chosen_ordering("ImageDataGenerator", dim_ordering)
        axes = BATCH_AXES[self.dim_ordering]
        self.channel_axis, self.row_axis, self.col_axis = axes
        self.mean: Any = None
        self.std: Any = None
        self.principal_components: Any = None

    @open_to_old_code
    def flow(
        self,
        X: ArrayLike,
        y: ArrayLike | list[Any] | None = None,
        batch_size: int = 32,
        shuffle: bool = True,
        seed: int | None = None,
        save_to_dir: FilePath | None = None,
        save_prefix: str = "",
        save_format: str = "jpeg",
    ) -> NumpyArrayIterator:
        """Returns an endless iterator over batches of transformed images.

        # Arguments
            X: array of rank 4, the images.
            y: array with one row of targets per image.
            batch_size: int, images per batch; the last batch of an epoch may be
                smaller.
            shuffle: bool, whether to shuffle the images.
            seed: int. Before each batch, NumPy's global generator is seeded with `seed`
                plus the number of batches so far. None doesn't seed it.
            save_to_dir: str or path of a folder to write the images to, created if
                needed; None writes no files.
            save_prefix: str, prefix of the file names.
            save_format: str, `"png"` or `"jpeg"`.

        # Returns
            `NumpyArrayIterator` over `(x, y)`, or over `x` without `y`.

        # Raises
            DataError: if `X` isn't a batch of images, or `y` has another length.
        """
        return NumpyArrayIterator(
            X,
            y,
            self,
            batch_size=batch_size,
            shuffle=shuffle,
            seed=seed,
            dim_ordering=self.dim_ordering,
            save_to_dir=save_to_dir,
            save_prefix=save_prefix,
            save_format=save_format,
        )

    @open_to_old_code
    def flow_from_directory(
        self,
        directory: FilePath,
        target_size: Sequence[int] = (256, 256),
        color_mode: str = "rgb",
        classes: Sequence[str] | None = None,
        class_mode: str | None = "categorical",
        batch_size: int = 32,
        shuffle: bool = True,
        seed: int | None = None,
        save_to_dir: FilePath | None = None,
        save_prefix: str = "",
        save_format: str = "jpeg",
        follow_links: bool = False,
    ) -> DirectoryIterator:
        """Returns an endless iterator over batches of transformed images from files.

        The folder contains one folder per class, with PNG, JPEG and BMP files in it or
        in its subfolders.

        # Arguments
            directory: str or path of the folder.
            target_size: `(height, width)` to resize images to.
            color_mode: `"rgb"` or `"grayscale"`: 3 channels or 1.
            classes: list of str, the class folders in the order of their numbers; None
                for all folders, sorted.
            class_mode: the form of the targets: `"categorical"` for one-hot rows,
                `"binary"` for class numbers as floats, `"sparse"` for class numbers,
                None for no targets.
            batch_size, shuffle, seed: as for `flow`.
            save_to_dir, save_prefix, save_format: as for `flow`.
            follow_links: bool, whether to follow links to folders inside the class
                folders.

        # Returns
            `DirectoryIterator` over `(x, y)`, or over `x` without targets.

        # Raises
            FileMissingError: if the folder doesn't exist.
            DataError: if the class folders contain no images.
        """
        return DirectoryIterator(
            directory,
            self,
            target_size=target_size,
            color_mode=color_mode,
            dim_ordering=self.dim_ordering,
            classes=classes,
            class_mode=class_mode,
            batch_size=batch_size,
            shuffle=shuffle,
            seed=seed,
            save_to_dir=save_to_dir,
            save_prefix=save_prefix,
            save_format=save_format,
            follow_links=follow_links,
        )

    def standardize(self, x) -> Array:
        """Normalizes an image or a batch of images.

        As in Keras 1, an array of floats may be changed in place.

        # Arguments
            x: array of rank 3, an image. A batch of rank 4 works, too, except for the
                samplewise options and whitening, which need a single image.

        # Returns
            Array of floats, of the same shape.
        """
        if self.preprocessing_function:
            x = self.preprocessing_function(x)
        image = _floats(x)
        if self.rescale:
            image *= self.rescale
        channels = self.channel_axis - 1
        if self.samplewise_center:
            image -= np.mean(image, axis=channels, keepdims=True)
        if self.samplewise_std_normalization:
            image /= np.std(image, axis=channels, keepdims=True) + SMALLEST_STD
        if self.featurewise_center and _is_fitted("featurewise_center", self.mean):
            image -= self.mean
        option = "featurewise_std_normalization"
        if self.featurewise_std_normalization and _is_fitted(option, self.std):
            image /= self.std + SMALLEST_STD
        if self.zca_whitening and _is_fitted(
            "zca_whitening", self.principal_components
        ):
            flat = image.reshape(-1) @ self.principal_components
            return np.asarray(flat.reshape(image.shape))
        return image

    def random_transform(self, x) -> Array:
        """Transforms an image at random.

        # Arguments
            x: array of rank 3, the image.

        # Returns
            Array of the image's shape and type.
        """
        axes = BATCH_AXES[self.dim_ordering].of_one_image()
        image = self._warped(x)
        if self.channel_shift_range:
            image = transforms.random_channel_shift(
                image, self.channel_shift_range, axes.channel
            )
        if self.horizontal_flip and np.random.random() < 0.5:
            image = transforms.flip_axis(image, axes.col)
        if self.vertical_flip and np.random.random() < 0.5:
            image = transforms.flip_axis(image, axes.row)
        return image

    def _warped(self, x) -> Array:
        """Rotates, shifts, shears and zooms an image at random."""
        axes = BATCH_AXES[self.dim_ordering].of_one_image()
        image = transforms.check_image(x)
        steps = self._drawn_steps(image.shape[axes.row], image.shape[axes.col])
        if not steps:
            return image.copy()
        matrix = transforms.about_centre(
            functools.reduce(np.matmul, steps), image, axes.row, axes.col
        )
        return transforms.apply_transform(
            image, matrix, axes.channel, self.fill_mode, self.cval
        )

    def _drawn_steps(self, height: int, width: int) -> list[Array]:
        """Draws the matrices of the options in use, in this order."""
        steps = []
        if self.rotation_range:
            steps.append(transforms.draw_rotation(self.rotation_range))
        if self.height_shift_range or self.width_shift_range:
            rows = _drawn_shift(self.height_shift_range, height)
            cols = _drawn_shift(self.width_shift_range, width)
            steps.append(transforms.shift_matrix(rows, cols))
        if self.shear_range:
            steps.append(transforms.draw_shear(self.shear_range))
        if tuple(self.zoom_range) != (1, 1):
            steps.append(transforms.draw_zoom(self.zoom_range))
        return steps

    @open_to_old_code
    def fit(
        self,
        x: ArrayLike,
        augment: bool = False,
        rounds: int = 1,
        seed: int | None = None,
    ) -> None:
        """Computes the statistics for featurewise normalization and whitening.

        # Arguments
            x: array of rank 4, images.
            augment: bool, whether to compute them from randomly transformed images.
            rounds: int, how often to transform each image with `augment`.
            seed: int, seeds NumPy's global generator first; None doesn't seed it.

        # Raises
            DataError: if `x` isn't a batch of images or is empty.
        """
        images = check_batch("ImageDataGenerator.fit", "x", x, self.dim_ordering)
        if not len(images):
            raise DataError("ImageDataGenerator.fit received no images to learn from.")
        if seed is not None:
            np.random.seed(seed)
        images = np.array(images, dtype=K.floatx())
        if augment:
            repeated = [image for _ in range(rounds) for image in images]
            images = np.stack(list(map(self.random_transform, repeated)))
        pixels = (0, self.row_axis, self.col_axis)
        if self.featurewise_center:
            self.mean = np.mean(images, axis=pixels, keepdims=True)[0]
            images -= self.mean
        if self.featurewise_std_normalization:
            self.std = np.std(images, axis=pixels, keepdims=True)[0]
            images /= self.std + K.epsilon()
        if self.zca_whitening:
            self.principal_components = _whitening_matrix(images)


def _factors(zoom_range) -> list[Any]:
    """Returns the smallest and the largest zoom factor."""
    numbers = np.asarray(zoom_range)
    if numbers.dtype.kind in "iuf" and numbers.shape == ():
        return [1 - zoom_range, 1 + zoom_range]
    if numbers.dtype.kind in "iuf" and numbers.shape == (2,):
        return [zoom_range[0], zoom_range[1]]
    expected = "a number, or two for the smallest and the largest factor"
    raise refusal("ImageDataGenerator", "zoom_range", zoom_range, expected)


def _drawn_shift(fraction: float, size: int) -> float:
    """Draws a distance in pixels; for an option that isn't in use it is 0."""
    if not fraction:
        return 0.0
    return transforms.draw_shift(fraction, size)


def _floats(x) -> Array:
    """Returns an array of floats: the same array if it already contains floats."""
    array = np.asarray(x)
    return array if array.dtype.kind == "f" else array.astype(K.floatx())


def _is_fitted(option: str, learned) -> bool:
    """Returns whether `fit` has learned what an option needs, and warns if not."""
    if learned is None:
        warnings.warn(UNFITTED.format(option=option), stacklevel=3)
    return learned is not None


def _whitening_matrix(images: Array) -> Array:
    """Returns the symmetric matrix that decorrelates the pixels of flattened images.

    # References
        - [Learning Multiple Layers of Features from Tiny
          Images](https://www.cs.toronto.edu/~kriz/learning-features-2009-TR.pdf)
    """
    flat = images.reshape(len(images), -1)
    covariance = flat.T @ flat / len(flat)
    directions, variances, _ = linalg.svd(covariance)
    scales = 1 / np.sqrt(variances + SMALLEST_VARIANCE)
    return np.asarray(directions * scales @ directions.T)
