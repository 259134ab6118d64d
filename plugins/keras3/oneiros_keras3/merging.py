"""Cosine: the cosine between pairs of vectors."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from oneiros_keras3.registration import register

SMALLEST_LENGTH = 1e-7
"""The smallest product of two lengths by which products of vectors are divided."""
Shape = tuple[int | None, ...]


@register
class Cosine(keras.layers.Layer):
    """The products of two inputs by those of their lengths.

    The output has one more axis, of size 1, after the samples.

    # Arguments
        axes: pair of ints, the axis of each input that is summed over.
        **kwargs: as for `keras.layers.Layer`.
    """

    def __init__(self, axes: Sequence[int], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.axes = list(axes)
        self.dot = keras.layers.Dot(tuple(axes))

    def build(self, input_shape: list[Shape]) -> None:
        """Makes nothing; there are no weights."""
        self.dot.build(input_shape)

    def compute_output_shape(self, input_shape: list[Shape]) -> Shape:
        """Returns the shape of the products, with one more axis."""
        rows, *sizes = self.dot.compute_output_shape(input_shape)
        return (rows, 1, *sizes)

    def compute_mask(self, inputs: Any, mask: Any = None) -> None:
        """Returns None: the steps to which the masks refer no longer exist."""

    def call(self, inputs: Any) -> Any:
        """Returns the cosines."""
        left, right = inputs
        squares = self.dot([left, left]) * self.dot([right, right])
        lengths = ops.sqrt(ops.maximum(squares, SMALLEST_LENGTH**2))
        return ops.expand_dims(self.dot([left, right]) / lengths, 1)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "axes": self.axes}
