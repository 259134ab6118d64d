"""Layers that treat masks as Keras 1 does: merging layers that hide a step if any of
their inputs hides it, and Bidirectional; and Cosine."""

import functools
from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from oneiros_keras3.registration import Described, Shape, register

SMALLEST_LENGTH = 1e-7
"""The smallest product of two lengths by which products of vectors are divided."""


class HidesWhatAnyHides:
    """A merging layer whose output has a step only if all inputs with a mask have it.

    Keras 3's own layers hide only what all inputs hide. While a model is built, there
    is no mask: Keras 3 would keep it for the layers that follow, and a nested model
    passes on its mask only when it computes.
    """

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """Returns the mask of the output, None if no input has one."""
        masks = mask or []
        is_symbolic = any(map(keras.utils.is_keras_tensor, inputs))
        if is_symbolic:
            return None
        if all(each is None for each in masks):
            return None
        return self.joined_masks(inputs, masks)

    def joined_masks(self, inputs: list[Any], masks: list[Any]) -> Any:
        """Returns where all masks are true."""
        known = [each for each in masks if each is not None]
        return functools.reduce(ops.logical_and, known)


@register
class Add(HidesWhatAnyHides, keras.layers.Add):
    """The sum of the inputs."""


@register
class Multiply(HidesWhatAnyHides, keras.layers.Multiply):
    """The product of the inputs, of hidden steps too; Keras 3 leaves out factors that
    are hidden."""

    def call(self, inputs: Any) -> Any:
        """Returns the product."""
        return functools.reduce(ops.multiply, inputs)


@register
class Average(HidesWhatAnyHides, keras.layers.Average):
    """The mean of the inputs."""


@register
class Concatenate(HidesWhatAnyHides, keras.layers.Concatenate):
    """The inputs, one after the other along an axis."""

    def joined_masks(self, inputs: list[Any], masks: list[Any]) -> Any:
        """Returns where all masks are true; joined masks if steps are joined."""
        ranks = [len(each.shape) for each in masks if each is not None]
        rank = max(ranks)
        axis = self.axis % len(inputs[0].shape)
        if axis >= rank:
            return super().joined_masks(inputs, masks)
        parts = []
        for x, part in zip(inputs, masks, strict=True):
            if part is None:
                shape = ops.shape(x)[:rank]
                part = ops.ones(shape, dtype="bool")
            parts.append(part)
        return ops.concatenate(parts, axis=axis)


@register
class Cosine(Described, keras.layers.Layer):
    """The products of two inputs by those of their lengths.

    The output has one more axis, of size 1, after the samples.

    # Arguments
        axes: pair of ints, the axis of each input that is summed over.
        **kwargs: as for `keras.layers.Layer`.
    """

    def __init__(self, axes: Sequence[int], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.keep(axes=list(axes))
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
        left_square = self.dot([left, left])
        right_square = self.dot([right, right])
        squares = left_square * right_square
        lengths = ops.sqrt(ops.maximum(squares, SMALLEST_LENGTH**2))
        cosines = self.dot([left, right]) / lengths
        return ops.expand_dims(cosines, 1)


@register
class Bidirectional(keras.layers.Bidirectional):
    """Keras 3's layer, but for steps that a mask hides.

    There each direction repeats its last output, as it does without the wrapper. Keras
    3's own layer has zeros there if it returns sequences.

    # Arguments
        layer: recurrent layer.
        **kwargs: as for `keras.layers.Bidirectional`.
    """

    def __init__(self, layer: Any, **kwargs: Any) -> None:
        super().__init__(layer, **kwargs)
        for each in (self.forward_layer, self.backward_layer):
            each.zero_output_for_mask = False
