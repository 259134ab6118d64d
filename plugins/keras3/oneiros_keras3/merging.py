"""Layers that treat masks as Keras 1 does: merging layers that hide a step if any of
their inputs hides it, and Bidirectional; and Cosine."""

import functools
from typing import Any

import keras
from keras import ops

from oneiros_keras3.registration import DescribedLayer, Shape, register

SMALLEST_SQUARE = 1e-14
"""The smallest square of a product of lengths by which products of vectors are
divided."""


class HidesWhatAnyHides:
    """A merging layer whose output has a step only if all inputs with a mask have it.

    Keras 3's own layers hide only what all inputs hide. While a model is built, there
    is no mask: Keras 3 would keep it for the layers that follow, and a nested model
    passes on its mask only when it computes.
    """

    def compute_mask(self, inputs, mask=None):
        """Returns the mask of the output, None if no input has one."""
        known = [each for each in mask or [] if each is not None]
        is_symbolic = any(map(keras.utils.is_keras_tensor, inputs))
        if is_symbolic or not known:
            return None
        return self.joined(known, inputs, mask)

    def joined(self, known: list[Any], inputs: list[Any], masks: list[Any]):
        """Returns where all known masks are true."""
        return functools.reduce(ops.logical_and, known)


@register
class Add(HidesWhatAnyHides, keras.layers.Add):
    """The sum of the inputs."""


@register
class Multiply(HidesWhatAnyHides, keras.layers.Multiply):
    """The product of the inputs, of hidden steps too; Keras 3 leaves out factors that
    are hidden."""

    def call(self, inputs):
        """Returns the product."""
        return functools.reduce(ops.multiply, inputs)


@register
class Average(HidesWhatAnyHides, keras.layers.Average):
    """The mean of the inputs."""


@register
class Concatenate(HidesWhatAnyHides, keras.layers.Concatenate):
    """The inputs, one after the other along an axis."""

    def joined(self, known: list[Any], inputs: list[Any], masks: list[Any]):
        """Returns where all known masks are true; all of them, if steps are joined."""
        rank = max(each.ndim for each in known)
        axis = self.axis % inputs[0].ndim
        if axis >= rank:
            return super().joined(known, inputs, masks)
        parts = []
        for x, part in zip(inputs, masks):
            if part is None:
                shape = ops.shape(x)
                part = ops.ones(shape[:rank], dtype="bool")
            parts.append(part)
        return ops.concatenate(parts, axis=axis)


@register
class Cosine(DescribedLayer):
    """The products of two inputs by those of their lengths.

    The output has one more axis, of size 1, after the samples.

    # Arguments
        axes: pair of ints, the axis of each input that is summed over.
        **kwargs: as for `keras.layers.Layer`.
    """

    arguments = {"axes": (1, 1)}

    def build(self, input_shape: list[Shape]) -> None:
        """Makes no weights."""
        self.dot = keras.layers.Dot(tuple(self.axes))
        self.dot.build(input_shape)

    def compute_output_shape(self, input_shape: list[Shape]) -> Shape:
        """Returns the shape of the products, with one more axis."""
        rows, *sizes = self.dot.compute_output_shape(input_shape)
        return (rows, 1, *sizes)

    def compute_mask(self, inputs, mask=None) -> None:
        """Returns None: the steps to which the masks refer no longer exist."""

    def call(self, inputs):
        """Returns the cosines."""
        left, right = inputs
        left_square = self.dot([left, left])
        right_square = self.dot([right, right])
        squares = left_square * right_square
        divisors = ops.maximum(squares, SMALLEST_SQUARE)
        lengths = ops.sqrt(divisors)
        products = self.dot([left, right])
        cosines = products / lengths
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

    def __init__(self, layer, **kwargs) -> None:
        super().__init__(layer, **kwargs)
        self.forward_layer.zero_output_for_mask = False
        self.backward_layer.zero_output_for_mask = False
