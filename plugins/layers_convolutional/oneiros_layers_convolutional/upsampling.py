"""UpSampling1D, 2D and 3D: each step, pixel or voxel repeated."""

from typing import Any

from oneiros import backend as K
from oneiros.arguments import check_int, check_ints
from oneiros.engine.layer import InputSpec, Layer
from oneiros_layers_core.affine import Shape
from oneiros_layers_core.spatial import check_dim_ordering, spatial_sizes, with_sizes


class UpSampling1D(Layer):
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

    def __init__(self, length: int = 2, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.length = check_int(self, "length", length)
        self.input_spec = [InputSpec(ndim=3)]

    def get_output_shape_for(self, input_shape: Shape) -> Shape:
        """Returns the input's shape with `length` times as many steps."""
        (steps,) = spatial_sizes(self, input_shape, 1, "tf")
        longer = None if steps is None else steps * self.length
        return with_sizes(input_shape, (longer,), "tf")

    def call(self, x: Any, mask: Any = None) -> Any:
        """Returns `x` with each step repeated."""
        return K.repeat_elements(x, self.length, axis=1)


class _UpSampling(Layer):
    """Base class of UpSampling2D and UpSampling3D."""

    _rank: int

    def __init__(self, *, size: Any, dim_ordering: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.size = check_ints(self, "size", size, self._rank)
        self.dim_ordering = check_dim_ordering(self, dim_ordering)
        self.input_spec = [InputSpec(ndim=self._rank + 2)]

    def get_output_shape_for(self, input_shape: Shape) -> Shape:
        """Returns the input's shape with each spatial size multiplied."""
        sizes = spatial_sizes(self, input_shape, len(self.size), self.dim_ordering)
        pairs = zip(sizes, self.size, strict=True)
        larger = tuple(None if size is None else size * times for size, times in pairs)
        return with_sizes(input_shape, larger, self.dim_ordering)


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
        dim_ordering: `"tf"`, `"th"`, or `"default"`, the value of
            `K.image_dim_ordering()`.

    # Input shape
        4D, `(samples, rows, columns, channels)` for `"tf"`,
        `(samples, channels, rows, columns)` for `"th"`.

    # Output shape
        4D, in the same order, with `size` times as many rows and columns.
    """

    loadable = True
    _rank = 2

    def __init__(
        self, size: Any = (2, 2), dim_ordering: str = "default", **kwargs: Any
    ) -> None:
        super().__init__(size=size, dim_ordering=dim_ordering, **kwargs)

    def call(self, x: Any, mask: Any = None) -> Any:
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
        dim_ordering: `"tf"`, `"th"`, or `"default"`, the value of
            `K.image_dim_ordering()`.

    # Input shape
        5D, `(samples, d1, d2, d3, channels)` for `"tf"`,
        `(samples, channels, d1, d2, d3)` for `"th"`.

    # Output shape
        5D, in the same order, with the three sizes multiplied by `size`.
    """

    loadable = True
    _rank = 3

    def __init__(
        self, size: Any = (2, 2, 2), dim_ordering: str = "default", **kwargs: Any
    ) -> None:
        super().__init__(size=size, dim_ordering=dim_ordering, **kwargs)

    def call(self, x: Any, mask: Any = None) -> Any:
        """Returns `x` with its values repeated."""
        return K.resize_volumes(x, *self.size, self.dim_ordering)
