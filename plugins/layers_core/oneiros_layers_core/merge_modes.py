"""How each mode of Merge handles tensors, shapes and masks.

Each rule has three methods, whose argument `merge` is the layer: `output_shape` returns
the shape of the merged tensor, and raises an error for shapes that the mode doesn't
accept; `combine` returns the merged tensor; `mask`, called if any input has a mask,
returns that of the merged tensor.
"""

import functools
import operator
from collections.abc import Callable
from typing import Any

from oneiros import backend as K
from oneiros.arguments import is_int, label
from oneiros.errors import ArgumentError, ShapeError
from oneiros.typing import Shape, Tensor, Tensors

from oneiros_layers_core.function_arguments import call_function, function_shape
from oneiros_layers_core.spatial import sizes_of

MATRIX_RANK = 3
"""Axes of a tensor that holds a matrix for each sample."""


def _common_sizes(shapes: list[Shape]) -> list[int | None] | None:
    """Returns the sizes that shapes share, as far as one knows them; None if they
    differ."""
    if len(set(map(len, shapes))) > 1:
        return None
    common_sizes: list[int | None] = []
    for sizes in zip(*shapes, strict=True):
        known_sizes = set(sizes) - {None}
        if len(known_sizes) > 1:
            return None
        common_sizes.append(next(iter(known_sizes), None))
    return common_sizes


def _one_shape(merge, shapes: list[Shape]) -> Shape:
    """Returns the shape that all inputs share, or raises ShapeError."""
    shape = _common_sizes(shapes)
    if shape is None:
        raise ShapeError(
            f"{label(merge)} with mode={merge.mode!r} received inputs of shapes "
            f"{shapes!s:.300}. This mode needs inputs of one shape; mode='concat' "
            "joins inputs that differ along one axis."
        )
    return tuple(shape)


def _extent(size: int | None) -> float:
    """Returns a number by which sizes are ordered; open ones are between 1 and 2."""
    return 1.5 if size is None else size


def _conjunction(masks: Tensors):
    if len(masks) == 1:
        return masks[0]
    return K.all(K.stack(masks), axis=0)


class ElementwiseMerge:
    """Combines inputs of the same shape, two at a time."""

    def __init__(
        self, fold: Callable[[Any, Any], Any], average: bool = False, masks: bool = True
    ):
        self._fold = fold
        self._average = average
        self._masks = masks

    def combine(self, merge, inputs: Tensors, masks) -> Tensor:
        """Returns the combined tensor."""
        output = functools.reduce(self._fold, inputs)
        return output / float(len(inputs)) if self._average else output

    def output_shape(self, merge, shapes: list[Shape]) -> Shape:
        """Returns the one shape; but for the samples, 1 fits any size, as in Keras
        2."""
        largest = [max(sizes, key=_extent) for sizes in zip(*shapes)]
        fitted = []
        for samples, *sizes in shapes:
            pairs = zip(sizes, largest[1:])
            rest = (most if size == 1 else size for size, most in pairs)
            fitted.append((samples, *rest))
        alike = len(set(map(len, shapes))) == 1
        return _one_shape(merge, fitted if alike else shapes)

    def mask(self, merge, inputs: Tensors, masks: Tensors):
        """Returns the positions where all masks are true."""
        if not self._masks:
            raise ArgumentError(
                f"{label(merge)} with mode={merge.mode!r} received a mask, but masks "
                "have no meaning here. Merge before masking, or use another mode."
            )
        return _conjunction([mask for mask in masks if mask is not None])


class Concatenation:
    """Joins inputs along `concat_axis`."""

    def combine(self, merge, inputs: Tensors, masks) -> Tensor:
        """Returns the joined tensor."""
        return K.concatenate(inputs, axis=merge.concat_axis)

    def output_shape(self, merge, shapes: list[Shape]) -> Shape:
        """Returns the shape with the sizes on that axis added."""
        axis = merge.concat_axis
        rank = len(shapes[0])
        if not -rank <= axis < rank:
            raise ShapeError(
                f"{label(merge)} has concat_axis={axis}, which its inputs of shapes "
                f"{shapes!s:.300} don't have."
            )
        position = axis % rank
        others = [(*shape[:position], *shape[position + 1 :]) for shape in shapes]
        output = _common_sizes(others)
        if output is None:
            raise ShapeError(
                f"{label(merge)} with mode='concat' and concat_axis={axis} received "
                f"inputs of shapes {shapes!s:.300}. All other axes must have equal "
                "sizes."
            )
        known_sizes = [shape[axis] for shape in shapes if shape[axis] is not None]
        joined = sum(known_sizes) if len(known_sizes) == len(shapes) else None
        output.insert(position, joined)
        return tuple(output)

    def mask(self, merge, inputs: Tensors, masks: Tensors):
        """Returns the joined masks, or where all are true if they lack that axis."""
        rank = K.ndim(inputs[0])
        masks = [_without_features(mask, rank) for mask in masks]
        known_masks = [mask for mask in masks if mask is not None]
        mask_rank = K.ndim(known_masks[0])
        axis = merge.concat_axis % rank
        if axis >= mask_rank:
            return _conjunction(known_masks)
        parts = [
            _all_true(x, mask_rank) if mask is None else K.cast(mask, "bool")
            for x, mask in zip(inputs, masks, strict=True)
        ]
        return K.concatenate(parts, axis=axis)


def _without_features(mask, rank: int):
    """Returns a mask of whole steps for one that has the axis of the features too."""
    if mask is None or K.ndim(mask) < rank:
        return mask
    return K.all(mask, axis=-1)


def _all_true(x, rank: int):
    """Returns a mask of the first `rank` axes of `x` that holds everywhere."""
    for axis in range(K.ndim(x) - 1, rank - 1, -1):
        x = K.sum(x, axis=axis)
    return K.cast(K.ones_like(x), "bool")


class Product:
    """Multiplies two inputs sample by sample, summed over `dot_axes`."""

    def __init__(self, cosine: bool = False):
        self._cosine = cosine

    def output_shape(self, merge, shapes: list[Shape]) -> Shape:
        """Returns the remaining axes, the first input's before the second's; stores the
        axes over which it sums."""
        if len(shapes) != 2:
            raise ArgumentError(
                f"{label(merge)} with mode={merge.mode!r} needs two inputs; it "
                f"received {len(shapes)}: {shapes!s:.300}."
            )
        dot_axes = merge.dot_axes
        pair = [dot_axes, dot_axes] if is_int(dot_axes) else dot_axes
        axes = []
        for axis, shape in zip(pair, shapes, strict=True):
            rank = len(shape)
            if not -rank <= axis < rank or axis % rank == 0:
                raise ShapeError(
                    f"{label(merge)} has dot_axes={dot_axes!r}, and inputs of shapes "
                    f"{shapes!s:.300}. An axis must be between 1 and {rank - 1} "
                    "(axis 0 is the batch), or -1 for the last."
                )
            axes.append(int(axis) % rank)
        sizes = [shape[axis] for shape, axis in zip(shapes, axes, strict=True)]
        if None not in sizes and sizes[0] != sizes[1]:
            raise ShapeError(
                f"{label(merge)} with mode={merge.mode!r} and dot_axes={dot_axes!r} "
                f"received inputs of shapes {shapes!s:.300}: it sums over axes of "
                f"sizes {sizes[0]} and {sizes[1]}, which must be equal."
            )
        if self._cosine:
            _one_shape(merge, shapes)
        merge.dot_axes = axes
        batch = next((shape[0] for shape in shapes if shape[0] is not None), None)
        remaining: list[int | None] = []
        for shape, summed in zip(shapes, axes, strict=True):
            remaining += [*shape[1:summed], *shape[summed + 1 :]]
        return (batch, *(remaining or [1]))

    def combine(self, merge, inputs: Tensors, masks) -> Tensor:
        """Returns the products.

        Cosines get an additional axis of size 1 after the batch, as in Keras 1.2.2.
        """
        left, right = inputs
        axes = tuple(merge.dot_axes)
        product = _products(left, right, axes)
        if not self._cosine:
            return product
        squares = _products(left, left, axes) * _products(right, right, axes)
        lengths = K.sqrt(K.maximum(squares, K.epsilon() ** 2))
        return K.expand_dims(product / lengths, 1)

    def mask(self, merge, inputs: Tensors, masks: Tensors) -> None:
        """Returns None: products of masked tensors have no mask."""


def _products(left, right, axes: tuple[int, int]):
    """Returns the sums over an axis of each tensor.

    `K.batch_dot` gives others of two tensors with four axes on TensorFlow, as in Keras
    1.2.2: a Merge means the same on each backend.
    """
    if K.ndim(left) != K.ndim(right) or K.ndim(left) <= MATRIX_RANK:
        return K.batch_dot(left, right, axes)
    left_rows, left_sizes = _as_rows(left, axes[0])
    right_rows, right_sizes = _as_rows(right, axes[1])
    products = K.batch_dot(left_rows, right_rows, (2, 2))
    return K.reshape(products, (*left_sizes, *right_sizes[1:]))


def _as_rows(x, axis: int) -> tuple[Any, list[Any]]:
    """Returns a tensor whose axis stands last and whose others, but for the samples,
    are one; and the sizes of the samples and these others."""
    sizes = sizes_of(x)
    summed = sizes.pop(axis)
    others = [other for other in range(K.ndim(x)) if other != axis]
    moved = K.permute_dimensions(x, (*others, axis))
    return K.reshape(moved, (sizes[0], -1, summed)), sizes


class Custom:
    """Calls a function on the list of inputs."""

    def combine(self, merge, inputs: Tensors, masks) -> Tensor:
        """Returns the function's result."""
        return call_function(merge.mode, inputs, merge.arguments, masks)

    def output_shape(self, merge, shapes: list[Shape]):
        """Returns what the layer declares, or the shape of the function's result."""
        return function_shape(merge, merge.mode, shapes)

    def mask(self, merge, inputs: Tensors, masks: Tensors):
        """Returns the layer's `output_mask`, called on the masks if it is a
        function."""
        mask = merge._output_mask
        return mask(masks) if callable(mask) else mask


Rule = ElementwiseMerge | Concatenation | Product | Custom
MODES: dict[str, Rule] = {
    "sum": ElementwiseMerge(operator.add),
    "mul": ElementwiseMerge(operator.mul),
    "ave": ElementwiseMerge(operator.add, average=True),
    "max": ElementwiseMerge(lambda x, y: K.maximum(x, y), masks=False),
    "concat": Concatenation(),
    "dot": Product(),
    "cos": Product(cosine=True),
}
