"""The functions of `K` that build tensors from tensors, on PyTensor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytensor.tensor as pt
from oneiros.arguments import is_int
from oneiros.backend.common import floatx
from oneiros.errors import ArgumentError, ShapeError
from oneiros_backend_toolkit.types import Types, clipping_bounds
from pytensor.graph.basic import Variable
from pytensor.tensor.elemwise import Elemwise
from pytensor.tensor.special import softmax

from oneiros_backend_theano.operators import own_type

INTEGERS = "iub"
NUMBERS = (int, float, np.integer, np.floating)


def sizes(x: Any) -> list[Any]:
    """Returns the size of each axis: an int where it is known, else a scalar tensor."""
    return [x.shape[i] if n is None else n for i, n in enumerate(x.type.shape)]


def as_float(x: Any) -> Any:
    """Returns `x`, integers and booleans converted to the default float type."""
    x = pt.as_tensor_variable(x)
    return x.astype(floatx()) if np.dtype(x.dtype).kind in INTEGERS else x


def countable(x: Any) -> Any:
    """Returns `x` as a tensor of numbers: booleans count as int32."""
    x = pt.as_tensor_variable(x)
    return x.astype("int32") if x.dtype == "bool" else x


def _axes(x: Any, axis: Any) -> Any:
    if axis is None:
        return None
    chosen = [axis] if is_int(axis) else list(axis)
    for one in chosen:
        if not -x.ndim <= one < x.ndim:
            raise ArgumentError(
                f"Axis {one} doesn't exist: the tensor has shape {x.type.shape}."
            )
    return sorted({int(one) % x.ndim for one in chosen})


def _axis(x: Any, axis: Any) -> int:
    return int(_axes(x, axis)[0])


def _accumulated(x: Any) -> Any:
    """Integers are summed in their own type, booleans as int32, instead of PyTensor's
    int64."""
    return "int32" if x.dtype == "bool" else x.dtype


class Operations(Types):
    """Tensor functions; the state of the engine is the subclass's."""

    def tensor(self, x: Any) -> Any:
        """Returns `x` as a tensor; numbers become constants."""
        return x if isinstance(x, Variable) else pt.as_tensor_variable(x)

    def _adapted(
        self,
        *values: Any,
        arithmetic: bool = True,
    ) -> Sequence[Any]:
        """Returns operands of which PyTensor makes the type of the contract's rule."""
        wanted = self.common_type(values, arithmetic)
        if own_type(values) == wanted.name:
            return values
        return self.alike(*values, arithmetic=arithmetic)

    def _elementwise(self, x: Any) -> tuple[Any, list[Any]] | None:
        """Returns the Op and the inputs of a tensor that an Elemwise computes."""
        node = x.owner
        if node is None or not isinstance(node.op, Elemwise) or len(node.outputs) > 1:
            return None
        return node.op, list(node.inputs)

    # Linear algebra and lookup

    def dot(
        self,
        x: Any,
        y: Any,
    ) -> Any:
        x, y = self._adapted(self.to_dense(x), self.to_dense(y))
        inner = (*x.type.shape[-1:], *y.type.shape[-2:][:1])
        if len(inner) == 2 and None not in inner and inner[0] != inner[1]:
            raise ShapeError(
                f"dot can't multiply tensors of shapes {x.type.shape} and "
                f"{y.type.shape}."
            )
        if x.ndim < 3 and y.ndim < 3:
            return pt.dot(x, y)
        left, right, at = sizes(x), sizes(y), max(y.ndim - 2, 0)
        order = [at, *(i for i in range(y.ndim) if i != at)]
        x2 = x.reshape((-1, left[-1])) if x.ndim > 1 else x
        y2 = y.dimshuffle(*order).reshape((right[at], -1)) if y.ndim > 1 else y
        return pt.dot(x2, y2).reshape([*left[:-1], *right[:at], *right[at + 1 :]])

    def batch_dot(
        self,
        x: Any,
        y: Any,
        axes: Any = None,
    ) -> Any:
        if x.ndim < 2 or y.ndim < 2:
            raise ArgumentError(
                f"batch_dot takes ranks of 2 or more; it received {x.ndim} and "
                f"{y.ndim}."
            )
        x, y = self._adapted(x, y)
        if axes is None:
            axes = (x.ndim - 1, max(y.ndim - 2, 1))
        first, second = (axes, axes) if is_int(axes) else axes
        first, second = _axis(x, first), _axis(y, second)
        if not first or not second:
            raise ArgumentError(
                f"batch_dot can't sum over axis 0, the batch; it received axes={axes}."
            )
        known = x.type.shape[first], y.type.shape[second]
        if None not in known and known[0] != known[1]:
            raise ShapeError(
                f"batch_dot over axes {(first, second)}: sizes {known[0]} and "
                f"{known[1]} differ (shapes {x.type.shape} and {y.type.shape})."
            )
        if x.ndim == y.ndim == 2:
            return pt.sum(x * y, axis=1, keepdims=True)
        left = [i for i in range(1, x.ndim) if i != first]
        right = [i for i in range(1, y.ndim) if i != second]
        xs, ys = sizes(x), sizes(y)
        x3 = x.dimshuffle(0, *left, first).reshape((xs[0], -1, xs[first]))
        y3 = y.dimshuffle(0, second, *right).reshape((ys[0], ys[second], -1))
        return pt.matmul(x3, y3).reshape(
            [xs[0], *(xs[i] for i in left), *(ys[i] for i in right)]
        )

    def transpose(self, x: Any) -> Any:
        return x.T

    def gather(
        self,
        reference: Any,
        indices: Any,
    ) -> Any:
        return reference[self.cast(indices, "int32")]

    def in_top_k(
        self,
        predictions: Any,
        targets: Any,
        k: int,
    ) -> Any:
        classes = pt.shape_padleft(pt.arange(predictions.shape[1]))
        hit = pt.eq(self.cast(targets, "int64").dimshuffle(0, "x"), classes)
        chosen = pt.max(pt.switch(hit, predictions, -np.inf), axis=1, keepdims=True)
        return pt.lt(pt.sum(pt.gt(predictions, chosen), axis=1, dtype="int32"), k)

    # Element by element

    def abs(self, x: Any) -> Any:
        return pt.abs(countable(x))

    def sign(self, x: Any) -> Any:
        return pt.sign(countable(x))

    def exp(self, x: Any) -> Any:
        return pt.exp(as_float(x))

    def log(self, x: Any) -> Any:
        return pt.log(as_float(x))

    def sqrt(self, x: Any) -> Any:
        x = as_float(x)
        return pt.sqrt(pt.maximum(x, np.zeros((), x.dtype)))

    def pow(
        self,
        x: Any,
        a: Any,
    ) -> Any:
        return pt.pow(*self._adapted(x, a))

    def clip(
        self,
        x: Any,
        min_value: Any,
        max_value: Any,
    ) -> Any:
        given = [bound for bound in (min_value, max_value) if bound is not None]
        dtype = self.common_type([x, *given])
        low, high = clipping_bounds(min_value, max_value, dtype)
        if isinstance(low, (int, float)) and isinstance(high, (int, float)):
            high = max(low, high)
        return pt.clip(*self._adapted(x, low, high))

    def round(self, x: Any) -> Any:
        x = countable(x)
        if np.dtype(x.dtype).kind in INTEGERS:
            return x
        return pt.round(x, mode="half_to_even")

    def sin(self, x: Any) -> Any:
        return pt.sin(as_float(x))

    def cos(self, x: Any) -> Any:
        return pt.cos(as_float(x))

    def maximum(
        self,
        x: Any,
        y: Any,
    ) -> Any:
        return pt.maximum(*self._adapted(x, y))

    def minimum(
        self,
        x: Any,
        y: Any,
    ) -> Any:
        return pt.minimum(*self._adapted(x, y))

    def equal(
        self,
        x: Any,
        y: Any,
    ) -> Any:
        return pt.eq(*self._adapted(x, y, arithmetic=False))

    def not_equal(
        self,
        x: Any,
        y: Any,
    ) -> Any:
        return pt.neq(*self._adapted(x, y, arithmetic=False))

    def greater(
        self,
        x: Any,
        y: Any,
    ) -> Any:
        return pt.gt(*self._adapted(x, y, arithmetic=False))

    def greater_equal(
        self,
        x: Any,
        y: Any,
    ) -> Any:
        return pt.ge(*self._adapted(x, y, arithmetic=False))

    def lesser(
        self,
        x: Any,
        y: Any,
    ) -> Any:
        return pt.lt(*self._adapted(x, y, arithmetic=False))

    def lesser_equal(
        self,
        x: Any,
        y: Any,
    ) -> Any:
        return pt.le(*self._adapted(x, y, arithmetic=False))

    def cast(
        self,
        x: Any,
        dtype: Any,
    ) -> Any:
        return pt.cast(x, np.dtype(dtype).name)

    def switch(
        self,
        condition: Any,
        then_expression: Any,
        else_expression: Any,
    ) -> Any:
        chosen = [
            one() if callable(one) else one
            for one in (then_expression, else_expression)
        ]
        return pt.switch(condition, *self._adapted(*chosen, arithmetic=False))

    def sigmoid(self, x: Any) -> Any:
        return pt.sigmoid(as_float(x))

    def tanh(self, x: Any) -> Any:
        return pt.tanh(as_float(x))

    def softplus(self, x: Any) -> Any:
        return pt.softplus(as_float(x))

    def softmax(self, x: Any) -> Any:
        if x.ndim not in (2, 3):
            raise ArgumentError(
                f"softmax takes a 2D or 3D tensor; it received one of rank {x.ndim}, "
                f"shape {x.type.shape}. Reshape it so that its last axis holds the "
                f"classes."
            )
        return softmax(as_float(x), axis=-1)

    def relu(
        self,
        x: Any,
        alpha: Any = 0.0,
        max_value: Any = None,
    ) -> Any:
        x = countable(x)
        positive = pt.switch(pt.le(x, 0), pt.zeros_like(x), x)
        if max_value is not None:
            positive = pt.minimum(*self.alike(positive, max_value))
        if isinstance(alpha, (int, float)) and alpha == 0:
            return positive
        return positive - alpha * pt.switch(pt.ge(x, 0), pt.zeros_like(x), -x)

    # Reductions

    def max(
        self,
        x: Any,
        axis: Any = None,
        keepdims: bool = False,
    ) -> Any:
        return pt.max(x, axis=_axes(x, axis), keepdims=keepdims)

    def min(
        self,
        x: Any,
        axis: Any = None,
        keepdims: bool = False,
    ) -> Any:
        return pt.min(x, axis=_axes(x, axis), keepdims=keepdims)

    def sum(
        self,
        x: Any,
        axis: Any = None,
        keepdims: bool = False,
    ) -> Any:
        return pt.sum(x, axis=_axes(x, axis), dtype=_accumulated(x), keepdims=keepdims)

    def prod(
        self,
        x: Any,
        axis: Any = None,
        keepdims: bool = False,
    ) -> Any:
        return pt.prod(x, axis=_axes(x, axis), dtype=_accumulated(x), keepdims=keepdims)

    def mean(
        self,
        x: Any,
        axis: Any = None,
        keepdims: bool = False,
    ) -> Any:
        x = as_float(x)
        return pt.mean(x, axis=_axes(x, axis), keepdims=keepdims)

    def any(
        self,
        x: Any,
        axis: Any = None,
        keepdims: bool = False,
    ) -> Any:
        return pt.any(pt.neq(x, 0), axis=_axes(x, axis), keepdims=keepdims)

    def all(
        self,
        x: Any,
        axis: Any = None,
        keepdims: bool = False,
    ) -> Any:
        return pt.all(pt.neq(x, 0), axis=_axes(x, axis), keepdims=keepdims)

    def argmax(
        self,
        x: Any,
        axis: int = -1,
    ) -> Any:
        return pt.argmax(x, axis=_axis(x, axis))

    def argmin(
        self,
        x: Any,
        axis: int = -1,
    ) -> Any:
        x = countable(x)
        # The complement of an integer falls as it rises; the negative may wrap around
        is_discrete = np.dtype(x.dtype).kind in INTEGERS
        falling = pt.invert(x) if is_discrete else -x
        return pt.argmax(falling, axis=_axis(x, axis))

    # Shapes

    def shape(self, x: Any) -> Any:
        return x.shape

    def reshape(
        self,
        x: Any,
        shape: Any,
    ) -> Any:
        if isinstance(shape, (list, tuple)):
            unknown = [i for i, n in enumerate(shape) if n is None]
            if len(unknown) == 1 and -1 not in [n for n in shape if is_int(n)]:
                shape = [-1 if n is None else n for n in shape]
            shape = [x.shape[i] if n is None else n for i, n in enumerate(shape)]
        return pt.reshape(x, shape)

    def permute_dimensions(
        self,
        x: Any,
        pattern: Any,
    ) -> Any:
        return x.dimshuffle(*[_axis(x, axis) for axis in pattern])

    def concatenate(
        self,
        tensors: Any,
        axis: int = -1,
    ) -> Any:
        tensors = self._adapted(*map(self.to_dense, tensors), arithmetic=False)
        return pt.concatenate(tensors, axis=_axis(tensors[0], axis))

    def stack(self, x: Any) -> Any:
        return pt.stack(list(self._adapted(*x, arithmetic=False)))

    def repeat_elements(
        self,
        x: Any,
        rep: int,
        axis: int,
    ) -> Any:
        at, shape = _axis(x, axis), sizes(x)
        wide = pt.alloc(
            pt.expand_dims(x, at + 1), *shape[: at + 1], rep, *shape[at + 1 :]
        )
        return wide.reshape([*shape[:at], shape[at] * rep, *shape[at + 1 :]])

    def tile(
        self,
        x: Any,
        n: Any,
    ) -> Any:
        repeats = [n] if is_int(n) else list(n)
        repeats = [1] * (x.ndim - len(repeats)) + repeats
        static = x.type.shape
        if len(repeats) == x.ndim and all(map(is_int, repeats)):
            result = [
                None if size is None else size * r
                for size, r in zip(static, repeats, strict=True)
            ]
            return pt.specify_shape(pt.tile(x, repeats), result)
        return pt.tile(x, repeats)

    def expand_dims(
        self,
        x: Any,
        dim: int = -1,
    ) -> Any:
        return pt.expand_dims(x, dim)

    def squeeze(
        self,
        x: Any,
        axis: int,
    ) -> Any:
        at = _axis(x, axis)
        if x.type.shape[at] not in (1, None):
            raise ShapeError(
                f"squeeze can't remove axis {axis} of shape {x.type.shape}: its size "
                f"isn't 1."
            )
        return pt.squeeze(pt.specify_broadcastable(x, at), axis=at)

    def reverse(
        self,
        x: Any,
        axes: Any,
    ) -> Any:
        chosen = _axes(x, axes)
        return x[
            tuple(slice(None, None, -1 if i in chosen else None) for i in range(x.ndim))
        ]

    def one_hot(
        self,
        indices: Any,
        nb_classes: int,
    ) -> Any:
        wide = pt.shape_padright(self.cast(indices, "int32"))
        return self.cast(pt.eq(wide, np.arange(nb_classes, dtype="int32")), floatx())

    def zeros_like(
        self,
        x: Any,
        dtype: Any = None,
        name: Any = None,
    ) -> Any:
        return pt.zeros_like(x, dtype=dtype and np.dtype(dtype).name)

    def ones_like(
        self,
        x: Any,
        dtype: Any = None,
        name: Any = None,
    ) -> Any:
        return pt.ones_like(x, dtype=dtype and np.dtype(dtype).name)

    def arange(
        self,
        start: Any,
        stop: Any = None,
        step: int = 1,
        dtype: str = "int32",
    ) -> Any:
        if stop is None:
            start, stop = 0, start
        if all(isinstance(n, NUMBERS) for n in (start, stop, step)):
            return pt.constant(np.arange(start, stop, step, dtype=dtype))
        return pt.arange(start, stop, step, dtype=dtype)

    def pattern_broadcast(
        self,
        x: Any,
        broatcastable: Any,
    ) -> Any:
        ones = [
            i
            for i, flag in enumerate(broatcastable)
            if flag and x.type.shape[i] is None
        ]
        return pt.specify_broadcastable(x, *ones) if ones else x
