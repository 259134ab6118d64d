"""Layers that resize, crop, pad and vary images."""

import math
from collections.abc import Callable
from functools import partial
from typing import Any, Unpack

from oneiros import backend as K
from oneiros.arguments import check_choice, check_ints, is_int, label
from oneiros.errors import ShapeError
from oneiros.typing import Config, LayerOptions, Tensor

from oneiros_keras2.base import Keras2Layer
from oneiros_keras2.options import SpatialOptions
from oneiros_keras2.spatial import FORMATS, Sizes, SpatialLayer
from oneiros_keras2.tensors import floats, moved, numbers, sizes_of

Settings = dict[str, Any]
Weights = Callable[[Tensor], Tensor]
CELLS = 1024
"""The parts of a pixel in which TensorFlow's bicubic interpolation measures."""
TINY = 1e-12
"""What an angle differs from 0 by, whose sine is divided by it."""


def _near(distance: Tensor, limit: float) -> Tensor:
    """Returns 1 where a distance is below a limit, else 0."""
    size = K.abs(distance)
    return floats(K.lesser(size, limit))


def _nearest(distance: Tensor) -> Tensor:
    is_below = K.lesser(distance, 0.5)
    is_above = K.greater_equal(distance, -0.5)
    return floats(is_below) * floats(is_above)


def _linear(distance: Tensor) -> Tensor:
    return K.relu(1 - K.abs(distance))


def _cubic(b: float, c: float) -> Weights:
    """Returns a cubic of the family of Mitchell and Netravali: Reconstruction Filters
    in Computer Graphics, SIGGRAPH 1988."""

    def weights(distance: Tensor) -> Tensor:
        x = K.abs(distance)
        square = x * x
        inner = (2 - 1.5 * b - c) * x
        inner = inner + 2 * b + c - 3
        inner = inner * square + 1 - b / 3
        outer = 4 * (b / 3 + c)
        outer = outer - (2 * b + 8 * c) * x
        outer = outer + (b + 5 * c) * square
        cube = square * x
        outer = outer - (b / 6 + c) * cube
        is_inner = _near(x, 1.0)
        is_outer = _near(x, 2.0) - is_inner
        return is_inner * inner + is_outer * outer

    return weights


def _lanczos(radius: int) -> Weights:
    def weights(distance: Tensor) -> Tensor:
        angle = math.pi * distance + TINY
        sinc = K.sin(angle) / angle
        slow_angle = angle / radius
        slow_sinc = K.sin(slow_angle) / slow_angle
        return sinc * slow_sinc * _near(distance, float(radius))

    return weights


def _gaussian(distance: Tensor) -> Tensor:
    squares = K.square(distance)
    bell = K.exp(-2 * squares)
    return bell * _near(distance, 1.5)


WEIGHTS: dict[str, Weights] = {
    "nearest": _nearest,
    "bilinear": _linear,
    "bicubic": _cubic(0, 0.5),
    "mitchellcubic": _cubic(1 / 3, 1 / 3),
    "lanczos3": _lanczos(3),
    "lanczos5": _lanczos(5),
    "gaussian": _gaussian,
}
"""By the names of interpolations, how much a pixel counts at a distance."""


def resized(x: Tensor, sizes, interpolation: str) -> Tensor:
    """Returns images of other sizes.

    # Arguments
        x: tensor with the channels last.
        sizes: pair, rows and columns of the result, each an int or a scalar tensor.
        interpolation: str, one of `WEIGHTS`, or `"area"`.
    """
    x = moved(x, 3, 1)
    for size in reversed(sizes):
        *_, old_size = sizes_of(x)
        shares = _shares(old_size, size, interpolation)
        x = K.dot(x, shares)
        x = moved(x, 2, 3)
    return moved(x, 1, 3)


def _shares(size, new_size, interpolation: str) -> Tensor:
    """Returns how much each of `size` pixels counts in each of `new_size`."""
    ratio = _number(size) / _number(new_size)
    places = _numbered(new_size) * ratio - 0.5
    if interpolation == "bicubic":
        places = K.round(places * CELLS) / CELLS
    first_pixels = _numbered(size) - 0.5
    pixels = K.expand_dims(first_pixels, 1)
    distance = K.expand_dims(places, 0) - pixels
    if interpolation == "area":
        reach = (1 + ratio) / 2
        within = reach - K.abs(distance)
        covered = K.relu(within)
        shares = K.minimum(covered, ratio)
        shares = K.minimum(shares, 1.0)
    else:
        shares = WEIGHTS[interpolation](distance)
    total = K.sum(shares, axis=0, keepdims=True)
    return shares / total


def _number(size):
    if is_int(size):
        return float(size)
    return floats(size)


def _numbered(size) -> Tensor:
    """Returns 0.5, 1.5, …, a number for each of `size` pixels."""
    return floats(numbers(size)) + 0.5


class Keras2UpSampling2D(SpatialLayer):
    """UpSampling2D of Keras 2, which interpolates.

    # Example
        ```python
        from oneiros.layers import Keras2UpSampling2D
        from oneiros.models import Sequential

        layer = Keras2UpSampling2D(2, interpolation="bilinear", input_shape=(8, 8, 3))
        model = Sequential([layer])
        model.output_shape  # (None, 16, 16, 3)
        ```

    # Arguments
        size: int or pair of ints, the factors of rows and columns.
        data_format: `"channels_last"` or `"channels_first"`.
        interpolation: `"nearest"`, `"bilinear"`, `"bicubic"`, `"area"`, `"lanczos3"`,
            `"lanczos5"`, `"gaussian"` or `"mitchellcubic"`.

    # Input shape
        4D, `(samples, rows, columns, channels)`.

    # Output shape
        4D, `(samples, new_rows, new_columns, channels)`.
    """

    loadable = True

    size: Any

    def __init__(
        self,
        size: Sizes = 2,
        interpolation: str = "nearest",
        **kwargs: Unpack[SpatialOptions],
    ):
        super().__init__(**kwargs)
        self.set_arguments(size=size)
        self.interpolation = _checked(self, interpolation)

    def computed(self, x) -> Tensor:
        """Returns the enlarged images."""
        _, *sizes, _ = sizes_of(x)
        new_sizes = self.output_sizes(sizes)
        return resized(x, new_sizes, self.interpolation)

    def output_sizes(self, sizes) -> Tensor:
        """Returns rows and columns, enlarged."""
        enlarged = []
        for size, factor in zip(sizes, self.size):
            enlarged.append(None if size is None else size * factor)
        return enlarged


def _checked(layer: SpatialLayer, interpolation) -> str:
    choices = (*WEIGHTS, "area")
    return str(check_choice(layer, "interpolation", interpolation, choices))


class FixedSize(SpatialLayer):
    """Base of the layers whose output has a fixed size. Not a layer itself."""

    interpolation = "bilinear"
    height: int
    width: int

    def __init__(self, height: int, width: int, **kwargs: Unpack[SpatialOptions]):
        super().__init__(**kwargs)
        self.set_arguments(height=height, width=width)

    def computed(self, x):
        """Returns the images in the new size."""
        sizes = (self.height, self.width)
        return resized(x, sizes, self.interpolation)

    def in_proportion(self, x: Tensor) -> Tensor:
        """Returns the middle of images, with the new size's proportions."""
        rows, columns = self.sizes_of(x)
        fitting_rows = columns * self.height // self.width
        fitting_columns = rows * self.width // self.height
        kept_rows = min(rows, fitting_rows)
        kept_columns = min(columns, fitting_columns)
        return self.middle(x, kept_rows, kept_columns)

    def middle(self, x: Tensor, kept_rows: int, kept_columns: int) -> Tensor:
        """Returns so many rows and columns of the middle of images."""
        rows, columns = self.sizes_of(x)
        top = (rows - kept_rows) // 2
        left = (columns - kept_columns) // 2
        bottom = top + kept_rows
        right = left + kept_columns
        return x[:, top:bottom, left:right]

    def sizes_of(self, x: Tensor) -> tuple[int, int]:
        """Returns rows and columns of images.

        # Raises
            ShapeError: if they aren't known.
        """
        _, rows, columns, _ = K.int_shape(x)
        if rows is None or columns is None:
            raise ShapeError(
                f"{label(self)} crops images, whose rows and columns must be known. "
                "Pass them at the origin of the input, in input_shape."
            )
        return rows, columns

    def output_sizes(self, sizes):
        """Returns the new size."""
        return [self.height, self.width]


class Resizing(FixedSize):
    """Images of a fixed size, interpolated.

    # Example
        ```python
        from oneiros.layers import Resizing
        from oneiros.models import Sequential

        model = Sequential([Resizing(16, 16, input_shape=(None, None, 3))])
        model.output_shape  # (None, 16, 16, 3)
        ```

    # Arguments
        height, width: ints, rows and columns of the output.
        interpolation: str, as for `Keras2UpSampling2D`.
        crop_to_aspect_ratio: bool, whether to cut off borders instead of distorting.
        data_format: `"channels_last"` or `"channels_first"`.

    # Input shape
        4D, `(samples, rows, columns, channels)`.

    # Output shape
        4D, `(samples, height, width, channels)`.
    """

    loadable = True
    crop_to_aspect_ratio: bool

    def __init__(
        self,
        height: int,
        width: int,
        interpolation: str = "bilinear",
        crop_to_aspect_ratio: bool = False,
        **kwargs: Unpack[SpatialOptions],
    ):
        super().__init__(height, width, **kwargs)
        self.interpolation = _checked(self, interpolation)
        self.set_arguments(crop_to_aspect_ratio=crop_to_aspect_ratio)

    def computed(self, x) -> Tensor:
        """Returns the images in the new size."""
        if self.crop_to_aspect_ratio:
            x = self.in_proportion(x)
        return super().computed(x)


class CenterCrop(FixedSize):
    """The middle of images; smaller ones are enlarged.

    # Example
        ```python
        from oneiros.layers import CenterCrop
        from oneiros.models import Sequential

        model = Sequential([CenterCrop(8, 8, input_shape=(10, 12, 3))])
        model.output_shape  # (None, 8, 8, 3)
        ```

    # Arguments
        height, width: ints, rows and columns of the output.
        data_format: `"channels_last"` or `"channels_first"`.

    # Input shape
        4D, `(samples, rows, columns, channels)`.

    # Output shape
        4D, `(samples, height, width, channels)`.
    """

    loadable = True

    def computed(self, x) -> Tensor:
        """Returns the middle, or all, in the new size."""
        rows, columns = self.sizes_of(x)
        if rows >= self.height and columns >= self.width:
            return self.middle(x, self.height, self.width)
        return super().computed(self.in_proportion(x))


class RandomCrop(FixedSize):
    """The largest part of the middle that has the output's proportions, resized.

    In training, Keras cuts out a part at random; this layer doesn't.

    # Example
        ```python
        from oneiros.layers import RandomCrop
        from oneiros.models import Sequential

        model = Sequential([RandomCrop(8, 8, input_shape=(10, 12, 3))])
        model.output_shape  # (None, 8, 8, 3)
        ```

    # Arguments
        all: as for `CenterCrop`.

    # Input shape
        4D, `(samples, rows, columns, channels)`.

    # Output shape
        4D, `(samples, height, width, channels)`.
    """

    loadable = True

    def computed(self, x) -> Tensor:
        """Returns the middle in the new size."""
        return super().computed(self.in_proportion(x))


class Augmentation(Keras2Layer):
    """A layer of Keras that varies images in training; predictions don't change.

    `RandomFlip`, `RandomContrast` and `RandomBrightness` do so here, for each sample by
    itself. Other kinds change nothing.

    # Example
        ```python
        from oneiros.layers import Augmentation
        from oneiros.models import Sequential

        settings = {"mode": "horizontal"}
        layer = Augmentation("RandomFlip", settings, input_shape=(8, 8, 3))
        model = Sequential([layer])
        model.output_shape  # (None, 8, 8, 3)
        ```

    # Arguments
        kind: str, the layer's class in Keras, such as `"RandomRotation"`.
        settings: dict, its arguments there.

    # Input shape
        Any.

    # Output shape
        The same.
    """

    loadable = True
    conformance = {
        "arguments": {"kind": "RandomFlip"},
        "input_shape": (6, 5, 3),
        "tags": ("changes_mean",),
    }

    def __init__(
        self, kind: str, settings: Config | None = None, **kwargs: Unpack[LayerOptions]
    ):
        super().__init__(**kwargs)
        self.kind = kind
        self.settings = dict(settings or {})

    def call(self, x, mask=None) -> Tensor:
        """Returns `x`; in training, varied."""
        vary = VARIATIONS.get(self.kind)
        if vary is None:
            return x
        varied = vary(x, self.settings)
        return K.in_train_phase(varied, x)


def _drawn(x: Tensor, low: float, high: float) -> Tensor:
    """Returns a random number for each sample."""
    samples = K.shape(x)[0]
    shape = (samples, 1, 1, 1)
    return K.random_uniform(shape, low, high)


def _bounds(settings: Settings) -> tuple[float, float]:
    """Returns the bounds of what a layer draws."""
    factor = settings.get("factor", 0)
    if isinstance(factor, (list, tuple)):
        low, high = factor
        return low, high
    return -factor, factor


def _value_range(settings: Settings) -> tuple[float, float]:
    """Returns the least and the largest value of images."""
    return settings.get("value_range") or (0, 255)


def _first_axis(settings: Settings) -> int:
    """Returns the place of an image's rows among the axes."""
    is_first = settings.get("data_format") == FORMATS[1]
    return 2 if is_first else 1


def _flipped(x: Tensor, settings: Settings) -> Tensor:
    rows = _first_axis(settings)
    axes = {"horizontal": rows + 1, "vertical": rows}
    mode = settings.get("mode", "horizontal_and_vertical")
    for name, axis in axes.items():
        if name not in mode:
            continue
        drawn = _drawn(x, 0.0, 1.0)
        is_flipped = floats(K.lesser(drawn, 0.5))
        flipped = K.reverse(x, axis)
        x = x + is_flipped * (flipped - x)
    return x


def _contrasted(x: Tensor, settings: Settings) -> Tensor:
    rows = _first_axis(settings)
    axes = [rows, rows + 1]
    mean = K.mean(x, axis=axes, keepdims=True)
    low, high = _bounds(settings)
    least = 1 - abs(low)
    factor = _drawn(x, least, 1 + high)
    varied = (x - mean) * factor + mean
    return K.clip(varied, *_value_range(settings))


def _brightened(x: Tensor, settings: Settings) -> Tensor:
    darkest, lightest = _value_range(settings)
    low, high = _bounds(settings)
    width = lightest - darkest
    added = _drawn(x, low * width, high * width)
    return K.clip(x + added, darkest, lightest)


VARIATIONS: dict[str, Callable[[Tensor, Settings], Tensor]] = {
    "RandomFlip": _flipped,
    "RandomContrast": _contrasted,
    "RandomBrightness": _brightened,
}
"""What layers do in training."""


class Keras2ZeroPadding3D(SpatialLayer):
    """ZeroPadding3D of Keras 2, with a number of zeros for each side.

    # Example
        ```python
        from oneiros.layers import Keras2ZeroPadding3D
        from oneiros.models import Sequential

        padding = ((1, 0), (0, 2), (0, 0))
        model = Sequential([Keras2ZeroPadding3D(padding, input_shape=(4, 4, 4, 1))])
        model.output_shape  # (None, 5, 6, 4, 1)
        ```

    # Arguments
        padding: a pair of ints, before and after, for each axis.
        data_format: `"channels_last"` or `"channels_first"`.

    # Input shape
        5D, `(samples, d1, d2, d3, channels)`.

    # Output shape
        5D, with the zeros.
    """

    loadable = True
    conformance = {"arguments": {"padding": ((1, 0), (0, 2), (0, 0))}}
    rank = 3

    def __init__(self, padding: Any, **kwargs: Unpack[SpatialOptions]):
        super().__init__(**kwargs)
        self.padding = padding
        pairs = [padding] if self.rank == 1 else padding
        check = partial(check_ints, self, "padding", count=2, minimum=0)
        self.pairs = list(map(check, pairs))

    def computed(self, x) -> Tensor:
        """Pads both sides equally, then cuts off what is too much."""
        widths = []
        index = [slice(None)]
        for before, after in self.pairs:
            width = max(before, after)
            start = width - before
            end = after - width or None
            widths.append(width)
            index.append(slice(start, end))
        padded = K.spatial_3d_padding(x, tuple(widths), "tf")
        return padded[tuple(index)]

    def output_sizes(self, sizes) -> Tensor:
        """Returns the sizes with the zeros."""
        padded = []
        for size, pair in zip(sizes, self.pairs):
            added = sum(pair)
            padded.append(None if size is None else size + added)
        return padded


class Keras2ZeroPadding1D(Keras2ZeroPadding3D):
    """ZeroPadding1D of Keras 3, with channels in either place.

    # Example
        ```python
        from oneiros.layers import Keras2ZeroPadding1D
        from oneiros.models import Sequential

        layer = Keras2ZeroPadding1D(
            (1, 2), data_format="channels_first", input_shape=(3, 5)
        )
        model = Sequential([layer])
        model.output_shape  # (None, 3, 8)
        ```

    # Arguments
        padding: pair of ints, the zeros before and after.
        data_format: `"channels_last"` or `"channels_first"`.

    # Input shape
        3D, `(samples, steps, channels)`.

    # Output shape
        3D, with the zeros.
    """

    loadable = True
    conformance = {"arguments": {"padding": (1, 2)}, "tags": ("uses_masked_steps",)}
    rank = 1

    def computed(self, x) -> Tensor:
        """Returns `x` among zeros."""
        (pair,) = self.pairs
        return K.asymmetric_temporal_padding(x, *pair)
