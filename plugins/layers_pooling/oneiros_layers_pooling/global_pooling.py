"""Global pooling: one value per feature or channel."""

from typing import Unpack

from oneiros import backend as K
from oneiros.engine.layer import InputSpec, Layer
from oneiros.typing import LayerOptions, Shape
from oneiros_layers_core.spatial import check_dim_ordering, check_nonempty


class GlobalPooling(Layer):
    """Base of global pooling. Not a layer itself.

    A subclass says in `_pool_mode`, `"max"` or `"avg"`, what to take of a channel.
    """

    checks_sizes = True
    dim_ordering: str = "tf"
    _pool_mode: str
    _rank: int

    def __init__(self, **kwargs: Unpack[LayerOptions]):
        super().__init__(**kwargs)
        self.input_spec = [InputSpec(ndim=self._rank + 2)]

    def get_output_shape_for(self, input_shape: Shape) -> Shape:
        """Returns `(samples, channels)`."""
        check_nonempty(self, input_shape, self._rank, self.dim_ordering)
        return (input_shape[0], input_shape[-1 if self.dim_ordering == "tf" else 1])

    def call(self, x, mask=None):
        """Returns a value for each channel."""
        first = 1 if self.dim_ordering == "tf" else 2
        axes = list(range(first, first + self._rank))
        if self._pool_mode == "max":
            return K.max(x, axis=axes)
        return K.mean(x, axis=axes)


class _GlobalPooling1D(GlobalPooling):
    """Base class of GlobalMaxPooling1D and GlobalAveragePooling1D."""

    _rank = 1


class ImageGlobalPooling(GlobalPooling):
    """Base of global pooling of images and volumes. Not a layer itself."""

    def __init__(self, dim_ordering: str = "default", **kwargs: Unpack[LayerOptions]):
        super().__init__(**kwargs)
        self.dim_ordering = check_dim_ordering(self, dim_ordering)


class _GlobalPooling2D(ImageGlobalPooling):
    """Base class of GlobalMaxPooling2D and GlobalAveragePooling2D."""

    _rank = 2


class _GlobalPooling3D(ImageGlobalPooling):
    """Base class of GlobalMaxPooling3D and GlobalAveragePooling3D."""

    _rank = 3


class GlobalAveragePooling1D(_GlobalPooling1D):
    """Average over all steps of a sequence.

    # Example
        ```python
        from oneiros.layers import GlobalAveragePooling1D
        from oneiros.models import Sequential

        model = Sequential([GlobalAveragePooling1D(input_shape=(None, 3))])
        model.output_shape  # (None, 3)
        ```

    # Input shape
        3D, `(samples, steps, features)`.

    # Output shape
        2D, `(samples, features)`.
    """

    loadable = True
    _pool_mode = "avg"


class GlobalMaxPooling1D(_GlobalPooling1D):
    """Largest value over all steps of a sequence.

    # Example
        ```python
        from oneiros.layers import GlobalMaxPooling1D
        from oneiros.models import Sequential

        model = Sequential([GlobalMaxPooling1D(input_shape=(None, 3))])
        model.output_shape  # (None, 3)
        ```

    # Input shape
        3D, `(samples, steps, features)`.

    # Output shape
        2D, `(samples, features)`.
    """

    loadable = True
    _pool_mode = "max"


class GlobalAveragePooling2D(_GlobalPooling2D):
    """Average of each channel of images.

    # Example
        ```python
        from oneiros.layers import GlobalAveragePooling2D
        from oneiros.models import Sequential

        layer = GlobalAveragePooling2D(dim_ordering="tf", input_shape=(8, 8, 3))
        model = Sequential([layer])
        model.output_shape  # (None, 3)
        ```

    # Arguments
        dim_ordering: `"tf"`, `"th"`, or `"default"`: `K.image_dim_ordering()`.

    # Input shape
        4D, `(samples, rows, columns, channels)` for `"tf"`,
        `(samples, channels, rows, columns)` for `"th"`.

    # Output shape
        2D, `(samples, channels)`.
    """

    loadable = True
    _pool_mode = "avg"


class GlobalMaxPooling2D(_GlobalPooling2D):
    """Largest value of each channel of images.

    # Example
        ```python
        from oneiros.layers import GlobalMaxPooling2D
        from oneiros.models import Sequential

        layer = GlobalMaxPooling2D(dim_ordering="th", input_shape=(3, None, None))
        model = Sequential([layer])
        model.output_shape  # (None, 3)
        ```

    # Arguments
        dim_ordering: `"tf"`, `"th"`, or `"default"`: `K.image_dim_ordering()`.

    # Input shape
        4D, `(samples, rows, columns, channels)` for `"tf"`,
        `(samples, channels, rows, columns)` for `"th"`.

    # Output shape
        2D, `(samples, channels)`.
    """

    loadable = True
    _pool_mode = "max"


class GlobalAveragePooling3D(_GlobalPooling3D):
    """Average of each channel of volumes.

    # Example
        ```python
        from oneiros.layers import GlobalAveragePooling3D
        from oneiros.models import Sequential

        layer = GlobalAveragePooling3D(dim_ordering="tf", input_shape=(8, 8, 8, 3))
        model = Sequential([layer])
        model.output_shape  # (None, 3)
        ```

    # Arguments
        dim_ordering: `"tf"`, `"th"`, or `"default"`: `K.image_dim_ordering()`.

    # Input shape
        5D, `(samples, d1, d2, d3, channels)` for `"tf"`,
        `(samples, channels, d1, d2, d3)` for `"th"`.

    # Output shape
        2D, `(samples, channels)`.
    """

    loadable = True
    _pool_mode = "avg"


class GlobalMaxPooling3D(_GlobalPooling3D):
    """Largest value of each channel of volumes.

    # Example
        ```python
        from oneiros.layers import GlobalMaxPooling3D
        from oneiros.models import Sequential

        layer = GlobalMaxPooling3D(dim_ordering="th", input_shape=(3, None, None, None))
        model = Sequential([layer])
        model.output_shape  # (None, 3)
        ```

    # Arguments
        dim_ordering: `"tf"`, `"th"`, or `"default"`: `K.image_dim_ordering()`.

    # Input shape
        5D, `(samples, d1, d2, d3, channels)` for `"tf"`,
        `(samples, channels, d1, d2, d3)` for `"th"`.

    # Output shape
        2D, `(samples, channels)`.
    """

    loadable = True
    _pool_mode = "max"
