"""The functions of `K` that build tensors from tensors, on PyTensor."""

# mypy: allow-untyped-defs, allow-incomplete-defs
from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytensor.tensor as pt
from oneiros.arguments import is_int
from oneiros.backend.common import floatx
from oneiros_backend_toolkit.operands import (
    axes_of,
    axis_of,
    batch_dot_axes,
    check_softmax_rank,
    joined,
    order_of,
)
from oneiros_backend_toolkit.types import Types, clipping_bounds
from pytensor.graph.basic import Variable
from pytensor.tensor.elemwise import Elemwise
from pytensor.tensor.special import softmax

from oneiros_backend_theano.copied_values import repetition, tiling
from oneiros_backend_theano.jax_op import Tensor
from oneiros_backend_theano.operators import own_type

Function = Callable[..., Tensor]
INTEGERS = "iub"
NUMBERS = (int, float, np.integer, np.floating)
SIZES_DIFFER = "the axes that are summed over have different sizes"
"""Such reasons become notes; the error's message follows the contract."""


def sizes(x: Any) -> list[Any]:
    """Returns the size of each axis: an int where it is known, else a scalar tensor."""
    return [x.shape[i] if n is None else n for i, n in enumerate(x.type.shape)]


def as_numbers(x: Any) -> Any:
    """Returns `x` as a tensor; floats of Python and NumPy get the default float type,
    and an int of Python's is int32."""
    if isinstance(x, Variable):
        return x
    if is_int(x) and not isinstance(x, np.integer):
        return pt.as_tensor_variable(np.asarray(x, "int32"))
    if np.asarray(x).dtype.kind == "f":
        return pt.as_tensor_variable(np.asarray(x, floatx()))
    return pt.as_tensor_variable(x)


def as_float(x: Any) -> Any:
    """Returns `x`, integers and booleans converted to the default float type."""
    x = pt.as_tensor_variable(x)
    return x.astype(floatx()) if np.dtype(x.dtype).kind in INTEGERS else x


def countable(x: Any) -> Any:
    """Returns `x` as a tensor of numbers: booleans count as int32."""
    x = pt.as_tensor_variable(x)
    return x.astype("int32") if x.dtype == "bool" else x


def _axis(function: str, x: Any, axis: Any) -> int:
    return axis_of(function, axis, x.ndim)


def _dtype_name(dtype: Any) -> str | None:
    return None if dtype is None else np.dtype(dtype).name


def _may_agree(x: Any, x_axis: int, y: Any, y_axis: int) -> bool:
    """Returns whether axes of two tensors can have the same size when run."""
    x_size = x.type.shape[x_axis]
    y_size = y.type.shape[y_axis]
    return x_size is None or y_size is None or x_size == y_size


def _as_rows(x: Any) -> Any:
    """Returns a tensor as a matrix with its last axis."""
    return x.reshape((-1, sizes(x)[-1])) if x.ndim > 1 else x


def _as_columns(y: Any, axis: int) -> Any:
    """Returns a tensor as a matrix, of which the first axis is the one named."""
    if y.ndim < 2:
        return y
    others = [i for i in range(y.ndim) if i != axis]
    return y.dimshuffle(axis, *others).reshape((sizes(y)[axis], -1))


def _sum(x: Tensor, **options: Any) -> Tensor:
    return pt.sum(x, dtype=x.dtype, **options)


def _product(x: Tensor, **options: Any) -> Tensor:
    return pt.prod(x, dtype=x.dtype, **options)


def _truth(x: Tensor) -> Tensor:
    return pt.neq(x, 0)


def _on_floats(function: Function) -> Function:
    """Makes a function of PyTensor one of `K`, on a tensor of floats."""

    def on_floats(self: Operations, x: Any) -> Tensor:
        return function(as_float(x))

    return on_floats


def _on_pair(function: Function) -> Function:
    """Makes a function of PyTensor one of `K`, on two tensors of one type."""

    def on_pair(self: Operations, x: Any, y: Any) -> Tensor:
        return function(*self._adapted(x, y))

    return on_pair


def _comparison(function: Function) -> Function:
    def compare(self: Operations, x: Any, y: Any) -> Tensor:
        return function(*self._adapted(x, y, arithmetic=False))

    return compare


def _reduction(name: str, function: Function, convert: Function) -> Function:
    """Makes a reduction of PyTensor one of `K`.

    # Arguments
        name: str, its name there.
        function: the reduction.
        convert: function that makes a tensor one of a type that it takes.
    """

    def reduce(
        self: Operations, x: Any, axis: Any = None, keepdims: bool = False
    ) -> Tensor:
        x = convert(as_numbers(x))
        axes = None if axis is None else axes_of(name, axis, x.ndim)
        return function(x, axis=axes, keepdims=keepdims)

    return reduce


class Operations(Types):
    """Functions of PyTensor's tensors; the state of the engine is the subclass's."""

    def tensor(self, x):
        """Returns `x` as a tensor; numbers become constants."""
        return x if isinstance(x, Variable) else pt.as_tensor_variable(x)

    def _adapted(self, *values, arithmetic: bool = True) -> Sequence[Any]:
        """Returns operands of which PyTensor makes the type of the contract's rule."""
        common_type = self.common_type(values, arithmetic)
        if own_type(values) == common_type.name:
            return values
        return self.alike(*values, arithmetic=arithmetic)

    def _elementwise(self, x) -> tuple[Any, list[Any]] | None:
        """Returns the Op and the inputs of a tensor that an Elemwise computes."""
        node = x.owner
        if node is None or not isinstance(node.op, Elemwise) or len(node.outputs) > 1:
            return None
        return node.op, list(node.inputs)

    # Linear algebra and lookup

    def dot(self, x, y):
        x, y = self._adapted(self.to_dense(x), self.to_dense(y))
        summed = max(y.ndim - 2, 0)
        if x.ndim and y.ndim and not _may_agree(x, -1, y, summed):
            raise ValueError(SIZES_DIFFER)
        if x.ndim < 3 and y.ndim < 3:
            return pt.dot(x, y)
        product = pt.dot(_as_rows(x), _as_columns(y, summed))
        y_sizes = [size for axis, size in enumerate(sizes(y)) if axis != summed]
        return product.reshape([*sizes(x)[:-1], *y_sizes])

    def batch_dot(self, x, y, axes=None):
        x, y = self._adapted(x, y)
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
        return pt.matmul(rows, columns).reshape([x_sizes[0], *kept_sizes])

    def transpose(self, x):
        return x.T

    def gather(self, reference, indices):
        indices = self.cast(indices, "int32")
        if np.dtype(reference.dtype).kind in INTEGERS:
            return reference[indices]
        # An index below zero is out of range too, where there are no rows but NaN
        length = pt.cast(reference.shape[0], "int32")
        return reference[pt.switch(pt.lt(indices, 0), length, indices)]

    def in_top_k(self, predictions, targets, k: int):
        if predictions.ndim != 2:
            raise ValueError("predictions are (batch, classes)")
        classes = pt.shape_padleft(pt.arange(predictions.shape[1]))
        hit = pt.eq(self.cast(targets, "int64").dimshuffle(0, "x"), classes)
        chosen = pt.max(pt.switch(hit, predictions, -np.inf), axis=1, keepdims=True)
        return pt.lt(pt.sum(pt.gt(predictions, chosen), axis=1, dtype="int32"), k)

    # Element by element

    def abs(self, x):
        return pt.abs(countable(x))

    def sign(self, x):
        return pt.sign(countable(x))

    exp = _on_floats(pt.exp)
    log = _on_floats(pt.log)
    sin = _on_floats(pt.sin)
    cos = _on_floats(pt.cos)
    tanh = _on_floats(pt.tanh)
    sigmoid = _on_floats(pt.sigmoid)
    softplus = _on_floats(pt.softplus)
    maximum = _on_pair(pt.maximum)
    minimum = _on_pair(pt.minimum)
    equal = _comparison(pt.eq)
    not_equal = _comparison(pt.neq)
    greater = _comparison(pt.gt)
    greater_equal = _comparison(pt.ge)
    lesser = _comparison(pt.lt)
    lesser_equal = _comparison(pt.le)

    def pow(self, x, a) -> Tensor:
        return pt.pow(*self._adapted(x, a))

    def sqrt(self, x):
        x = as_float(x)
        return pt.sqrt(pt.maximum(x, np.zeros((), x.dtype)))

    def clip(self, x, min_value, max_value):
        bounds = [bound for bound in (min_value, max_value) if bound is not None]
        dtype = self.common_type([x, *bounds])
        low, high = clipping_bounds(min_value, max_value, dtype)
        if isinstance(low, NUMBERS) and isinstance(high, NUMBERS):
            return pt.clip(*self._adapted(x, low, max(low, high)))
        x, low, high = self._adapted(x, low, high)
        return pt.clip(x, low, pt.maximum(low, high))

    def round(self, x):
        x = countable(x)
        if np.dtype(x.dtype).kind in INTEGERS:
            return x
        return pt.round(x, mode="half_to_even")

    def cast(self, x, dtype):
        return pt.cast(x, np.dtype(dtype).name)

    def switch(self, condition, then_expression, else_expression):
        branches = [
            branch() if callable(branch) else branch
            for branch in (then_expression, else_expression)
        ]
        return pt.switch(condition, *self._adapted(*branches, arithmetic=False))

    def softmax(self, x):
        check_softmax_rank(x.type.shape)
        return softmax(as_float(x), axis=-1)

    def relu(self, x, alpha=0.0, max_value=None):
        x = countable(x)
        positive = pt.switch(pt.le(x, 0), pt.zeros_like(x), x)
        if max_value is not None:
            positive = pt.minimum(*self.alike(positive, max_value))
        if isinstance(alpha, (int, float)) and alpha == 0:
            return positive
        return positive - alpha * pt.switch(pt.ge(x, 0), pt.zeros_like(x), -x)

    # Reductions

    max = _reduction("max", pt.max, as_numbers)
    min = _reduction("min", pt.min, as_numbers)
    sum = _reduction("sum", _sum, countable)
    prod = _reduction("prod", _product, countable)
    mean = _reduction("mean", pt.mean, as_float)
    any = _reduction("any", pt.any, _truth)
    all = _reduction("all", pt.all, _truth)

    def argmax(self, x, axis: int = -1):
        x = as_numbers(x)
        return pt.argmax(x, axis=_axis("argmax", x, axis))

    def argmin(self, x, axis: int = -1):
        x = countable(x)
        # The complement of an integer falls as it rises; the negative may wrap around
        is_discrete = np.dtype(x.dtype).kind in INTEGERS
        falling = pt.invert(x) if is_discrete else -x
        return pt.argmax(falling, axis=_axis("argmin", x, axis))

    # Shapes

    def shape(self, x):
        return as_numbers(x).shape

    def reshape(self, x, shape):
        if isinstance(shape, (list, tuple)):
            unknown = [i for i, n in enumerate(shape) if n is None]
            if len(unknown) == 1 and -1 not in [n for n in shape if is_int(n)]:
                shape = [-1 if n is None else n for n in shape]
            shape = [x.shape[i] if n is None else n for i, n in enumerate(shape)]
        return pt.reshape(x, shape)

    def permute_dimensions(self, x, pattern):
        return x.dimshuffle(*order_of(pattern, x.ndim))

    def concatenate(self, tensors, axis: int = -1):
        tensors = list(tensors)
        parts = self._adapted(*tensors, arithmetic=False)
        result = pt.concatenate(parts, axis=_axis("concatenate", parts[0], axis))
        return joined(result, tensors)

    def stack(self, x):
        return pt.stack(list(self._adapted(*x, arithmetic=False)))

    def repeat_elements(self, x, rep: int, axis: int):
        axis = _axis("repeat_elements", x, axis)
        return repetition(int(rep), axis)(x)

    def tile(self, x, n):
        repeats = [n] if is_int(n) else list(n)
        repeats = [1] * (x.ndim - len(repeats)) + repeats
        if len(repeats) > x.ndim or not all(map(is_int, repeats)):
            return pt.tile(x, repeats)
        return tiling(tuple(int(count) for count in repeats))(x)

    def expand_dims(self, x, dim: int = -1):
        return pt.expand_dims(x, axis_of("expand_dims", dim, x.ndim, new=1))

    def squeeze(self, x, axis: int):
        axis = _axis("squeeze", x, axis)
        if x.type.shape[axis] not in (1, None):
            raise ValueError("the size isn't 1")
        return pt.squeeze(pt.specify_broadcastable(x, axis), axis=axis)

    def reverse(self, x, axes):
        slices = [slice(None)] * x.ndim
        for axis in axes_of("reverse", axes, x.ndim):
            slices[axis] = slice(None, None, -1)
        return x[tuple(slices)]

    def one_hot(self, indices, nb_classes: int):
        wide = pt.shape_padright(self.cast(indices, "int32"))
        return self.cast(pt.eq(wide, np.arange(nb_classes, dtype="int32")), floatx())

    def zeros_like(self, x, dtype=None, name=None):
        return pt.zeros_like(x, dtype=_dtype_name(dtype))

    def ones_like(self, x, dtype=None, name=None):
        return pt.ones_like(x, dtype=_dtype_name(dtype))

    def arange(self, start, stop=None, step: int = 1, dtype: str = "int32"):
        if start is None:
            raise TypeError("start is None")
        if stop is None:
            stop = start
            start = 0
        if all(isinstance(n, NUMBERS) for n in (start, stop, step)):
            return pt.constant(np.arange(start, stop, step, dtype=dtype))
        return pt.arange(start, stop, step, dtype=dtype)

    def pattern_broadcast(self, x, broatcastable):
        if len(broatcastable) != x.ndim:
            raise ValueError("there isn't one bool for each axis")
        broadcast_axes = [
            i
            for i, flag in enumerate(broatcastable)
            if flag and x.type.shape[i] is None
        ]
        return pt.specify_broadcastable(x, *broadcast_axes) if broadcast_axes else x
