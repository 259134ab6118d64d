"""UpSampling1D, 2D and 3D: each step, pixel or voxel repeated."""

from oneiros import backend as K
from oneiros.arguments import check_int, check_ints
from oneiros_layers_core.spatial import check_dim_ordering

from oneiros_layers_convolutional.resizing import ResizingLayer


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

    def __init__(self, length: int = 2, **kwargs):
        super().__init__(**kwargs)
        self.length = check_int(self, "length", length)

    def _resized(self, size: int, axis: int) -> int:
        return size * self.length

    def call(self, x, mask=None):
        """Returns `x` with each step repeated."""
        return K.repeat_elements(x, self.length, axis=1)


class _UpSampling(ResizingLayer):
    """Base class of UpSampling2D and UpSampling3D."""

    def __init__(self, *, size, dim_ordering: str, **kwargs):
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

    def __init__(self, size=(2, 2), dim_ordering: str = "default", **kwargs):
        super().__init__(size=size, dim_ordering=dim_ordering, **kwargs)

    def call(self, x, mask=None):
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

    def __init__(self, size=(2, 2, 2), dim_ordering: str = "default", **kwargs):
        super().__init__(size=size, dim_ordering=dim_ordering, **kwargs)

    def call(self, x, mask=None):
        """Returns `x` with its values repeated."""
        return K.resize_volumes(x, *self.size, self.dim_ordering)
