"""Products of tensors over axes that have labels."""

import functools
import operator
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from oneiros import backend as K
from oneiros.errors import ShapeError
from oneiros.typing import Tensor

from oneiros_keras2.tensors import sizes_of

ELLIPSIS = "..."
FREE = "0123456789"
"""Labels for the axes that an ellipsis stands for."""


@dataclass(frozen=True)
class Labelled:
    """A tensor with a label for each of its axes."""

    tensor: Tensor
    axes: str

    @property
    def sizes(self) -> dict[str, Any]:
        """The sizes of the axes."""
        return dict(zip(self.axes, sizes_of(self.tensor)))

    def summed(self, others: str) -> "Labelled":
        """Returns the sum over the axes that others don't have."""
        kept = common(self.axes, others)
        if kept == self.axes:
            return self
        gone = missing(self.axes, others)
        places = list(map(self.axes.index, gone))
        total = K.sum(self.tensor, axis=places)
        return Labelled(total, kept)

    def ordered(self, axes: str) -> Tensor:
        """Returns the tensor with its axes in this order."""
        order = tuple(map(self.axes.index, axes))
        return K.permute_dimensions(self.tensor, order)


def common(axes: str, others: str) -> str:
    """Returns the labels that others have, too."""
    return "".join(axis for axis in axes if axis in others)


def missing(axes: str, others: str) -> str:
    """Returns the labels that others don't have."""
    return "".join(axis for axis in axes if axis not in others)


def einsum(subscripts: str, *operands: Tensor) -> Tensor:
    """Returns NumPy's `einsum` of one or two tensors.

    # Arguments
        subscripts: str, the labels of the tensors' axes, each once in a tensor, and of
            the output's: `"ij,jk->ik"`.
        operands: tensors.

    # Raises
        ShapeError: for other labels, or another number of tensors.
    """
    ranks = map(K.ndim, operands)
    inputs, of_output = labels_of(subscripts, ranks)
    if len(operands) > 2 or len(inputs) != len(operands):
        raise ShapeError(
            f"einsum received {len(operands)} tensors for {subscripts!r}. Expected one "
            "or two."
        )
    first, *others = map(Labelled, operands, inputs)
    if not others:
        return first.summed(of_output).ordered(of_output)
    (second,) = others
    x = first.summed(of_output + second.axes)
    y = second.summed(of_output + first.axes)
    return multiplied(x, y, of_output).ordered(of_output)


def labels_of(subscripts: str, ranks: Iterable[int]) -> tuple[list[str], str]:
    """Returns the labels of the tensors' axes and of the output's; an ellipsis becomes
    digits.

    # Arguments
        subscripts: str, as for `einsum`.
        ranks: the tensors' numbers of axes.
    """
    packed = subscripts.replace(" ", "")
    of_inputs, arrow, of_output = packed.partition("->")
    if not arrow:
        named = set(of_inputs) - {",", "."}
        once = [label for label in named if of_inputs.count(label) == 1]
        free = ELLIPSIS if ELLIPSIS in of_inputs else ""
        of_output = free + "".join(sorted(once))
    inputs = []
    longest = ""
    for axes, rank in zip(of_inputs.split(","), ranks):
        without = axes.replace(ELLIPSIS, "")
        first = len(FREE) + len(without) - rank
        free = FREE[first:]
        if ELLIPSIS in axes:
            longest = max(longest, free, key=len)
        full = axes.replace(ELLIPSIS, free)
        labels = set(full)
        if len(full) != rank or len(labels) != rank:
            raise ShapeError(
                f"The labels {axes!r} in {subscripts!r} are of a tensor with {rank} "
                "axes. Expected another label for each axis."
            )
        inputs.append(full)
    of_output = of_output.replace(ELLIPSIS, longest)
    if missing(of_output, "".join(inputs)):
        raise ShapeError(
            f"The output in {subscripts!r} has an axis that no tensor has. Expected "
            "labels of the tensors."
        )
    return inputs, of_output


def multiplied(x: Labelled, y: Labelled, of_output: str) -> Labelled:
    """Returns the product over the axes that two tensors have and the output lacks."""
    sizes = {**x.sizes, **y.sizes}
    shared = common(x.axes, y.axes)
    batch = common(shared, of_output)
    summed = missing(shared, of_output)
    rows = missing(x.axes, shared)
    columns = missing(y.axes, shared)

    def count(axes: str) -> Any:
        factors = [sizes[axis] for axis in axes]
        return functools.reduce(operator.mul, factors, 1)

    left = x.ordered(batch + rows + summed)
    right = y.ordered(batch + summed + columns)
    depth = count(summed)
    width = count(columns)
    if batch:
        height = count(rows)
        left = K.reshape(left, (-1, height, depth))
        right = K.reshape(right, (-1, depth, width))
        product = K.batch_dot(left, right, axes=[2, 1])
    else:
        left = K.reshape(left, (-1, depth))
        right = K.reshape(right, (depth, width))
        product = K.dot(left, right)
    axes = batch + rows + columns
    shape = tuple(sizes[axis] for axis in axes)
    return Labelled(K.reshape(product, shape), axes)
