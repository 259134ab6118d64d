"""MaxPooling1D and AveragePooling1D."""

from oneiros import backend as K
from oneiros.arguments import check_int
from oneiros_layers_core.spatial import Sizes

from oneiros_layers_pooling.base import WindowPooling


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
        **kwargs,
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

    def call(self, x, mask=None):
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
        stride: int, steps from one window to the next; None for `pool_length`, windows
            side by side.
        border_mode: `"valid"`, only whole windows; `"same"`, also windows that reach
            over the ends.

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
    """Average over windows along a sequence; values beyond its ends don't count.

    # Example
        ```python
        from oneiros.layers import AveragePooling1D
        from oneiros.models import Sequential

        layer = AveragePooling1D(3, stride=1, border_mode="same", input_shape=(10, 3))
        model = Sequential([layer])
        model.output_shape  # (None, 10, 3)
        ```

    # Arguments
        pool_length: int, number of steps in a window.
        stride: int, steps from one window to the next; None for `pool_length`, windows
            side by side.
        border_mode: `"valid"`, only whole windows; `"same"`, also windows that reach
            over the ends.

    # Input shape
        3D, `(samples, steps, features)`.

    # Output shape
        3D, `(samples, windows, features)`.

    # Raises
        ShapeError: if the input is shorter than a window.
    """

    loadable = True
    _pool_mode = "avg"
