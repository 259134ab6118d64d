"""The functions of `K` that build tensors from tensors, on PyTensor.

What all engines do alike is `ArrayFunctions`, over PyTensor's functions by NumPy's
names.
"""

from functools import partial
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytensor.tensor as pt
from oneiros.arguments import is_int
from oneiros_backend_toolkit.lazy_graph.array_functions import ArrayFunctions
from oneiros_backend_toolkit.operands import joined, may_agree
from oneiros_backend_toolkit.types import DISCRETE, Types
from pytensor.graph.basic import Variable
from pytensor.tensor.elemwise import Elemwise
from pytensor.tensor.special import softmax


def sizes(x) -> list[Any]:
    """Returns the size of each axis: an int where it is known, else a scalar tensor."""
    shape = list(x.type.shape)
    for axis, size in enumerate(shape):
        if size is None:
            shape[axis] = x.shape[axis]
    return shape


def _sum(x, **options):
    return pt.sum(x, dtype=x.dtype, **options)


def _product(x, **options):
    return pt.prod(x, dtype=x.dtype, **options)


def _round(x):
    if _is_discrete(x):
        return x
    return pt.round(x, mode="half_to_even")


def _argmin(x, axis: int):
    """The complement of an integer falls as it rises; the negative may wrap around."""
    is_discrete = _is_discrete(x)
    falling = pt.invert(x) if is_discrete else -x
    return pt.argmax(falling, axis)


def _is_discrete(x) -> bool:
    dtype = np.dtype(x.dtype)
    return dtype.kind in DISCRETE


def _squeeze(x, axes: tuple[int, ...]):
    known_sizes = {x.type.shape[axis] for axis in axes}
    if not known_sizes <= {1, None}:
        raise ValueError("the size isn't 1")
    x = pt.specify_broadcastable(x, *axes)
    return pt.squeeze(x, axis=axes)


def _repeat(x, count: int, axis: int):
    counts = [1] * x.ndim
    counts[axis] = count
    return _copied(x, after=counts)


def _tile(x, counts):
    missing = x.ndim - len(counts)
    counts = [1] * missing + list(counts)
    are_known = all(map(is_int, counts))
    if missing < 0 or not are_known:
        return pt.tile(x, counts)
    return _copied(x, before=counts)


def _copied(x, before=(), after=()):
    """Repeats parts of a tensor by broadcasting.

    PyTensor's own functions look for the sizes in all of the graph behind a tensor, so
    each layer of a deep network would take longer to build than the one before.

    # Arguments
        before: sequence of ints, how often to repeat each axis as a whole.
        after: sequence of ints, how often to repeat each item along each axis.
    """
    pattern: list[Any] = []
    shape: list[int] = []
    new_sizes = sizes(x)
    for axis in range(x.ndim):
        first = before[axis] if before else 1
        last = after[axis] if after else 1
        if first != 1:
            pattern.append("x")
            shape.append(first)
        pattern.append(axis)
        shape.append(1)
        if last != 1:
            pattern.append("x")
            shape.append(last)
        new_sizes[axis] = new_sizes[axis] * first * last
    true = np.array(True)
    template = pt.alloc(true, *shape)
    spread = x.dimshuffle(pattern)
    copies = pt.second(template, spread)
    return copies.reshape(new_sizes)


OWN = {
    "argmin": _argmin,
    "prod": _product,
    "repeat": _repeat,
    "round": _round,
    "squeeze": _squeeze,
    "sum": _sum,
    "tile": _tile,
    "where": pt.switch,
}
"""Functions that take the place of PyTensor's."""
NAMESPACE = SimpleNamespace(**(vars(pt) | OWN))
"""Functions by NumPy's names."""


def _rectified(x):
    zeros = pt.zeros_like(x)
    is_below = pt.le(x, 0)
    return pt.switch(is_below, zeros, x)


ACTIVATIONS = SimpleNamespace(
    erf=pt.erf,
    relu=_rectified,
    sigmoid=pt.sigmoid,
    softmax=partial(softmax, axis=-1),
    softplus=pt.softplus,
)


def _other_axes(x, axis: int) -> list[int]:
    """Returns the axes that are neither that of samples nor the one named."""
    axes = list(range(1, x.ndim))
    axes.remove(axis)
    return axes


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
        dtype = np.dtype(dtype)
        return pt.cast(x, dtype.name)

    def stacked(self, tensors):
        return pt.stack(list(tensors))

    # Linear algebra and lookup

    def summable(self, x, axis: int, y, other: int):
        if 0 in (x.ndim, y.ndim):
            # Theano multiplied by numbers
            return x, y
        x_size = x.type.shape[axis]
        y_size = y.type.shape[other]
        # One sample counts for all
        if axis and not may_agree([x_size], [y_size]):
            # Such reasons become notes; the error's message follows the contract
            raise ValueError("the axes that are summed over have different sizes")
        return x, y

    def product_by_sample(self, x, x_axis: int, y, y_axis: int):
        if x.ndim == y.ndim == 2:
            products = x * y
            return self.sum(products, 1)
        x_kept = _other_axes(x, x_axis)
        y_kept = _other_axes(y, y_axis)
        x_sizes = sizes(x)
        y_sizes = sizes(y)
        samples = x_sizes[0]
        rows = x.dimshuffle(0, *x_kept, x_axis)
        rows_shape = (samples, -1, x_sizes[x_axis])
        columns = y.dimshuffle(0, y_axis, *y_kept)
        columns_shape = (y_sizes[0], y_sizes[y_axis], -1)
        rows = rows.reshape(rows_shape)
        columns = columns.reshape(columns_shape)
        product = pt.matmul(rows, columns)
        result_sizes = [samples]
        for axis in x_kept:
            result_sizes.append(x_sizes[axis])
        for axis in y_kept:
            result_sizes.append(y_sizes[axis])
        return product.reshape(result_sizes)

    def gather(self, reference, indices):
        indices = self.cast(indices, "int32")
        if _is_discrete(reference):
            return reference[indices]
        # An index below zero is out of range too, where there are no rows but NaN
        rows = reference.shape[0]
        length = pt.cast(rows, "int32")
        is_negative = pt.lt(indices, 0)
        from_start = pt.switch(is_negative, length, indices)
        return reference[from_start]

    # Element by element

    def clipped(self, x, low, high):
        upper = pt.maximum(low, high)
        return pt.clip(x, low, upper)

    def switch(self, condition, then_expression, else_expression):
        if callable(then_expression):
            then_expression = then_expression()
        if callable(else_expression):
            else_expression = else_expression()
        return super().switch(condition, then_expression, else_expression)

    # Shapes

    def count(self, n):
        if self.is_tensor(n) and n.ndim == 0:
            return n
        return super().count(n)

    def shape(self, x):
        return self.tensor(x).shape

    def sizes(self, shape):
        return list(shape)

    def reshape(self, x, shape):
        if isinstance(shape, (list, tuple)):
            shape = list(shape)
            known = list(filter(is_int, shape))
            open_count = sum(n is None for n in shape)
            is_only_one = open_count == 1 and -1 not in known
            for axis, size in enumerate(shape):
                if size is None:
                    shape[axis] = -1 if is_only_one else x.shape[axis]
        return pt.reshape(x, shape)

    def concatenate(self, tensors, axis: int = -1):
        tensors = list(tensors)
        result = super().concatenate(tensors, axis)
        return joined(result, tensors)

    def pattern_broadcast(self, x, broatcastable):
        if len(broatcastable) != x.ndim:
            raise ValueError("there isn't one bool for each axis")
        axes = []
        for axis, flag in enumerate(broatcastable):
            if flag and x.type.shape[axis] is None:
                axes.append(axis)
        if not axes:
            return x
        return pt.specify_broadcastable(x, *axes)


FUNCTIONS = TheanoFunctions()
"""They have no state: one object is enough."""


class Operations(Types, functions=FUNCTIONS):
    """Functions of PyTensor's tensors; the state of the engine is the subclass's."""

    def _elementwise(self, x) -> tuple[Any, list[Any]] | None:
        """Returns the Op and the inputs of a tensor that an Elemwise computes."""
        node = x.owner
        if node is None or len(node.outputs) > 1:
            return None
        if not isinstance(node.op, Elemwise):
            return None
        return node.op, list(node.inputs)
