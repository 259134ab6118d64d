"""Layers that join several inputs."""

import functools
from typing import Any, Unpack

from oneiros import backend as K
from oneiros.arguments import label
from oneiros.errors import ShapeError
from oneiros.typing import LayerOptions, Shape, Tensor

from oneiros_keras2.base import Axes, Keras2Layer


def broadcast(shapes: list[Shape]) -> Shape:
    """Returns the shape of the elementwise combination of tensors of these shapes."""
    rank = max(map(len, shapes))
    padded: list[Shape] = []
    for shape in shapes:
        samples, *sizes = shape
        missing = [1] * (rank - len(shape))
        padded.append((samples, *missing, *sizes))
    return tuple(map(_common_size, zip(*padded)))


def _common_size(sizes: Shape) -> int | None:
    for size in sizes:
        if size not in (1, None):
            return size
    return sizes[0]


class Joining(Keras2Layer):
    """Base of the layers that join inputs element by element. Not a layer itself."""

    supports_masking = True

    def get_output_shape_for(self, input_shape: list[Shape]) -> Shape:
        """Returns the shape that the inputs have in common."""
        return broadcast(input_shape)

    def compute_mask(self, input, mask=None):
        """Returns a mask that shows what each input's mask shows."""
        joined = None
        for each in mask or []:
            if each is None:
                continue
            shown = K.cast(each, "int32")
            joined = shown if joined is None else joined * shown
        if joined is None:
            return None
        return K.cast(joined, "bool")


class Subtract(Joining):
    """The difference of two inputs.

    # Example
        ```python
        from oneiros.layers import Input, Subtract

        Subtract()([Input(shape=(3,)), Input(shape=(3,))])._keras_shape  # (None, 3)
        ```

    # Input shape
        List of two shapes; a size of 1 fits any other.

    # Output shape
        The shape of both.
    """

    loadable = True

    def call(self, x, mask=None) -> Tensor:
        """Returns the first input minus the second."""
        if len(x) != 2:
            raise ShapeError(
                f"{label(self)} received {len(x)} tensors. Call it on a list of two."
            )
        first, second = x
        return first - second


class Minimum(Joining):
    """The smallest value of all inputs, element by element.

    # Example
        ```python
        from oneiros.layers import Input, Minimum

        Minimum()([Input(shape=(3,)), Input(shape=(3,))])._keras_shape  # (None, 3)
        ```

    # Input shape
        List of shapes; a size of 1 fits any other.

    # Output shape
        The shape that they have in common.
    """

    loadable = True

    def call(self, x, mask=None) -> Tensor:
        """Returns the least values."""
        return functools.reduce(K.minimum, x)


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
        normalize: bool, whether to scale both to length 1 first, for cosines.

    # Input shape
        List of two shapes with two axes or more.

    # Output shape
        The samples, the other axes of the first input, then those of the second; two
        vectors give `(samples, 1)`.
    """

    loadable = True
    conformance = {"tags": ("uses_masked_steps",)}
    axes: Any
    normalize: bool

    def __init__(
        self, axes: Axes, normalize: bool = False, **kwargs: Unpack[LayerOptions]
    ):
        super().__init__(**kwargs)
        self.set_arguments(axes=axes, normalize=normalize)

    def _axes(self, ranks: list[int]) -> list[int]:
        axes = self.axes
        if not isinstance(axes, list):
            axes = [axes, axes]
        return [axis % rank for axis, rank in zip(axes, ranks)]

    def call(self, x, mask=None) -> Tensor:
        """Returns the sums of products."""
        first, second = x
        ranks = [K.ndim(first), K.ndim(second)]
        axes = self._axes(ranks)
        if self.normalize:
            first_axis, second_axis = axes
            first = K.l2_normalize(first, first_axis)
            second = K.l2_normalize(second, second_axis)
        return K.batch_dot(first, second, axes=axes)

    def get_output_shape_for(self, input_shape: list[Shape]) -> Shape:
        """Returns the shape of the sums."""
        ranks = list(map(len, input_shape))
        axes = self._axes(ranks)
        samples = input_shape[0][0]
        kept: list[int | None] = []
        for shape, axis in zip(input_shape, axes):
            kept += shape[1:axis]
            kept += shape[axis + 1 :]
        if not kept:
            return (samples, 1)
        return (samples, *kept)

    def compute_mask(self, input, mask=None) -> Tensor:
        """Returns None: products have no steps."""
        return None
