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
from oneiros.typing import Tensor, Tensors

from oneiros_backend_toolkit.lazy_graph.pinning import floatx
from oneiros_backend_toolkit.lazy_graph.promotion import Promotion
from oneiros_backend_toolkit.missing_values import OPERATORS
from oneiros_backend_toolkit.operands import (
    UnsuitedError,
    axes_of,
    axis_of,
    batch_dot_axes,
    batch_dot_equation,
    order_of,
)
from oneiros_backend_toolkit.types import INTEGERS, clipping_bounds

Function = Callable[..., Tensor]
Axes = tuple[int, ...] | None


def _on_floats(name: str, space: str = "namespace") -> Function:
    """Makes a function of the namespace one of `K`, on a tensor of floats."""

    def function(self, x):
        compute = getattr(getattr(self, space), name)
        return compute(self.floats(x))

    return function


def _on_numbers(name: str) -> Function:
    """Makes a function of the namespace one of `K`, on a tensor of numbers."""

    def function(self, x):
        x = self.countable(x)
        compute = getattr(self.space(x), name)
        return compute(x)

    return function


def _on_pair(name: str) -> Function:
    """Makes a function of the namespace one of `K`, on two tensors of one type."""

    def function(self, x, y):
        return self.elementwise(name, x, y)

    return function


def _reduction(name: str, convert: str = "tensor") -> Function:
    """Makes a reduction of the namespace one of `K`."""

    def function(self, x, axis=None, keepdims=False):
        x = getattr(self, convert)(x)
        axes = axis
        if axis is not None:
            axes = tuple(self.axes(x, axis))
        reduce = getattr(self.space(x), name)
        result = reduce(x, axis=axes, keepdims=bool(keepdims))
        dtype = self.dtype_of(x)
        return self.as_type(result, dtype)

    return function


def _filled(filler: str) -> Function:
    """Makes a function of the namespace, which fills the shape of `x`, one of `K`."""

    def function(self, x, dtype=None, name=None):
        x = self.tensor(x)
        dtype = dtype or self.dtype_of(x)
        fill = getattr(self.namespace, filler)
        return fill(x, dtype)

    return function


def _extreme_place(name: str) -> Function:
    """Makes a search of the namespace one of `K`."""

    def function(self, x, axis=-1):
        x = self.countable(x)
        axis = self.axis(x, axis)
        search = getattr(self.namespace, name)
        return search(x, axis)

    return function


class ArrayFunctions(Promotion):
    """Functions of an engine's tensors, by their names in the contract.

    # Properties
        namespace: the engine's functions, by NumPy's names.
        activations: its `erf`, `relu`, `sigmoid`, `softmax` and `softplus`.
        operators: the functions behind Python's operators, by the names of the methods
            without underscores.
    """

    namespace: Any
    activations: Any

    def __init__(self) -> None:
        self.operators: dict[str, Function] = {
            operator: partial(self.elementwise, name)
            for name, operator in OPERATORS.items()
        }
        self.operators |= {
            "abs": self.abs,
            "and": partial(self.bitwise, "bitwise_and"),
            "getitem": self.indexed,
            "invert": self.inverted,
            "matmul": self.matmul,
            "neg": self.negative,
            "or": partial(self.bitwise, "bitwise_or"),
            "pow": self.pow,
            "truediv": self.divided,
            "xor": partial(self.bitwise, "bitwise_xor"),
        }

    # What an engine may know better

    def space(self, *values):
        """Returns the namespace to compute these with."""
        return self.namespace

    def broadcastable(self, *values) -> Sequence[Tensor]:
        """Returns tensors that can be broadcast together."""
        return values

    def joinable(self, tensors: list[Tensor], axis: int) -> list[Tensor]:
        """Returns tensors that can be joined along an axis."""
        return tensors

    def rank(self, x):
        """Returns the number of a tensor's axes, None if that is open."""
        return x.ndim

    def count(self, n):
        """Returns an integer argument as the namespace takes it."""
        if np.asarray(n).dtype.kind not in INTEGERS:
            raise UnsuitedError(reason=f"{n!r:.60} isn't an integer")
        return int(n)

    def sizes(self, shape):
        """Returns a shape as the namespace takes it."""
        raise NotImplementedError

    def shape(self, x):
        raise NotImplementedError

    def stop_gradient(self, variables):
        raise NotImplementedError

    def summable(self, x, axis: int, y, other: int) -> tuple[Tensor, Tensor]:
        """Returns factors with axes of one size, over which to sum or both of
        samples."""
        return x, y

    def product(self, x, y):
        """Returns NumPy's `dot` of two tensors of one type."""
        return self.namespace.dot(x, y)

    def product_by_sample(self, x, x_axis: int, y, y_axis: int):
        """Multiplies samples, and sums over an axis of each factor."""
        x_rank = self.rank(x)
        y_rank = self.rank(y)
        equation = batch_dot_equation(x_rank, x_axis, y_rank, y_axis)
        return self.namespace.einsum(equation, x, y)

    def clipped(self, x, low, high):
        """Returns `x` between bounds of its type; the lower one counts more."""
        space = self.space(x, low, high)
        x = space.minimum(x, high)
        return space.maximum(x, low)

    # Operators

    def elementwise(self, name: str, x, y):
        """Computes a function of the namespace on two tensors of one type."""
        return self._broadcast(name, self.paired(x, y))

    def bitwise(self, name: str, x, y):
        """Computes a function of the namespace on the bits of two tensors."""
        return self._broadcast(name, self.bits(x, y))

    def _broadcast(self, name: str, operands: Tensors):
        tensors = self.broadcastable(*operands)
        compute = getattr(self.space(*tensors), name)
        return compute(*tensors)

    def divided(self, x, y):
        """Returns `x / y`."""
        operands = self.paired(x, y)
        x, y = self.broadcastable(*operands)
        x = self.floats(x)
        y = self.floats(y)
        return self.namespace.divide(x, y)

    def inverted(self, x):
        """Returns `~x`."""
        (x,) = self.bits(x)
        return self.space(x).invert(x)

    def negative(self, x):
        """Returns `-x`."""
        x = self.countable(x)
        return self.space(x).negative(x)

    def matmul(self, x, y):
        """Returns `x @ y`."""
        operands = self.paired(x, y)
        return self.namespace.matmul(*operands)

    def indexed(self, x, index):
        """Returns `x[index]`."""
        raise NotImplementedError

    # Linear algebra and lookup

    def dot(self, x, y):
        x, y = self.paired(x, y)
        x_rank = self.rank(x)
        y_rank = self.rank(y)
        last = x_rank - 1
        summed = max(y_rank - 2, 0)
        x, y = self.summable(x, last, y, summed)
        return self.product(x, y)

    def batch_dot(self, x, y, axes=None):
        x, y = self.paired(x, y)
        x_rank = self.rank(x)
        y_rank = self.rank(y)
        x_axis, y_axis = batch_dot_axes(x_rank, y_rank, axes)
        x, y = self.summable(x, x_axis, y, y_axis)
        x, y = self.summable(x, 0, y, 0)
        result = self.product_by_sample(x, x_axis, y, y_axis)
        if self.rank(result) > 1:
            return result
        return self.expand_dims(result)

    def in_top_k(self, predictions, targets, k):
        scores = self.floats(predictions)
        labels = self.cast(targets, "int64")
        ranks = (self.rank(scores), self.rank(labels))
        if ranks != (2, 1):
            raise ValueError("predictions are (batch, classes), targets (batch,)")
        column = self.expand_dims(labels)
        shape = self.shape(scores)
        classes = self.arange(shape[1])
        is_target = self.equal(column, classes)
        of_target = self.switch(is_target, scores, -np.inf)
        own = self.max(of_target, 1, keepdims=True)
        is_better = self.greater(scores, own)
        nb_better = self.sum(is_better, 1)
        # Classes that don't exist have the score -inf
        distance = self.abs(own)
        is_finite = self.lesser(distance, np.inf)
        is_valid = self.squeeze(is_finite, 1)
        is_in_top = self.lesser(nb_better, k)
        return is_valid & is_in_top

    # Tensors

    def to_dense(self, tensor):
        return self.tensor(tensor)

    zeros_like = _filled("zeros_like")
    ones_like = _filled("ones_like")

    def arange(self, start, stop=None, step=1, dtype="int32"):
        bounds = self.bounds(start, stop, step)
        if self.holds_tensor(bounds):
            tensors = self.paired(*bounds)
            numbers = self.namespace.arange(*tensors)
            return self.as_type(numbers, dtype)
        numbers = np.arange(*bounds)
        return self.constant(numbers.astype(dtype))

    def bounds(self, start, stop, step):
        """Returns the first number of `arange`, where it ends, and its step."""
        if start is None:
            raise UnsuitedError("start")
        is_known = not self.is_tensor(step)
        if is_known and step == 0:
            raise UnsuitedError("step")
        if stop is None:
            return 0, start, step
        return start, stop, step

    # Element by element

    abs = _on_numbers("abs")
    sign = _on_numbers("sign")
    round = _on_numbers("round")
    exp = _on_floats("exp")
    erf = _on_floats("erf", "activations")
    log = _on_floats("log")
    sin = _on_floats("sin")
    cos = _on_floats("cos")
    tanh = _on_floats("tanh")
    sigmoid = _on_floats("sigmoid", "activations")
    softplus = _on_floats("softplus", "activations")
    maximum = _on_pair("maximum")
    minimum = _on_pair("minimum")
    equal = _on_pair("equal")
    not_equal = _on_pair("not_equal")
    greater = _on_pair("greater")
    greater_equal = _on_pair("greater_equal")
    lesser = _on_pair("less")
    lesser_equal = _on_pair("less_equal")

    def pow(self, x, a):
        return self.elementwise("power", x, a)

    def sqrt(self, x):
        x = self.floats(x)
        not_negative = self.maximum(x, 0)
        return self.namespace.sqrt(not_negative)

    def clip(self, x, min_value, max_value):
        alike = [x]
        for bound in (min_value, max_value):
            if self.holds_tensor(bound):
                alike.append(bound)
            elif bound is not None:
                # A zero fits into each type of integers
                alike.append(np.zeros_like(bound))
        paired = self.paired(*alike)
        dtype = self.dtype_of(paired[0])
        low, high = clipping_bounds(min_value, max_value, dtype)
        operands = self.paired(x, low, high)
        tensors = self.broadcastable(*operands)
        return self.clipped(*tensors)

    def cast(self, x, dtype):
        x = self.tensor(x)
        return self.as_type(x, dtype)

    def switch(self, condition, then_expression, else_expression):
        branches = self.paired(then_expression, else_expression, arithmetic=False)
        condition = self.truth(condition)
        operands = self.broadcastable(condition, *branches)
        return self.space(*operands).where(*operands)

    def softmax(self, x):
        x = self.floats(x)
        if self.rank(x) not in (2, 3, None):
            raise UnsuitedError("x", reason="its rank isn't 2 or 3")
        return self.activations.softmax(x)

    def relu(self, x, alpha=0.0, max_value=None):
        is_leaky = self.is_tensor(alpha) or np.any(alpha)
        slope = None
        if is_leaky:
            x, slope = self.paired(x, alpha)
        x = self.countable(x)
        positive = self.activations.relu(x)
        if max_value is not None:
            positive = self.clip(positive, 0, max_value)
        if slope is None or self.dtype_of(x).kind == "u":
            return positive
        return positive - slope * self.activations.relu(-x)

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

    def axis(self, x, axis, new=0) -> int:
        """Returns an axis of a tensor, counted from the start if its rank is known."""
        rank = self.rank(x)
        if rank is None:
            return int(axis)
        return axis_of(axis, rank, new)

    def axes(self, x, axes) -> list[int]:
        """Returns axes of a tensor like `axis`."""
        rank = self.rank(x)
        if rank is None:
            return [int(axis) for axis in np.atleast_1d(axes)]
        return axes_of(axes, rank)

    def transpose(self, x):
        x = self.tensor(x)
        return self.space(x).transpose(x)

    def permute_dimensions(self, x, pattern):
        x = self.tensor(x)
        rank = self.rank(x)
        if rank is None:
            rank = len(pattern)
        order = order_of(pattern, rank)
        return self.space(x).transpose(x, order)

    def concatenate(self, tensors, axis=-1):
        tensors = self.paired(*tensors, arithmetic=False)
        axis = self.axis(tensors[0], axis)
        tensors = self.joinable(tensors, axis)
        return self.space(*tensors).concatenate(tensors, axis)

    def stack(self, x):
        if self.is_tensor(x):
            raise UnsuitedError("x")
        parts = self.paired(*x, arithmetic=False)
        tensors = self.broadcastable(*parts)
        if not tensors:
            raise ValueError("there is none to stack")
        return self.stacked(tensors)

    def repeat_elements(self, x, rep, axis):
        x = self.tensor(x)
        axis = self.axis(x, axis)
        times = self.count(rep)
        return self.space(x).repeat(x, times, axis)

    def tile(self, x, n):
        x = self.tensor(x)
        if is_int(n):
            n = [1] * (x.ndim - 1) + [int(n)]
        repeats = self.sizes(n)
        return self.space(x).tile(x, repeats)

    def expand_dims(self, x, dim=-1):
        x = self.tensor(x)
        axis = self.axis(x, dim, new=1)
        return self.space(x).expand_dims(x, axis)

    def squeeze(self, x, axis):
        x = self.tensor(x)
        axes = tuple(self.axes(x, axis))
        return self.space(x).squeeze(x, axes)

    def reverse(self, x, axes):
        x = self.tensor(x)
        axes = self.axes(x, axes)
        return self.space(x).flip(x, axes)

    def one_hot(self, indices, nb_classes):
        indices = self.cast(indices, "int32")
        column = self.expand_dims(indices)
        class_count = self.count(nb_classes)
        classes = self.arange(class_count)
        is_class = self.equal(column, classes)
        return self.as_type(is_class, floatx())
