"""Base class of pooling over images and volumes."""

from typing import Any

from oneiros import backend as K
from oneiros.arguments import check_choice, check_ints
from oneiros.engine.layer import InputSpec, Layer
from oneiros_layers_core.affine import Shape
from oneiros_layers_core.spatial import check_dim_ordering, windowed_sizes, with_sizes


class WindowPooling(Layer):
    """Base of pooling over windows. Not a layer itself.

    A subclass defines `_pooling_function`.

    # Arguments
        all: as for `MaxPooling2D`.
    """

    checks_sizes = True
    _rank: int

    def __init__(
        self,
        *,
        pool_size: Any,
        strides: Any,
        border_mode: str,
        dim_ordering: str,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.pool_size = check_ints(self, "pool_size", pool_size, self._rank)
        self.strides = (
            self.pool_size
            if strides is None
            else check_ints(self, "strides", strides, self._rank)
        )
        self.border_mode = check_choice(
            self, "border_mode", border_mode, ("valid", "same")
        )
        self.dim_ordering = check_dim_ordering(self, dim_ordering)
        self.input_spec = [InputSpec(ndim=self._rank + 2)]

    def assert_input_compatibility(self, input: Any) -> None:
        """Checks the rank, and that a window fits."""
        super().assert_input_compatibility(input)
        self.get_output_shape_for(K.int_shape(input))

    def get_output_shape_for(self, input_shape: Shape) -> Shape:
        """Returns the input's shape with one position per window."""
        sizes = windowed_sizes(
            self,
            input_shape,
            self.dim_ordering,
            window=self.pool_size,
            border_mode=self.border_mode,
            strides=self.strides,
        )
        return with_sizes(input_shape, sizes, self.dim_ordering)

    def _pooling_function(
        self,
        inputs: Any,
        pool_size: Any,
        strides: Any,
        border_mode: str,
        dim_ordering: str,
    ) -> Any:
        """Returns a value for each window of `inputs`."""
        raise NotImplementedError

    def call(self, x: Any, mask: Any = None) -> Any:
        """Returns a value for each window."""
        return self._pooling_function(
            inputs=x,
            pool_size=self.pool_size,
            strides=self.strides,
            border_mode=self.border_mode,
            dim_ordering=self.dim_ordering,
        )
