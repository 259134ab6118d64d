"""Layers that join several inputs."""

from oneiros import backend as K
from oneiros.arguments import check_bool, label
from oneiros.errors import ShapeError
from oneiros.typing import Shape

from oneiros_keras2.base import Keras2Layer


def broadcast(shapes: list[Shape]) -> Shape:
    """Returns the shape of the elementwise combination of tensors of these shapes."""
    rank = max(map(len, shapes))
    padded = [(*shape[:1], *[1] * (rank - len(shape)), *shape[1:]) for shape in shapes]
    return tuple(
        next((size for size in sizes if size not in (1, None)), sizes[0])
        for sizes in zip(*padded)
    )


class Joining(Keras2Layer):
    """Base of the layers that join inputs element by element. Not a layer itself."""

    supports_masking = True

    def get_output_shape_for(self, input_shape: list[Shape]) -> Shape:
        """Returns the shape that the inputs have in common."""
        return broadcast(input_shape)

    def compute_mask(self, input, mask=None):
        """Returns a mask that shows what each input's mask shows."""
        masks = [each for each in mask or [] if each is not None]
        if not masks:
            return None
        joined = masks[0]
        for other in masks[1:]:
            joined = K.cast(joined, "int32") * K.cast(other, "int32")
        return K.cast(joined, "bool")


class Subtract(Joining):
    """The difference of two inputs.

    # Example
        ```python
        from oneiros.layers import Input, Subtract

        Subtract()([Input(shape=(3,)), Input(shape=(3,))])._keras_shape  # (None, 3)
        ```

    # Input shape
        List of two shapes; sizes of 1 fit any.

    # Output shape
        The shape of both.
    """

    loadable = True

    def call(self, x, mask=None):
        """Returns the first input minus the second."""
        if len(x) != 2:
            raise ShapeError(
                f"{label(self)} received {len(x)} tensors. Call it on a list of two."
            )
        return x[0] - x[1]


class Minimum(Joining):
    """The least of each value of all inputs.

    # Example
        ```python
        from oneiros.layers import Input, Minimum

        Minimum()([Input(shape=(3,)), Input(shape=(3,))])._keras_shape  # (None, 3)
        ```

    # Input shape
        List of shapes; sizes of 1 fit any.

    # Output shape
        The shape that they have in common.
    """

    loadable = True

    def call(self, x, mask=None):
        """Returns the least values."""
        least = x[0]
        for other in x[1:]:
            least = K.minimum(least, other)
        return least


class Keras2Dot(Keras2Layer):
    """Products of two inputs summed over one axis of each, as Keras 2's `Dot`.

    # Example
        ```python
        from oneiros.layers import Input, Keras2Dot

        a, b = Input(shape=(5,)), Input(shape=(5,))
        Keras2Dot(1, normalize=True)([a, b])._keras_shape  # (None, 1)
        ```

    # Arguments
        axes: int or list of two ints, the axes to sum over.
        normalize: bool, whether to scale both to length 1 along these axes first: the
            result is the cosine of the angle.

    # Input shape
        List of two shapes with two axes or more.

    # Output shape
        The samples, the other axes of the first input, then those of the second; two
        vectors give `(samples, 1)`.
    """

    loadable = True

    def __init__(self, axes, normalize: bool = False, **kwargs):
        super().__init__(**kwargs)
        self.axes = axes
        self.normalize = check_bool(self, "normalize", normalize)

    def _axes(self, ranks: list[int]) -> list[int]:
        axes = self.axes if isinstance(self.axes, (list, tuple)) else [self.axes] * 2
        return [axis % rank for axis, rank in zip(axes, ranks)]

    def call(self, x, mask=None):
        """Returns the sums of products."""
        axes = self._axes(list(map(K.ndim, x)))
        if self.normalize:
            x = [K.l2_normalize(each, axis) for each, axis in zip(x, axes)]
        return K.batch_dot(*x, axes=axes)

    def get_output_shape_for(self, input_shape: list[Shape]) -> Shape:
        """Returns the shape of the sums."""
        axes = self._axes(list(map(len, input_shape)))
        kept = [
            size
            for shape, axis in zip(input_shape, axes)
            for place, size in enumerate(shape)
            if place not in (0, axis)
        ]
        return (input_shape[0][0], *(kept or [1]))

    def compute_mask(self, input, mask=None):
        """Returns None: products have no steps."""
        return None
