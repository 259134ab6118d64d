"""MaxPooling2D and AveragePooling2D."""

from oneiros_layers_pooling.base import ImagePooling


class _Pooling2D(ImagePooling):
    """Base class of MaxPooling2D and AveragePooling2D.

    A subclass sets `_pool_mode`, or defines `_pooling_function`.
    """

    _rank = 2

    def __init__(
        self,
        pool_size=(2, 2),
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
        strides: pair of ints, the steps from one window to the next; None for
            `pool_size`, windows side by side.
        border_mode: `"valid"`, only whole windows; `"same"`, also windows that reach
            over the borders.
        dim_ordering: `"tf"`, `"th"`, or `"default"`, the value of
            `K.image_dim_ordering()`.

    # Input shape
        4D, `(samples, rows, columns, channels)` for `"tf"`,
        `(samples, channels, rows, columns)` for `"th"`.

    # Output shape
        4D, in the same order, with one position per window.

    # Raises
        ShapeError: if the input is smaller than a window.
    """

    loadable = True
    _pool_mode = "max"


class AveragePooling2D(_Pooling2D):
    """Average over windows of images; values beyond the borders don't count.

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
        pool_size: pair of ints, the sizes of a window.
        strides: pair of ints, the steps from one window to the next; None for
            `pool_size`, windows side by side.
        border_mode: `"valid"`, only whole windows; `"same"`, also windows that reach
            over the borders.
        dim_ordering: `"tf"`, `"th"`, or `"default"`, the value of
            `K.image_dim_ordering()`.

    # Input shape
        4D, `(samples, rows, columns, channels)` for `"tf"`,
        `(samples, channels, rows, columns)` for `"th"`.

    # Output shape
        4D, in the same order, with one position per window.

    # Raises
        ShapeError: if the input is smaller than a window.
    """

    loadable = True
    _pool_mode = "avg"
