"""MaxPooling3D and AveragePooling3D."""

from oneiros_layers_pooling.base import ImagePooling


class _Pooling3D(ImagePooling):
    """Base class of MaxPooling3D and AveragePooling3D.

    A subclass sets `_pool_mode`, or defines `_pooling_function`.
    """

    _rank = 3

    def __init__(
        self,
        pool_size=(2, 2, 2),
        strides=None,
        border_mode: str = "valid",
        dim_ordering: str = "default",
        **kwargs,
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
        strides: three ints, the steps from one window to the next; None for
            `pool_size`, windows side by side.
        border_mode: `"valid"`, only whole windows; `"same"`, also windows that reach
            over the borders.
        dim_ordering: `"tf"`, `"th"`, or `"default"`, the value of
            `K.image_dim_ordering()`.

    # Input shape
        5D, `(samples, d1, d2, d3, channels)` for `"tf"`,
        `(samples, channels, d1, d2, d3)` for `"th"`.

    # Output shape
        5D, in the same order, with one position per window.

    # Raises
        ShapeError: if the input is smaller than a window.
    """

    loadable = True
    _pool_mode = "max"


class AveragePooling3D(_Pooling3D):
    """Average over windows of volumes; values beyond the borders don't count.

    # Example
        ```python
        from oneiros.layers import AveragePooling3D
        from oneiros.models import Sequential

        layer = AveragePooling3D((1, 2, 2), dim_ordering="th", input_shape=(3, 8, 8, 8))
        model = Sequential([layer])
        model.output_shape  # (None, 3, 8, 4, 4)
        ```

    # Arguments
        pool_size: three ints, the sizes of a window.
        strides: three ints, the steps from one window to the next; None for
            `pool_size`, windows side by side.
        border_mode: `"valid"`, only whole windows; `"same"`, also windows that reach
            over the borders.
        dim_ordering: `"tf"`, `"th"`, or `"default"`, the value of
            `K.image_dim_ordering()`.

    # Input shape
        5D, `(samples, d1, d2, d3, channels)` for `"tf"`,
        `(samples, channels, d1, d2, d3)` for `"th"`.

    # Output shape
        5D, in the same order, with one position per window.

    # Raises
        ShapeError: if the input is smaller than a window.
    """

    loadable = True
    _pool_mode = "avg"
