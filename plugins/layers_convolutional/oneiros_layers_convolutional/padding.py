"""ZeroPadding1D, 2D and 3D: zeros around sequences, images and volumes."""

from oneiros import backend as K
from oneiros.arguments import check_ints, is_int, label
from oneiros.engine.layer import Layer
from oneiros.errors import ArgumentError
from oneiros_layers_core.spatial import Sizes, check_dim_ordering

from oneiros_layers_convolutional.resizing import ResizingLayer


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

    def __init__(self, padding=1, **kwargs):
        super().__init__(**kwargs)
        self.padding = padding
        widths = (padding, padding) if is_int(padding) else padding
        widths = _checked_widths(self, widths, ("left_pad", "right_pad"))
        self.left_pad, self.right_pad = widths
        self._widths = (widths,)

    def call(self, x, mask=None):
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
        dim_ordering: `"tf"`, `"th"`, or `"default"`, the value of
            `K.image_dim_ordering()`.

    # Input shape
        4D, `(samples, rows, columns, channels)` for `"tf"`,
        `(samples, channels, rows, columns)` for `"th"`.

    # Output shape
        4D, in the same order, with the rows and columns of zeros added.
    """

    loadable = True
    _rank = 2

    def __init__(self, padding=(1, 1), dim_ordering: str = "default", **kwargs):
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

    def call(self, x, mask=None):
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
        dim_ordering: `"tf"`, `"th"`, or `"default"`, the value of
            `K.image_dim_ordering()`.

    # Input shape
        5D, `(samples, d1, d2, d3, channels)` for `"tf"`,
        `(samples, channels, d1, d2, d3)` for `"th"`.

    # Output shape
        5D, in the same order, with the zeros added.
    """

    loadable = True
    _rank = 3

    def __init__(self, padding=(1, 1, 1), dim_ordering: str = "default", **kwargs):
        super().__init__(**kwargs)
        self.padding = check_ints(self, "padding", padding, 3, 0)
        self._widths = tuple((width, width) for width in self.padding)
        self.dim_ordering = check_dim_ordering(self, dim_ordering)

    def call(self, x, mask=None):
        """Returns `x` within zeros."""
        return K.spatial_3d_padding(
            x, padding=self.padding, dim_ordering=self.dim_ordering
        )
