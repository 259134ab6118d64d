"""Base class of the layers that only change the sizes of their input."""

from oneiros.engine.layer import InputSpec, Layer
from oneiros.engine.node import Shape
from oneiros_layers_core.spatial import spatial_sizes, with_sizes


class ResizingLayer(Layer):
    """Base of cropping, padding and upsampling. Not a layer itself.

    A subclass says in `_resized` what becomes of a size along an axis.
    """

    dim_ordering: str = "tf"
    _rank: int

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.input_spec = [InputSpec(ndim=self._rank + 2)]

    def _resized(self, size: int, axis: int) -> int:
        raise NotImplementedError

    def get_output_shape_for(self, input_shape: Shape) -> Shape:
        """Returns the input's shape with its new sizes, if they are known."""
        sizes = spatial_sizes(self, input_shape, self._rank, self.dim_ordering)
        resized: list[int | None] = []
        for axis, size in enumerate(sizes):
            resized.append(None if size is None else self._resized(size, axis))
        return with_sizes(input_shape, tuple(resized), self.dim_ordering)
