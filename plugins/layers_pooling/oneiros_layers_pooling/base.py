"""Base classes of pooling over windows."""

from oneiros import backend as K
from oneiros.arguments import check_choice, check_ints
from oneiros.engine.layer import InputSpec, Layer
from oneiros.engine.node import Shape
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

    def __init__(self, *, pool_size, strides, dim_ordering: str, **kwargs):
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
