"""Pooling over windows of sequences, images and volumes."""

from collections.abc import Sequence
from typing import Unpack

from oneiros import backend as K
from oneiros.arguments import check_choice, check_int, check_ints
from oneiros.engine.layer import InputSpec, Layer
from oneiros.typing import LayerOptions, Shape, Tensor
from oneiros_layers_core.spatial import (
    Sizes,
    check_dim_ordering,
    windowed_sizes,
    with_sizes,
)


class WindowPooling(Layer):
    """Base of pooling over windows. Not a layer itself.

    A subclass defines the window's movement in `_window` and `_strides`, and says in
    `_pool_mode`, `"max"` or `"avg"`, what to take of a window.

    # Arguments
        border_mode: as for `MaxPooling2D`.
    """

    checks_sizes = True
    dim_ordering: str = "tf"
    _pool_mode: str
    _rank: int

    def __init__(self, *, border_mode: str, **kwargs):
        super().__init__(**kwargs)
        modes = ("valid", "same")
        self.border_mode = check_choice(self, "border_mode", border_mode, modes)
        self.input_spec = [InputSpec(ndim=self._rank + 2)]

    @property
    def _window(self) -> Sizes:
        raise NotImplementedError

    @property
    def _strides(self) -> Sizes:
        raise NotImplementedError

    def assert_input_compatibility(self, input) -> None:
        """Checks the rank, and that a window fits."""
        super().assert_input_compatibility(input)
        self.get_output_shape_for(K.int_shape(input))

    def get_output_shape_for(self, input_shape: Shape) -> Shape:
        """Returns the input's shape with one position per window."""
        sizes = windowed_sizes(
            self,
            input_shape,
            self.dim_ordering,
            window=self._window,
            border_mode=self.border_mode,
            strides=self._strides,
        )
        return with_sizes(input_shape, sizes, self.dim_ordering)

    def _pooling_function(
        self,
        inputs,
        pool_size: Sizes,
        strides: Sizes,
        border_mode: str,
        dim_ordering: str,
    ):
        """Returns a value for each window of `inputs`, images or volumes."""
        pool = K.pool3d if len(pool_size) == 3 else K.pool2d
        return pool(
            inputs,
            pool_size,
            strides,
            border_mode,
            dim_ordering,
            pool_mode=self._pool_mode,
        )


class ImagePooling(WindowPooling):
    """Base of pooling over images and volumes. Not a layer itself.

    # Arguments
        all: as for `MaxPooling2D`.
    """

    def __init__(
        self,
        *,
        pool_size: Sequence[int],
        strides: Sequence[int] | None,
        dim_ordering: str,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.pool_size = check_ints(self, "pool_size", pool_size, self._rank)
        self.strides = self.pool_size
        if strides is not None:
            self.strides = check_ints(self, "strides", strides, self._rank)
        self.dim_ordering = check_dim_ordering(self, dim_ordering)

    @property
    def _window(self) -> Sizes:
        return self.pool_size

    @property
    def _strides(self) -> Sizes:
        return self.strides

    def call(self, x, mask=None):
        """Returns a value for each window."""
        return self._pooling_function(
            inputs=x,
            pool_size=self.pool_size,
            strides=self.strides,
            border_mode=self.border_mode,
            dim_ordering=self.dim_ordering,
        )


class _Pooling1D(WindowPooling):
    """Base class of MaxPooling1D and AveragePooling1D.

    A subclass sets `_pool_mode`, or defines `_pooling_function`.
    """

    _rank = 1

    def __init__(
        self,
        pool_length: int = 2,
        stride: int | None = None,
        border_mode: str = "valid",
        **kwargs: Unpack[LayerOptions],
    ):
        super().__init__(border_mode=border_mode, **kwargs)
        self.pool_length = check_int(self, "pool_length", pool_length)
        self.stride = self.pool_length
        if stride is not None:
            self.stride = check_int(self, "stride", stride)
        self.pool_size = (self.pool_length, 1)
        self.st = (self.stride, 1)

    @property
    def _window(self) -> Sizes:
        return (self.pool_length,)

    @property
    def _strides(self) -> Sizes:
        return (self.stride,)

    def call(self, x, mask=None) -> Tensor:
        """Returns a value for each window of `x` as an image one pixel wide."""
        pooled = self._pooling_function(
            inputs=K.expand_dims(x, 2),
            pool_size=self.pool_size,
            strides=self.st,
            border_mode=self.border_mode,
            dim_ordering="tf",
        )
        return K.squeeze(pooled, 2)


class MaxPooling1D(_Pooling1D):
    """Largest value in windows along a sequence.

    # Example
        ```python
        from oneiros.layers import MaxPooling1D
        from oneiros.models import Sequential

        model = Sequential([MaxPooling1D(2, input_shape=(10, 3))])
        model.output_shape  # (None, 5, 3)
        ```

    # Arguments
        pool_length: int, number of steps in a window.
        stride: int, steps from one window to the next; None for `pool_length`.
        border_mode: `"valid"`, or `"same"`, also windows over the ends.

    # Input shape
        3D, `(samples, steps, features)`.

    # Output shape
        3D, `(samples, windows, features)`.

    # Raises
        ShapeError: if the input is shorter than a window.
    """

    loadable = True
    _pool_mode = "max"


class AveragePooling1D(_Pooling1D):
    """Average over windows along a sequence.

    # Example
        ```python
        from oneiros.layers import AveragePooling1D
        from oneiros.models import Sequential

        layer = AveragePooling1D(3, stride=1, border_mode="same", input_shape=(10, 3))
        model = Sequential([layer])
        model.output_shape  # (None, 10, 3)
        ```

    # Arguments
        all: as for `MaxPooling1D`.

    # Input shape
        3D, `(samples, steps, features)`.

    # Output shape
        3D, `(samples, windows, features)`.

    # Raises
        ShapeError: if the input is shorter than a window.
    """

    loadable = True
    _pool_mode = "avg"


class _Pooling2D(ImagePooling):
    """Base class of MaxPooling2D and AveragePooling2D.

    A subclass sets `_pool_mode`, or defines `_pooling_function`.
    """

    _rank = 2

    def __init__(
        self,
        pool_size: Sequence[int] = (2, 2),
        strides: Sequence[int] | None = None,
        border_mode: str = "valid",
        dim_ordering: str = "default",
        **kwargs: Unpack[LayerOptions],
    ):
        super().__init__(
            pool_size=pool_size,
            strides=strides,
            border_mode=border_mode,
            dim_ordering=dim_ordering,
            **kwargs,
        )


class MaxPooling2D(_Pooling2D):
    """Largest value in windows of images.

    # Example
        ```python
        from oneiros.layers import MaxPooling2D
        from oneiros.models import Sequential

        layer = MaxPooling2D((2, 2), dim_ordering="tf", input_shape=(32, 32, 3))
        model = Sequential([layer])
        model.output_shape  # (None, 16, 16, 3)
        ```

    # Arguments
        pool_size: pair of ints, the sizes of a window.
        strides: pair of ints, from one window to the next; None for `pool_size`.
        border_mode: `"valid"`, or `"same"`, also windows over the borders.
        dim_ordering: `"tf"`, `"th"`, or `"default"`: `K.image_dim_ordering()`.

    # Input shape
        4D, `(samples, rows, columns, channels)` for `"tf"`,
        `(samples, channels, rows, columns)` for `"th"`.

    # Output shape
        4D, in the same order, a position per window.

    # Raises
        ShapeError: if the input is smaller than a window.
    """

    loadable = True
    _pool_mode = "max"


class AveragePooling2D(_Pooling2D):
    """Average over windows of images.

    # Example
        ```python
        from oneiros.layers import AveragePooling2D
        from oneiros.models import Sequential

        shape = (3, 8, 8)
        layer = AveragePooling2D((2, 2), (1, 1), dim_ordering="th", input_shape=shape)
        model = Sequential([layer])
        model.output_shape  # (None, 3, 7, 7)
        ```

    # Arguments
        all: as for `MaxPooling2D`.

    # Input shape
        4D, `(samples, rows, columns, channels)` for `"tf"`,
        `(samples, channels, rows, columns)` for `"th"`.

    # Output shape
        4D, in the same order, a position per window.

    # Raises
        ShapeError: if the input is smaller than a window.
    """

    loadable = True
    _pool_mode = "avg"


class _Pooling3D(ImagePooling):
    """Base class of MaxPooling3D and AveragePooling3D.

    A subclass sets `_pool_mode`, or defines `_pooling_function`.
    """

    _rank = 3

    def __init__(
        self,
        pool_size: Sequence[int] = (2, 2, 2),
        strides: Sequence[int] | None = None,
        border_mode: str = "valid",
        dim_ordering: str = "default",
        **kwargs: Unpack[LayerOptions],
    ):
        super().__init__(
            pool_size=pool_size,
            strides=strides,
            border_mode=border_mode,
            dim_ordering=dim_ordering,
            **kwargs,
        )


class MaxPooling3D(_Pooling3D):
    """Largest value in windows of volumes.

    # Example
        ```python
        from oneiros.layers import MaxPooling3D
        from oneiros.models import Sequential

        layer = MaxPooling3D((2, 2, 2), dim_ordering="tf", input_shape=(8, 8, 8, 3))
        model = Sequential([layer])
        model.output_shape  # (None, 4, 4, 4, 3)
        ```

    # Arguments
        pool_size: three ints, the sizes of a window.
        strides: three ints, from one window to the next; None for `pool_size`.
        border_mode, dim_ordering: as for `MaxPooling2D`.

    # Input shape
        5D, `(samples, d1, d2, d3, channels)` for `"tf"`,
        `(samples, channels, d1, d2, d3)` for `"th"`.

    # Output shape
        5D, in the same order, a position per window.

    # Raises
        ShapeError: if the input is smaller than a window.
    """

    loadable = True
    _pool_mode = "max"


class AveragePooling3D(_Pooling3D):
    """Average over windows of volumes.

    # Example
        ```python
        from oneiros.layers import AveragePooling3D
        from oneiros.models import Sequential

        layer = AveragePooling3D((1, 2, 2), dim_ordering="th", input_shape=(3, 8, 8, 8))
        model = Sequential([layer])
        model.output_shape  # (None, 3, 8, 4, 4)
        ```

    # Arguments
        all: as for `MaxPooling3D`.

    # Input shape
        5D, `(samples, d1, d2, d3, channels)` for `"tf"`,
        `(samples, channels, d1, d2, d3)` for `"th"`.

    # Output shape
        5D, in the same order, a position per window.

    # Raises
        ShapeError: if the input is smaller than a window.
    """

    loadable = True
    _pool_mode = "avg"
