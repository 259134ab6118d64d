"""MaxPooling1D and AveragePooling1D."""

from typing import Any

from oneiros import backend as K
from oneiros.arguments import check_choice, check_int
from oneiros.engine.layer import InputSpec, Layer
from oneiros_layers_core.affine import Shape
from oneiros_layers_core.spatial import windowed_sizes, with_sizes


class _Pooling1D(Layer):
    """Base class of MaxPooling1D and AveragePooling1D.

    A subclass defines `_pooling_function`.
    """

    checks_sizes = True

    def __init__(
        self,
        pool_length: int = 2,
        stride: int | None = None,
        border_mode: str = "valid",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.pool_length = check_int(self, "pool_length", pool_length)
        self.stride = (
            self.pool_length if stride is None else check_int(self, "stride", stride)
        )
        self.pool_size = (self.pool_length, 1)
        self.st = (self.stride, 1)
        self.border_mode = check_choice(
            self, "border_mode", border_mode, ("valid", "same")
        )
        self.input_spec = [InputSpec(ndim=3)]

    def assert_input_compatibility(self, input: Any) -> None:
        """Checks the rank, and that a window fits."""
        super().assert_input_compatibility(input)
        self.get_output_shape_for(K.int_shape(input))

    def get_output_shape_for(self, input_shape: Shape) -> Shape:
        """Returns the input's shape with one step per window."""
        steps = windowed_sizes(
            self,
            input_shape,
            dim_ordering="tf",
            window=(self.pool_length,),
            border_mode=self.border_mode,
            strides=(self.stride,),
        )
        return with_sizes(input_shape, steps, "tf")

    def _pooling_function(
        self,
        inputs: Any,
        pool_size: Any,
        strides: Any,
        border_mode: str,
        dim_ordering: str,
    ) -> Any:
        """Returns a value for each window of `inputs`, an image one pixel wide."""
        raise NotImplementedError

    def call(self, x: Any, mask: Any = None) -> Any:
        """Returns a value for each window."""
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

    def _pooling_function(
        self,
        inputs: Any,
        pool_size: Any,
        strides: Any,
        border_mode: str,
        dim_ordering: str,
    ) -> Any:
        return K.pool2d(
            inputs, pool_size, strides, border_mode, dim_ordering, pool_mode="max"
        )


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

    def _pooling_function(
        self,
        inputs: Any,
        pool_size: Any,
        strides: Any,
        border_mode: str,
        dim_ordering: str,
    ) -> Any:
        return K.pool2d(
            inputs, pool_size, strides, border_mode, dim_ordering, pool_mode="avg"
        )
