"""The functions of `K` on an engine's own tensors, written once over its namespace.

The contract explains them, and the backend records them. An engine overrides what it
does in another way.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
from oneiros.arguments import is_int

from oneiros_backend_toolkit.lazy_graph.pinning import floatx
from oneiros_backend_toolkit.lazy_graph.promotion import Promotion
from oneiros_backend_toolkit.operands import (
    axes_of,
    axis_of,
    check_softmax_rank,
    order_of,
)
from oneiros_backend_toolkit.tensors import Tensor
from oneiros_backend_toolkit.types import clipping_bounds

Function = Callable[..., Tensor]
Axes = tuple[int, ...] | None


def _on_floats(name: str) -> Function:
    """Makes a function of the namespace one of `K`, on a tensor of floats."""

    def function(self: ArrayFunctions, x: Any) -> Tensor:
        return getattr(self.namespace, name)(self.floats(x))

    return function


def _activation(name: str) -> Function:
    def function(self: ArrayFunctions, x: Any) -> Tensor:
        return getattr(self.activations, name)(self.floats(x))

    return function


def _on_numbers(name: str) -> Function:
    """Makes a function of the namespace one of `K`, on a tensor of numbers."""

    def function(self: ArrayFunctions, x: Any) -> Tensor:
        x = self.countable(x)
        return getattr(self.space(x), name)(x)

    return function


def _on_pair(name: str) -> Function:
    """Makes a function of the namespace one of `K`, on two tensors of one type."""

    def function(self: ArrayFunctions, x: Any, y: Any) -> Tensor:
        return self.elementwise(name, x, y)

    return function


def _reduction(name: str, convert: str = "tensor") -> Function:
    """Makes a reduction of the namespace one of `K`."""

    def function(
        self: ArrayFunctions, x: Any, axis: Any = None, keepdims: bool = False
    ) -> Tensor:
        x = getattr(self, convert)(x)
        axes = None if axis is None else tuple(self.axes(name, x, axis))
        result = getattr(self.space(x), name)(x, axis=axes, keepdims=bool(keepdims))
        return self.as_type(result, self.dtype_of(x))

    return function


def _extreme_place(name: str) -> Function:
    def function(self: ArrayFunctions, x: Any, axis: int = -1) -> Tensor:
        x = self.countable(x)
        return getattr(self.namespace, name)(x, self.axis(name, x, axis))

    return function


class ArrayFunctions(Promotion):
    """Functions of an engine's tensors, by their names in the contract.

    # Properties
        namespace: the engine's functions, by NumPy's names.
        activations: its `relu`, `sigmoid`, `softmax` and `softplus`.
        operators: the functions behind Python's operators, by the names of the methods
            without underscores.
    """

    namespace: Any
    activations: Any

    def __init__(self) -> None:
        elementwise = {
            "add": "add",
            "sub": "subtract",
            "mul": "multiply",
            "floordiv": "floor_divide",
            "mod": "mod",
        }
        bitwise = {"and": "bitwise_and", "or": "bitwise_or", "xor": "bitwise_xor"}
        self.operators: dict[str, Function] = {
            **{name: partial(self.elementwise, n) for name, n in elementwise.items()},
            **{name: partial(self.bitwise, n) for name, n in bitwise.items()},
            "abs": self.abs,
            "ge": self.greater_equal,
            "getitem": self.indexed,
            "gt": self.greater,
            "invert": self.inverted,
            "le": self.lesser_equal,
            "lt": self.lesser,
            "matmul": self.matmul,
            "neg": self.negative,
            "pow": self.pow,
            "truediv": self.divided,
        }

    # What an engine may know better

    def space(self, *values: Tensor) -> Any:
        """Returns the namespace to compute these with."""
        return self.namespace

    def broadcastable(self, *values: Tensor) -> Sequence[Tensor]:
        """Returns tensors that can be broadcast together."""
        return values

    def joinable(self, tensors: list[Tensor], axis: int) -> list[Tensor]:
        """Returns tensors that can be joined along an axis."""
        return tensors

    def rank(self, x: Tensor) -> int | None:
        """Returns the number of a tensor's axes, None if that is open."""
        rank: int | None = x.ndim
        return rank

    def count(self, n: Any) -> Any:
        """Returns an integer argument as the namespace takes it."""
        return int(n)

    def sizes(self, shape: Any) -> Any:
        """Returns a shape as the namespace takes it."""
        raise NotImplementedError

    def shape(self, x: Any) -> Tensor:
        raise NotImplementedError

    def stop_gradient(self, variables: Any) -> Tensor:
        raise NotImplementedError

    def clipped(self, x: Tensor, low: Tensor, high: Tensor) -> Tensor:
        """Returns `x` between bounds of its type; the lower one counts more."""
        space = self.space(x, low, high)
        return space.maximum(space.minimum(x, high), low)

    # Operators

    def elementwise(self, name: str, x: Any, y: Any) -> Tensor:
        """Computes a function of the namespace on two tensors of one type."""
        x, y = self.broadcastable(*self.paired(x, y))
        return getattr(self.space(x, y), name)(x, y)

    def bitwise(self, name: str, x: Any, y: Any) -> Tensor:
        """Computes a function of the namespace on the bits of two tensors."""
        x, y = self.broadcastable(*self.bits(x, y))
        return getattr(self.space(x, y), name)(x, y)

    def divided(self, x: Any, y: Any) -> Tensor:
        """Returns `x / y`."""
        x, y = self.broadcastable(*self.paired(x, y))
        return self.namespace.divide(self.floats(x), self.floats(y))

    def inverted(self, x: Any) -> Tensor:
        """Returns `~x`."""
        (x,) = self.bits(x)
        return self.space(x).invert(x)

    def negative(self, x: Any) -> Tensor:
        """Returns `-x`."""
        x = self.countable(x)
        return self.space(x).negative(x)

    def matmul(self, x: Any, y: Any) -> Tensor:
        """Returns `x @ y`."""
        return self.namespace.matmul(*self.paired(x, y))

    def indexed(self, x: Tensor, index: Any) -> Tensor:
        """Returns `x[index]`."""
        raise NotImplementedError

    # Tensors

    def to_dense(self, tensor: Any) -> Tensor:
        return self.tensor(tensor)

    def zeros_like(self, x: Any, dtype: Any = None, name: Any = None) -> Tensor:
        x = self.tensor(x)
        return self.namespace.zeros_like(x, dtype or self.dtype_of(x))

    def ones_like(self, x: Any, dtype: Any = None, name: Any = None) -> Tensor:
        x = self.tensor(x)
        return self.namespace.ones_like(x, dtype or self.dtype_of(x))

    def arange(
        self, start: Any, stop: Any = None, step: Any = 1, dtype: str = "int32"
    ) -> Tensor:
        if start is None:
            raise TypeError("start is None")
        bounds = (0, start, step) if stop is None else (start, stop, step)
        if any(map(self.is_tensor, bounds)):
            return self.as_type(self.namespace.arange(*self.paired(*bounds)), dtype)
        return self.constant(np.arange(*bounds).astype(dtype))

    # Element by element

    abs = _on_numbers("abs")
    sign = _on_numbers("sign")
    round = _on_numbers("round")
    exp = _on_floats("exp")
    log = _on_floats("log")
    sin = _on_floats("sin")
    cos = _on_floats("cos")
    tanh = _on_floats("tanh")
    sigmoid = _activation("sigmoid")
    softplus = _activation("softplus")
    maximum = _on_pair("maximum")
    minimum = _on_pair("minimum")
    equal = _on_pair("equal")
    not_equal = _on_pair("not_equal")
    greater = _on_pair("greater")
    greater_equal = _on_pair("greater_equal")
    lesser = _on_pair("less")
    lesser_equal = _on_pair("less_equal")

    def pow(self, x: Any, a: Any) -> Tensor:
        return self.elementwise("power", x, a)

    def sqrt(self, x: Any) -> Tensor:
        return self.namespace.sqrt(self.maximum(self.floats(x), 0))

    def clip(self, x: Any, min_value: Any, max_value: Any) -> Tensor:
        bounds = [bound for bound in (min_value, max_value) if bound is not None]
        dtype = self.dtype_of(self.paired(x, *bounds)[0])
        low, high = clipping_bounds(min_value, max_value, dtype)
        return self.clipped(*self.broadcastable(*self.paired(x, low, high)))

    def cast(self, x: Any, dtype: Any) -> Tensor:
        return self.as_type(self.tensor(x), dtype)

    def switch(
        self, condition: Any, then_expression: Any, else_expression: Any
    ) -> Tensor:
        branches = self.paired(then_expression, else_expression, arithmetic=False)
        operands = self.broadcastable(self.truth(condition), *branches)
        return self.space(*operands).where(*operands)

    def softmax(self, x: Any) -> Tensor:
        x = self.floats(x)
        check_softmax_rank(self.rank(x))
        return self.activations.softmax(x)

    def relu(self, x: Any, alpha: Any = 0.0, max_value: Any = None) -> Tensor:
        is_leaky = self.is_tensor(alpha) or np.any(np.asarray(alpha) != 0)
        if not is_leaky:
            return self._bounded(self.activations.relu(self.countable(x)), max_value)
        x, slope = self.paired(x, alpha)
        positive = self._bounded(self.activations.relu(x), max_value)
        if self.dtype_of(x).kind == "u":
            return positive
        return positive - slope * self.activations.relu(-x)

    def _bounded(self, x: Tensor, max_value: Any) -> Tensor:
        return x if max_value is None else self.clip(x, 0, max_value)

    # Reductions

    max = _reduction("max")
    min = _reduction("min")
    sum = _reduction("sum", "countable")
    prod = _reduction("prod", "countable")
    mean = _reduction("mean", "floats")
    any = _reduction("any", "truth")
    all = _reduction("all", "truth")
    argmax = _extreme_place("argmax")
    argmin = _extreme_place("argmin")

    # Shapes

    def axis(self, function: str, x: Tensor, axis: Any, new: int = 0) -> int:
        """Returns an axis of a tensor, counted from the start if its rank is known."""
        rank = self.rank(x)
        return int(axis) if rank is None else axis_of(function, axis, rank, new)

    def axes(self, function: str, x: Tensor, axes: Any) -> list[int]:
        """Returns axes of a tensor like `axis`."""
        rank = self.rank(x)
        if rank is None:
            return [int(axis) for axis in np.atleast_1d(axes)]
        return axes_of(function, axes, rank)

    def transpose(self, x: Any) -> Tensor:
        x = self.tensor(x)
        return self.space(x).transpose(x)

    def permute_dimensions(self, x: Any, pattern: Any) -> Tensor:
        x = self.tensor(x)
        rank = self.rank(x)
        order = order_of(pattern, len(pattern) if rank is None else rank)
        return self.space(x).transpose(x, order)

    def concatenate(self, tensors: Any, axis: int = -1) -> Tensor:
        tensors = self.paired(*tensors, arithmetic=False)
        axis = self.axis("concatenate", tensors[0], axis)
        tensors = self.joinable(tensors, axis)
        return self.space(*tensors).concatenate(tensors, axis)

    def stack(self, x: Any) -> Tensor:
        tensors = self.broadcastable(*self.paired(*x, arithmetic=False))
        if not tensors:
            raise ValueError("there is none to stack")
        return self.stacked(tensors)

    def repeat_elements(self, x: Any, rep: Any, axis: int) -> Tensor:
        x = self.tensor(x)
        axis = self.axis("repeat_elements", x, axis)
        return self.space(x).repeat(x, self.count(rep), axis)

    def tile(self, x: Any, n: Any) -> Tensor:
        x = self.tensor(x)
        repeats = [1] * (x.ndim - 1) + [int(n)] if is_int(n) else self.sizes(n)
        return self.space(x).tile(x, repeats)

    def expand_dims(self, x: Any, dim: int = -1) -> Tensor:
        x = self.tensor(x)
        return self.space(x).expand_dims(x, self.axis("expand_dims", x, dim, new=1))

    def squeeze(self, x: Any, axis: Any) -> Tensor:
        x = self.tensor(x)
        return self.space(x).squeeze(x, tuple(self.axes("squeeze", x, axis)))

    def reverse(self, x: Any, axes: Any) -> Tensor:
        x = self.tensor(x)
        return self.space(x).flip(x, self.axes("reverse", x, axes))

    def one_hot(self, indices: Any, nb_classes: Any) -> Tensor:
        column = self.expand_dims(self.cast(indices, "int32"))
        classes = self.constant(np.arange(self.count(nb_classes), dtype=np.int32))
        return self.as_type(self.equal(column, classes), floatx())
