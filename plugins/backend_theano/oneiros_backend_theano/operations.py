"""The functions of `K` that build tensors from tensors, on PyTensor.

What all engines do alike is `ArrayFunctions`, over PyTensor's functions by NumPy's
names.
"""

# mypy: allow-untyped-defs, allow-incomplete-defs
from collections.abc import Sequence
from functools import partial
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytensor.tensor as pt
from oneiros.arguments import is_int
from oneiros_backend_toolkit.lazy_graph.array_functions import ArrayFunctions
from oneiros_backend_toolkit.operands import batch_dot_axes, joined
from oneiros_backend_toolkit.types import DISCRETE, Types
from pytensor.graph.basic import Variable
from pytensor.tensor.elemwise import Elemwise
from pytensor.tensor.special import softmax

from oneiros_backend_theano.jax_op import Tensor

NUMBERS = (int, float, np.integer, np.floating)
SIZES_DIFFER = "the axes that are summed over have different sizes"
"""Such reasons become notes; the error's message follows the contract."""


def sizes(x) -> list[Any]:
    """Returns the size of each axis: an int where it is known, else a scalar tensor."""
    return [x.shape[i] if n is None else n for i, n in enumerate(x.type.shape)]


def _sum(x, **options) -> Tensor:
    return pt.sum(x, dtype=x.dtype, **options)


def _product(x, **options) -> Tensor:
    return pt.prod(x, dtype=x.dtype, **options)


def _round(x) -> Tensor:
    is_discrete = np.dtype(x.dtype).kind in DISCRETE
    return x if is_discrete else pt.round(x, mode="half_to_even")


def _argmin(x, axis: int) -> Tensor:
    """The complement of an integer falls as it rises; the negative may wrap around."""
    is_discrete = np.dtype(x.dtype).kind in DISCRETE
    return pt.argmax(pt.invert(x) if is_discrete else -x, axis)


def _squeeze(x, axes: tuple[int, ...]) -> Tensor:
    if any(x.type.shape[axis] not in (1, None) for axis in axes):
        raise ValueError("the size isn't 1")
    return pt.squeeze(pt.specify_broadcastable(x, *axes), axis=axes)


def _repeat(x, count: int, axis: int) -> Tensor:
    counts = [count if i == axis else 1 for i in range(x.ndim)]
    return _copied(x, after=counts)


def _tile(x, counts: Sequence[Any]) -> Tensor:
    counts = [1] * (x.ndim - len(counts)) + list(counts)
    if len(counts) > x.ndim or not all(map(is_int, counts)):
        return pt.tile(x, counts)
    return _copied(x, before=counts)


def _copied(x, before: Sequence[int] = (), after: Sequence[int] = ()) -> Tensor:
    """Repeats parts of a tensor by broadcasting.

    PyTensor's own functions look for the sizes in all of the graph behind a tensor, so
    each layer of a deep network would take longer to build than the one before.

    # Arguments
        before: how often to repeat each axis as a whole.
        after: how often to repeat each item along each axis.
    """
    pattern: list[Any] = []
    shape: list[int] = []
    new_sizes = sizes(x)
    for axis in range(x.ndim):
        pattern.append(axis)
        shape.append(1)
        for counts, place in ((before, -1), (after, len(pattern))):
            count = counts[axis] if counts else 1
            if count != 1:
                pattern.insert(place, "x")
                shape.insert(place, count)
                new_sizes[axis] = new_sizes[axis] * count
    template = pt.alloc(np.array(True), *shape)
    copies = pt.second(template, x.dimshuffle(pattern))
    return copies.reshape(new_sizes)


NAMESPACE = SimpleNamespace(
    abs=pt.abs,
    add=pt.add,
    all=pt.all,
    any=pt.any,
    arange=pt.arange,
    argmax=pt.argmax,
    argmin=_argmin,
    bitwise_and=pt.bitwise_and,
    bitwise_or=pt.bitwise_or,
    bitwise_xor=pt.bitwise_xor,
    concatenate=pt.concatenate,
    cos=pt.cos,
    equal=pt.eq,
    exp=pt.exp,
    expand_dims=pt.expand_dims,
    flip=pt.flip,
    greater=pt.gt,
    greater_equal=pt.ge,
    less=pt.lt,
    less_equal=pt.le,
    log=pt.log,
    max=pt.max,
    maximum=pt.maximum,
    mean=pt.mean,
    min=pt.min,
    minimum=pt.minimum,
    not_equal=pt.neq,
    ones_like=pt.ones_like,
    power=pt.pow,
    prod=_product,
    repeat=_repeat,
    round=_round,
    sign=pt.sign,
    sin=pt.sin,
    sqrt=pt.sqrt,
    squeeze=_squeeze,
    sum=_sum,
    tanh=pt.tanh,
    tile=_tile,
    transpose=pt.transpose,
    where=pt.switch,
    zeros_like=pt.zeros_like,
)
"""PyTensor's functions, by NumPy's names."""


def _rectified(x) -> Tensor:
    return pt.switch(pt.le(x, 0), pt.zeros_like(x), x)


ACTIVATIONS = SimpleNamespace(
    relu=_rectified,
    sigmoid=pt.sigmoid,
    softmax=partial(softmax, axis=-1),
    softplus=pt.softplus,
)


def _may_agree(x, x_axis: int, y, y_axis: int) -> bool:
    """Returns whether axes of two tensors can have the same size when run."""
    x_size = x.type.shape[x_axis]
    y_size = y.type.shape[y_axis]
    return x_size is None or y_size is None or x_size == y_size


def _as_rows(x):
    """Returns a tensor as a matrix with its last axis."""
    if x.ndim < 2:
        return x
    return x.reshape((-1, sizes(x)[-1]))


def _as_columns(y, axis: int):
    """Returns a tensor as a matrix, of which the first axis is the one named."""
    if y.ndim < 2:
        return y
    others = [i for i in range(y.ndim) if i != axis]
    axis_first = y.dimshuffle(axis, *others)
    return axis_first.reshape((sizes(y)[axis], -1))


class TheanoFunctions(ArrayFunctions):
    """Functions of PyTensor's variables, by their names in the contract."""

    namespace = NAMESPACE
    activations = ACTIVATIONS

    # Types

    def is_tensor(self, x):
        return isinstance(x, Variable)

    def dtype_of(self, x):
        return np.dtype(x.dtype)

    def constant(self, array):
        return pt.as_tensor_variable(array)

    def as_type(self, x, dtype):
        return pt.cast(x, np.dtype(dtype).name)

    def stacked(self, tensors):
        return pt.stack(list(tensors))

    # Linear algebra and lookup

    def dot(self, x, y):
        x, y = self.paired(x, y)
        summed = max(y.ndim - 2, 0)
        if x.ndim and y.ndim and not _may_agree(x, -1, y, summed):
            raise ValueError(SIZES_DIFFER)
        if x.ndim < 3 and y.ndim < 3:
            return pt.dot(x, y)
        product = pt.dot(_as_rows(x), _as_columns(y, summed))
        y_sizes = sizes(y)
        del y_sizes[summed]
        return product.reshape([*sizes(x)[:-1], *y_sizes])

    def batch_dot(self, x, y, axes=None):
        x, y = self.paired(x, y)
        x_axis, y_axis = batch_dot_axes(x.type.shape, y.type.shape, axes)
        if not _may_agree(x, x_axis, y, y_axis):
            raise ValueError(SIZES_DIFFER)
        if x.ndim == y.ndim == 2:
            return self.sum(x * y, axis=1, keepdims=True)
        x_kept = [i for i in range(1, x.ndim) if i != x_axis]
        y_kept = [i for i in range(1, y.ndim) if i != y_axis]
        x_sizes = sizes(x)
        y_sizes = sizes(y)
        rows = x.dimshuffle(0, *x_kept, x_axis)
        rows = rows.reshape((x_sizes[0], -1, x_sizes[x_axis]))
        columns = y.dimshuffle(0, y_axis, *y_kept)
        columns = columns.reshape((y_sizes[0], y_sizes[y_axis], -1))
        kept_sizes = [x_sizes[i] for i in x_kept] + [y_sizes[i] for i in y_kept]
        product = pt.matmul(rows, columns)
        return product.reshape([x_sizes[0], *kept_sizes])

    def gather(self, reference, indices):
        indices = self.cast(indices, "int32")
        if np.dtype(reference.dtype).kind in DISCRETE:
            return reference[indices]
        # An index below zero is out of range too, where there are no rows but NaN
        length = pt.cast(reference.shape[0], "int32")
        from_start = pt.switch(pt.lt(indices, 0), length, indices)
        return reference[from_start]

    def in_top_k(self, predictions, targets, k: int):
        if predictions.ndim != 2:
            raise ValueError("predictions are (batch, classes)")
        classes = pt.shape_padleft(pt.arange(predictions.shape[1]))
        column = self.cast(targets, "int64").dimshuffle(0, "x")
        of_target = pt.switch(pt.eq(column, classes), predictions, -np.inf)
        chosen = pt.max(of_target, axis=1, keepdims=True)
        is_better = pt.gt(predictions, chosen)
        return pt.lt(pt.sum(is_better, axis=1, dtype="int32"), k)

    # Element by element

    def clipped(self, x, low, high):
        return pt.clip(x, low, pt.maximum(low, high))

    def switch(self, condition, then_expression, else_expression):
        branches = [
            branch() if callable(branch) else branch
            for branch in (then_expression, else_expression)
        ]
        return super().switch(condition, *branches)

    # Shapes

    def shape(self, x):
        return self.tensor(x).shape

    def sizes(self, shape):
        return list(shape)

    def reshape(self, x, shape):
        if isinstance(shape, (list, tuple)):
            known = [n for n in shape if is_int(n)]
            has_one_open = sum(n is None for n in shape) == 1 and -1 not in known
            if has_one_open:
                shape = [-1 if n is None else n for n in shape]
            shape = [x.shape[i] if n is None else n for i, n in enumerate(shape)]
        return pt.reshape(x, shape)

    def concatenate(self, tensors, axis: int = -1):
        tensors = list(tensors)
        return joined(super().concatenate(tensors, axis), tensors)

    def pattern_broadcast(self, x, broatcastable):
        if len(broatcastable) != x.ndim:
            raise ValueError("there isn't one bool for each axis")
        flags = zip(broatcastable, x.type.shape, strict=True)
        axes = [i for i, (flag, size) in enumerate(flags) if flag and size is None]
        return pt.specify_broadcastable(x, *axes) if axes else x


FUNCTIONS = TheanoFunctions()
"""They have no state: one object is enough."""


class Operations(Types, functions=FUNCTIONS):
    """Functions of PyTensor's tensors; the state of the engine is the subclass's."""

    def _elementwise(self, x) -> tuple[Any, list[Any]] | None:
        """Returns the Op and the inputs of a tensor that an Elemwise computes."""
        node = x.owner
        if node is None or not isinstance(node.op, Elemwise) or len(node.outputs) > 1:
            return None
        return node.op, list(node.inputs)
