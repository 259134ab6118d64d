"""Cropping, zero padding and upsampling: layers that only change the sizes of their
input."""

from collections.abc import Sequence
from typing import Unpack

from oneiros import backend as K
from oneiros.arguments import check_int, check_ints, is_int, label
from oneiros.engine.layer import InputSpec, Layer
from oneiros.errors import ArgumentError, ShapeError
from oneiros.typing import LayerOptions, Shape, Tensor
from oneiros_layers_core.spatial import (
    AXES,
    Sizes,
    axis_names,
    check_dim_ordering,
    spatial_sizes,
    with_sizes,
)

Pairs = tuple[Sizes, ...]


class ResizingLayer(Layer):
    """Base of cropping, padding and upsampling. Not a layer itself.

    A subclass says in `_resized` what becomes of a size along an axis.
    """

    dim_ordering: str = "tf"
    _rank: int

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.input_spec = [InputSpec(ndim=self._rank + 2)]

    def _resized(self, size: int, axis: int) -> int:
        raise NotImplementedError

    def get_output_shape_for(self, input_shape: Shape) -> Shape:
        """Returns the input's shape with its new sizes, if they are known."""
        sizes = spatial_sizes(self, input_shape, self._rank, self.dim_ordering)
        resized: list[int | None] = []
        for axis, size in enumerate(sizes):
            resized.append(None if size is None else self._resized(size, axis))
        return with_sizes(input_shape, tuple(resized), self.dim_ordering)


class _Cropping(ResizingLayer):
    """Base class of the croppings.

    `_pairs` holds the amounts to cut before and after, for each spatial axis.
    """

    checks_sizes = True
    _pairs: Pairs

    def _checked_pairs(self, cropping) -> Pairs:
        try:
            pairs = tuple(check_ints(self, "cropping", pair, 2, 0) for pair in cropping)
        except (TypeError, ArgumentError):
            pairs = ()
        if len(pairs) != self._rank:
            axes = ", ".join(AXES[self._rank])
            example = ((1, 1),) * self._rank
            raise ArgumentError(
                f"{label(self)} received cropping={cropping!r}. Expected a pair "
                f"(before, after) of integers of at least 0 for each of {axes}, "
                f"such as {example}."
            )
        return pairs

    def assert_input_compatibility(self, input) -> None:
        """Checks the rank, and that the cropping isn't larger than the input."""
        super().assert_input_compatibility(input)
        self.get_output_shape_for(K.int_shape(input))

    def _resized(self, size: int, axis: int) -> int:
        return size - sum(self._pairs[axis])

    def get_output_shape_for(self, input_shape: Shape) -> Shape:
        """Returns the cropped shape of the input."""
        shape = super().get_output_shape_for(input_shape)
        if any(size is not None and size < 0 for size in shape):
            raise ShapeError(
                f"{label(self)} received an input of shape {tuple(input_shape)}, read "
                f"as {axis_names(self._rank, self.dim_ordering)}; "
                f"cropping={self._pairs} leaves nothing of its "
                f"{', '.join(AXES[self._rank])}. Crop less, or give it a larger input."
            )
        return shape

    def call(self, x, mask=None):
        """Returns the cropped `x`."""
        whole = slice(None)
        cuts = tuple(slice(before, -after or None) for before, after in self._pairs)
        if self.dim_ordering == "tf":
            return x[(whole, *cuts)]
        return x[(whole, whole, *cuts)]


class Cropping1D(_Cropping):
    """Cuts steps off both ends of a sequence.

    # Example
        ```python
        from oneiros.layers import Cropping1D
        from oneiros.models import Sequential

        model = Sequential([Cropping1D((1, 2), input_shape=(10, 3))])
        model.output_shape  # (None, 7, 3)
        ```

    # Arguments
        cropping: pair of ints, the numbers of steps to cut off at the start and at the
            end.

    # Input shape
        3D, `(samples, steps, features)`.

    # Output shape
        3D, `(samples, steps - start - end, features)`, possibly with no steps.

    # Raises
        ShapeError: if the cropping is larger than the input.
    """

    loadable = True
    _rank = 1

    def __init__(
        self, cropping: Sequence[int] = (1, 1), **kwargs: Unpack[LayerOptions]
    ):
        super().__init__(**kwargs)
        self.cropping = check_ints(self, "cropping", cropping, 2, 0)
        self._pairs = self._checked_pairs([self.cropping])


class Cropping2D(_Cropping):
    """Cuts rows and columns off the borders of images.

    # Example
        ```python
        from oneiros.layers import Cropping2D
        from oneiros.models import Sequential

        layer = Cropping2D(((2, 2), (4, 4)), dim_ordering="tf", input_shape=(28, 28, 3))
        model = Sequential([layer])
        model.output_shape  # (None, 24, 20, 3)
        ```

    # Arguments
        cropping: two pairs of ints, `((top, bottom), (left, right))`.
        dim_ordering: `"tf"`, `"th"`, or `"default"`: `K.image_dim_ordering()`.

    # Input shape
        4D, `(samples, rows, columns, channels)` for `"tf"`,
        `(samples, channels, rows, columns)` for `"th"`.

    # Output shape
        4D, in the same order, with the remaining rows and columns, possibly none.

    # Raises
        ShapeError: if the cropping is larger than the input.
    """

    loadable = True
    _rank = 2

    def __init__(
        self,
        cropping: Sequence[Sequence[int]] = ((0, 0), (0, 0)),
        dim_ordering: str = "default",
        **kwargs: Unpack[LayerOptions],
    ):
        super().__init__(**kwargs)
        self.cropping = self._pairs = self._checked_pairs(cropping)
        self.dim_ordering = check_dim_ordering(self, dim_ordering)


class Cropping3D(_Cropping):
    """Cuts off the borders of volumes.

    # Example
        ```python
        from oneiros.layers import Cropping3D
        from oneiros.models import Sequential

        cropping = ((1, 1), (2, 2), (0, 3))
        layer = Cropping3D(cropping, dim_ordering="th", input_shape=(1, 8, 8, 8))
        model = Sequential([layer])
        model.output_shape  # (None, 1, 6, 4, 5)
        ```

    # Arguments
        cropping: three pairs of ints, the amounts to cut off at the start and the end
            of each axis.
        dim_ordering: `"tf"`, `"th"`, or `"default"`: `K.image_dim_ordering()`.

    # Input shape
        5D, `(samples, d1, d2, d3, channels)` for `"tf"`,
        `(samples, channels, d1, d2, d3)` for `"th"`.

    # Output shape
        5D, in the same order, with the remaining sizes, possibly zero.

    # Raises
        ShapeError: if the cropping is larger than the input.
    """

    loadable = True
    _rank = 3

    def __init__(
        self,
        cropping: Sequence[Sequence[int]] = ((1, 1), (1, 1), (1, 1)),
        dim_ordering: str = "default",
        **kwargs: Unpack[LayerOptions],
    ):
        super().__init__(**kwargs)
        self.cropping = self._pairs = self._checked_pairs(cropping)
        self.dim_ordering = check_dim_ordering(self, dim_ordering)


def _checked_widths(layer: Layer, padding, sides: tuple[str, ...]) -> Sizes:
    """Returns the zeros on each side, from a dict or from a number for each."""
    if not isinstance(padding, dict):
        return check_ints(layer, "padding", padding, len(sides), 0)
    if not padding.keys() <= set(sides):
        raise ArgumentError(
            f"{label(layer)} received padding={padding!r}. The valid keys are "
            f"{', '.join(sides)}."
        )
    widths = [padding.get(side, 0) for side in sides]
    return check_ints(layer, "padding", widths, len(sides), 0)


class _ZeroPadding(ResizingLayer):
    """Base class of the zero paddings.

    `_widths` holds the zeros before and after, for each spatial axis.
    """

    _widths: tuple[Sizes, ...]

    def _resized(self, size: int, axis: int) -> int:
        return size + sum(self._widths[axis])


class ZeroPadding1D(_ZeroPadding):
    """Adds zeros before and after the steps of a sequence.

    # Example
        ```python
        from oneiros.layers import ZeroPadding1D
        from oneiros.models import Sequential

        model = Sequential()
        model.add(ZeroPadding1D(2, input_shape=(10, 3)))
        model.add(ZeroPadding1D({"left_pad": 1}))
        model.output_shape  # (None, 15, 3)
        ```

    # Arguments
        padding: int, the number of zeros on both sides; a pair of ints, `(left,
            right)`; or a dict with `left_pad` and `right_pad`, both 0 by default.

    # Input shape
        3D, `(samples, steps, features)`.

    # Output shape
        3D, `(samples, left + steps + right, features)`.
    """

    loadable = True
    _rank = 1

    def __init__(
        self,
        padding: int | Sequence[int] | dict[str, int] = 1,
        **kwargs: Unpack[LayerOptions],
    ):
        super().__init__(**kwargs)
        self.padding = padding
        widths = (padding, padding) if is_int(padding) else padding
        widths = _checked_widths(self, widths, ("left_pad", "right_pad"))
        self.left_pad, self.right_pad = widths
        self._widths = (widths,)

    def call(self, x, mask=None) -> Tensor:
        """Returns `x` between zeros."""
        return K.asymmetric_temporal_padding(
            x, left_pad=self.left_pad, right_pad=self.right_pad
        )


class ZeroPadding2D(_ZeroPadding):
    """Adds rows and columns of zeros around images.

    # Example
        ```python
        from oneiros.layers import ZeroPadding2D
        from oneiros.models import Sequential

        layer = ZeroPadding2D((1, 2), dim_ordering="tf", input_shape=(8, 8, 3))
        model = Sequential([layer])
        model.output_shape  # (None, 10, 12, 3)
        ```

    # Arguments
        padding: pair of ints, rows above and below, columns left and right; four ints,
            `(top, bottom, left, right)`; or a dict with `top_pad`, `bottom_pad`,
            `left_pad` and `right_pad`, all 0 by default.
        dim_ordering: `"tf"`, `"th"`, or `"default"`: `K.image_dim_ordering()`.

    # Input shape
        4D, `(samples, rows, columns, channels)` for `"tf"`,
        `(samples, channels, rows, columns)` for `"th"`.

    # Output shape
        4D, in the same order, with the rows and columns of zeros added.
    """

    loadable = True
    _rank = 2

    def __init__(
        self,
        padding: Sequence[int] | dict[str, int] = (1, 1),
        dim_ordering: str = "default",
        **kwargs: Unpack[LayerOptions],
    ):
        super().__init__(**kwargs)
        self.padding = padding
        is_by_side = hasattr(padding, "__len__") and len(padding) == 4
        if is_by_side or isinstance(padding, dict):
            sides = ("top_pad", "bottom_pad", "left_pad", "right_pad")
            widths = _checked_widths(self, padding, sides)
        else:
            rows, columns = check_ints(self, "padding", padding, 2, 0)
            widths = (rows, rows, columns, columns)
        self.top_pad, self.bottom_pad, self.left_pad, self.right_pad = widths
        self._widths = (widths[:2], widths[2:])
        self.dim_ordering = check_dim_ordering(self, dim_ordering)

    def call(self, x, mask=None) -> Tensor:
        """Returns `x` within zeros."""
        return K.asymmetric_spatial_2d_padding(
            x,
            top_pad=self.top_pad,
            bottom_pad=self.bottom_pad,
            left_pad=self.left_pad,
            right_pad=self.right_pad,
            dim_ordering=self.dim_ordering,
        )


class ZeroPadding3D(_ZeroPadding):
    """Adds zeros around volumes.

    # Example
        ```python
        from oneiros.layers import ZeroPadding3D
        from oneiros.models import Sequential

        layer = ZeroPadding3D((1, 1, 2), dim_ordering="tf", input_shape=(4, 4, 4, 1))
        model = Sequential([layer])
        model.output_shape  # (None, 6, 6, 8, 1)
        ```

    # Arguments
        padding: three ints, the number of zeros on both sides along each axis.
        dim_ordering: `"tf"`, `"th"`, or `"default"`: `K.image_dim_ordering()`.

    # Input shape
        5D, `(samples, d1, d2, d3, channels)` for `"tf"`,
        `(samples, channels, d1, d2, d3)` for `"th"`.

    # Output shape
        5D, in the same order, with the zeros added.
    """

    loadable = True
    _rank = 3

    def __init__(
        self,
        padding: Sequence[int] = (1, 1, 1),
        dim_ordering: str = "default",
        **kwargs: Unpack[LayerOptions],
    ):
        super().__init__(**kwargs)
        self.padding = check_ints(self, "padding", padding, 3, 0)
        self._widths = tuple((width, width) for width in self.padding)
        self.dim_ordering = check_dim_ordering(self, dim_ordering)

    def call(self, x, mask=None) -> Tensor:
        """Returns `x` within zeros."""
        return K.spatial_3d_padding(
            x, padding=self.padding, dim_ordering=self.dim_ordering
        )


class UpSampling1D(ResizingLayer):
    """Repeats each step of a sequence `length` times.

    # Example
        ```python
        from oneiros.layers import UpSampling1D
        from oneiros.models import Sequential

        model = Sequential([UpSampling1D(2, input_shape=(6, 3))])
        model.output_shape  # (None, 12, 3)
        ```

    # Arguments
        length: int, how many times each step appears.

    # Input shape
        3D, `(samples, steps, features)`.

    # Output shape
        3D, `(samples, length * steps, features)`.
    """

    loadable = True
    _rank = 1

    def __init__(self, length: int = 2, **kwargs: Unpack[LayerOptions]):
        super().__init__(**kwargs)
        self.length = check_int(self, "length", length)

    def _resized(self, size: int, axis: int) -> int:
        return size * self.length

    def call(self, x, mask=None) -> Tensor:
        """Returns `x` with each step repeated."""
        return K.repeat_elements(x, self.length, axis=1)


class _UpSampling(ResizingLayer):
    """Base class of UpSampling2D and UpSampling3D."""

    def __init__(self, *, size: Sequence[int], dim_ordering: str, **kwargs):
        super().__init__(**kwargs)
        self.size = check_ints(self, "size", size, self._rank)
        self.dim_ordering = check_dim_ordering(self, dim_ordering)

    def _resized(self, size: int, axis: int) -> int:
        return size * self.size[axis]


class UpSampling2D(_UpSampling):
    """Repeats the rows and columns of images.

    # Example
        ```python
        from oneiros.layers import UpSampling2D
        from oneiros.models import Sequential

        layer = UpSampling2D((2, 3), dim_ordering="tf", input_shape=(8, 8, 3))
        model = Sequential([layer])
        model.output_shape  # (None, 16, 24, 3)
        ```

    # Arguments
        size: pair of ints, how many times each row and each column appears.
        dim_ordering: `"tf"`, `"th"`, or `"default"`: `K.image_dim_ordering()`.

    # Input shape
        4D, `(samples, rows, columns, channels)` for `"tf"`,
        `(samples, channels, rows, columns)` for `"th"`.

    # Output shape
        4D, in the same order, with `size` times as many rows and columns.
    """

    loadable = True
    _rank = 2

    def __init__(
        self,
        size: Sequence[int] = (2, 2),
        dim_ordering: str = "default",
        **kwargs: Unpack[LayerOptions],
    ):
        super().__init__(size=size, dim_ordering=dim_ordering, **kwargs)

    def call(self, x, mask=None) -> Tensor:
        """Returns `x` with rows and columns repeated."""
        return K.resize_images(x, *self.size, self.dim_ordering)


class UpSampling3D(_UpSampling):
    """Repeats the values of volumes along their three axes.

    # Example
        ```python
        from oneiros.layers import UpSampling3D
        from oneiros.models import Sequential

        layer = UpSampling3D((2, 2, 2), dim_ordering="th", input_shape=(3, 4, 4, 4))
        model = Sequential([layer])
        model.output_shape  # (None, 3, 8, 8, 8)
        ```

    # Arguments
        size: three ints, how many times each value appears along each axis.
        dim_ordering: `"tf"`, `"th"`, or `"default"`: `K.image_dim_ordering()`.

    # Input shape
        5D, `(samples, d1, d2, d3, channels)` for `"tf"`,
        `(samples, channels, d1, d2, d3)` for `"th"`.

    # Output shape
        5D, in the same order, with the three sizes multiplied by `size`.
    """

    loadable = True
    _rank = 3

    def __init__(
        self,
        size: Sequence[int] = (2, 2, 2),
        dim_ordering: str = "default",
        **kwargs: Unpack[LayerOptions],
    ):
        super().__init__(size=size, dim_ordering=dim_ordering, **kwargs)

    def call(self, x, mask=None) -> Tensor:
        """Returns `x` with its values repeated."""
        return K.resize_volumes(x, *self.size, self.dim_ordering)
