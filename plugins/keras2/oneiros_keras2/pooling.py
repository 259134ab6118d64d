"""Pooling with the arguments that Keras 2 gave it, and with masks."""

from typing import Any, Unpack

from oneiros import backend as K
from oneiros.arguments import check_choice
from oneiros.typing import Shape

from oneiros_keras2.options import SpatialOptions
from oneiros_keras2.spatial import Sizes, SpatialLayer, check_sizes, positions
from oneiros_keras2.tensors import floats


class PoolingOfSequences(SpatialLayer):
    """Base of `Keras2MaxPooling1D` and `Keras2AveragePooling1D`. Not a layer itself."""

    rank = 1
    mode: str
    pool_size: Any
    strides: Any

    def __init__(
        self,
        pool_size: Sizes = 2,
        strides: Sizes | None = None,
        padding: str = "valid",
        **kwargs: Unpack[SpatialOptions],
    ):
        super().__init__(**kwargs)
        self.padding = check_choice(self, "padding", padding, ("valid", "same"))
        self.set_arguments(pool_size=pool_size)
        self.strides = self.pool_size
        if strides is not None:
            self.strides = check_sizes(self, "strides", strides)

    def computed(self, x):
        """Returns a value for each window of `x`, as an image one column wide."""
        pooled = K.pool2d(
            K.expand_dims(x, 2),
            (*self.pool_size, 1),
            (*self.strides, 1),
            self.padding,
            dim_ordering="tf",
            pool_mode=self.mode,
        )
        return K.squeeze(pooled, 2)

    def output_sizes(self, sizes):
        """Returns the number of windows."""
        (size,) = sizes
        (window,) = self.pool_size
        (stride,) = self.strides
        return [positions(size, window, self.padding, stride)]


class Keras2MaxPooling1D(PoolingOfSequences):
    """MaxPooling1D of Keras 2, with channels in either place.

    # Example
        ```python
        from oneiros.layers import Keras2MaxPooling1D
        from oneiros.models import Sequential

        layer = Keras2MaxPooling1D(2, data_format="channels_first", input_shape=(3, 10))
        model = Sequential([layer])
        model.output_shape  # (None, 3, 5)
        ```

    # Arguments
        pool_size: int, the number of steps in a window.
        strides: int, from one window to the next; None for `pool_size`.
        padding: `"valid"`, only whole windows; or `"same"`, also those that reach over
            the ends, with the steps that they have.
        data_format: `"channels_last"` or `"channels_first"`.

    # Input shape
        3D, `(samples, steps, channels)`.

    # Output shape
        3D, `(samples, windows, channels)`.
    """

    loadable = True
    mode = "max"


class Keras2AveragePooling1D(PoolingOfSequences):
    """AveragePooling1D of Keras 2, with channels in either place.

    # Example
        ```python
        from oneiros.layers import Keras2AveragePooling1D
        from oneiros.models import Sequential

        model = Sequential([Keras2AveragePooling1D(2, input_shape=(10, 3))])
        model.output_shape  # (None, 5, 3)
        ```

    # Arguments
        all: as for `Keras2MaxPooling1D`.

    # Input shape
        3D, `(samples, steps, channels)`.

    # Output shape
        3D, `(samples, windows, channels)`.
    """

    loadable = True
    mode = "avg"


class GlobalPooling(SpatialLayer):
    """Base of global pooling. Not a layer itself."""

    mode: str
    keepdims: bool

    def __init__(self, keepdims: bool = False, **kwargs: Unpack[SpatialOptions]):
        super().__init__(**kwargs)
        self.set_arguments(keepdims=keepdims)

    def call(self, x, mask=None):
        """Returns a value for each channel; an average, of the steps in the mask."""
        axes = list(range(1, self.rank + 2))
        axes.remove(self.channel_axis)
        if self.mode == "max":
            return K.max(x, axis=axes, keepdims=self.keepdims)
        if mask is None or self.rank > 1:
            return K.mean(x, axis=axes, keepdims=self.keepdims)
        counted = K.expand_dims(floats(mask), self.channel_axis)
        total = K.sum(x * counted, axis=axes, keepdims=self.keepdims)
        count = K.sum(counted, axis=axes, keepdims=self.keepdims)
        return total / K.maximum(count, K.epsilon())

    def get_output_shape_for(self, input_shape: Shape) -> Shape:
        """Returns `(samples, channels)`, with 1 for the other axes if they are kept."""
        ones = super().get_output_shape_for(input_shape)
        if self.keepdims:
            return ones
        return ones[0], ones[self.channel_axis]

    def output_sizes(self, sizes):
        """Returns 1 for each axis; 0 for one without values."""
        return [0 if size == 0 else 1 for size in sizes]


class Keras2GlobalAveragePooling1D(GlobalPooling):
    """GlobalAveragePooling1D of Keras 2, which averages the steps that a mask leaves.

    # Example
        ```python
        from oneiros.layers import Embedding, Keras2GlobalAveragePooling1D
        from oneiros.models import Sequential

        words = Embedding(100, 8, mask_zero=True, input_length=10)
        model = Sequential([words, Keras2GlobalAveragePooling1D()])
        model.output_shape  # (None, 8)
        ```

    # Arguments
        data_format: `"channels_last"` or `"channels_first"`.
        keepdims: bool, whether to keep the axes of steps or pixels, with size 1.

    # Input shape
        3D, `(samples, steps, channels)`.

    # Output shape
        2D, `(samples, channels)`.
    """

    loadable = True
    conformance = {}  # the mask is used
    mode = "avg"
    rank = 1


class Keras2GlobalAveragePooling2D(GlobalPooling):
    """GlobalAveragePooling2D of Keras 2.

    # Example
        ```python
        from oneiros.layers import Keras2GlobalAveragePooling2D
        from oneiros.models import Sequential

        layer = Keras2GlobalAveragePooling2D(keepdims=True, input_shape=(8, 8, 3))
        model = Sequential([layer])
        model.output_shape  # (None, 1, 1, 3)
        ```

    # Arguments
        all: as for `Keras2GlobalAveragePooling1D`.

    # Input shape
        4D, `(samples, rows, columns, channels)`.

    # Output shape
        2D, `(samples, channels)`.
    """

    loadable = True
    mode = "avg"


class Keras2GlobalAveragePooling3D(GlobalPooling):
    """GlobalAveragePooling3D of Keras 2.

    # Example
        ```python
        from oneiros.layers import Keras2GlobalAveragePooling3D
        from oneiros.models import Sequential

        layer = Keras2GlobalAveragePooling3D(keepdims=True, input_shape=(4, 4, 4, 3))
        model = Sequential([layer])
        model.output_shape  # (None, 1, 1, 1, 3)
        ```

    # Arguments
        all: as for `Keras2GlobalAveragePooling1D`.

    # Input shape
        5D, `(samples, d1, d2, d3, channels)`.

    # Output shape
        2D, `(samples, channels)`.
    """

    loadable = True
    mode = "avg"
    rank = 3


class Keras2GlobalMaxPooling1D(GlobalPooling):
    """GlobalMaxPooling1D of Keras 2.

    # Example
        ```python
        from oneiros.layers import Keras2GlobalMaxPooling1D
        from oneiros.models import Sequential

        layer = Keras2GlobalMaxPooling1D(keepdims=True, input_shape=(8, 3))
        model = Sequential([layer])
        model.output_shape  # (None, 1, 3)
        ```

    # Arguments
        all: as for `Keras2GlobalAveragePooling1D`.

    # Input shape
        3D, `(samples, steps, channels)`.

    # Output shape
        2D, `(samples, channels)`.
    """

    loadable = True
    mode = "max"
    rank = 1


class Keras2GlobalMaxPooling2D(GlobalPooling):
    """GlobalMaxPooling2D of Keras 2.

    # Example
        ```python
        from oneiros.layers import Keras2GlobalMaxPooling2D
        from oneiros.models import Sequential

        layer = Keras2GlobalMaxPooling2D(keepdims=True, input_shape=(8, 8, 3))
        model = Sequential([layer])
        model.output_shape  # (None, 1, 1, 3)
        ```

    # Arguments
        all: as for `Keras2GlobalAveragePooling1D`.

    # Input shape
        4D, `(samples, rows, columns, channels)`.

    # Output shape
        2D, `(samples, channels)`.
    """

    loadable = True
    mode = "max"


class Keras2GlobalMaxPooling3D(GlobalPooling):
    """GlobalMaxPooling3D of Keras 2.

    # Example
        ```python
        from oneiros.layers import Keras2GlobalMaxPooling3D
        from oneiros.models import Sequential

        layer = Keras2GlobalMaxPooling3D(keepdims=True, input_shape=(4, 4, 4, 3))
        model = Sequential([layer])
        model.output_shape  # (None, 1, 1, 1, 3)
        ```

    # Arguments
        all: as for `Keras2GlobalAveragePooling1D`.

    # Input shape
        5D, `(samples, d1, d2, d3, channels)`.

    # Output shape
        2D, `(samples, channels)`.
    """

    loadable = True
    mode = "max"
    rank = 3
