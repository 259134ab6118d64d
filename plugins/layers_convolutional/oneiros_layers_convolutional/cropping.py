"""Cropping1D, 2D and 3D: cut off the borders."""

from oneiros import backend as K
from oneiros.arguments import check_ints, label
from oneiros.engine.node import Shape
from oneiros.errors import ArgumentError, ShapeError
from oneiros_layers_core.spatial import AXES, Sizes, axis_names, check_dim_ordering

from oneiros_layers_convolutional.resizing import ResizingLayer

Pairs = tuple[Sizes, ...]


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

    def __init__(self, cropping=(1, 1), **kwargs):
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
        dim_ordering: `"tf"`, `"th"`, or `"default"`, the value of
            `K.image_dim_ordering()`.

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
        self, cropping=((0, 0), (0, 0)), dim_ordering: str = "default", **kwargs
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
        dim_ordering: `"tf"`, `"th"`, or `"default"`, the value of
            `K.image_dim_ordering()`.

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
        self, cropping=((1, 1), (1, 1), (1, 1)), dim_ordering: str = "default", **kwargs
    ):
        super().__init__(**kwargs)
        self.cropping = self._pairs = self._checked_pairs(cropping)
        self.dim_ordering = check_dim_ordering(self, dim_ordering)
