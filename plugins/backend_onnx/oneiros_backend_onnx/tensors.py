"""Tensors of a graph of ONNX, and shapes of which some sizes may be open."""

# mypy: allow-untyped-defs, allow-incomplete-defs
from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from oneiros.errors import ShapeError
from onnx import TypeProto, helper

Array = np.ndarray[Any, Any]
Size = int | None
NamedSize = int | str | None


def _operator(name: str) -> Callable[..., Any]:
    def method(self, *others):
        return self.operators[name](self, *others)

    return method


def _reflected(name: str) -> Callable[..., Any]:
    def method(self, other):
        return self.operators[name](other, self)

    return method


class Operand:
    """What Python's operators compute with.

    # Properties
        operators: the functions behind them, by the name of the method;
            `oneiros_backend_onnx.operators` fills them in.
    """

    operators: ClassVar[dict[str, Callable[..., Any]]] = {}
    __array_ufunc__ = None
    __hash__ = object.__hash__
    __add__ = _operator("add")
    __radd__ = _reflected("add")
    __sub__ = _operator("sub")
    __rsub__ = _reflected("sub")
    __mul__ = _operator("mul")
    __rmul__ = _reflected("mul")
    __truediv__ = _operator("truediv")
    __rtruediv__ = _reflected("truediv")
    __floordiv__ = _operator("floordiv")
    __rfloordiv__ = _reflected("floordiv")
    __mod__ = _operator("mod")
    __rmod__ = _reflected("mod")
    __pow__ = _operator("pow")
    __rpow__ = _reflected("pow")
    __matmul__ = _operator("matmul")
    __rmatmul__ = _reflected("matmul")
    __and__ = _operator("and")
    __rand__ = _reflected("and")
    __or__ = _operator("or")
    __ror__ = _reflected("or")
    __xor__ = _operator("xor")
    __rxor__ = _reflected("xor")
    __neg__ = _operator("neg")
    __abs__ = _operator("abs")
    __invert__ = _operator("invert")
    __lt__ = _operator("lt")
    __le__ = _operator("le")
    __gt__ = _operator("gt")
    __ge__ = _operator("ge")
    __getitem__ = _operator("getitem")


@dataclass(eq=False)
class Tensor(Operand):
    """A value that a graph computes or holds.

    # Arguments
        name: str, its name in the graph.
        type: what ONNX knows of its type and its shape.
        value: for a constant, an array.
        weights: for a constant, the names of the variables that it is made of.
        moved: for a transposed tensor, what was transposed, and the order of its axes.
        is_zero: whether it is known to hold nothing but zeros.
        size_of: for the size of an axis, the tensor and the axis.
    """

    name: str
    type: TypeProto
    value: Array | None = None
    weights: tuple[str, ...] = ()
    moved: tuple[Tensor, tuple[int, ...]] | None = None
    is_zero: bool = False
    size_of: tuple[Tensor, int] | None = None

    @property
    def static_shape(self) -> tuple[Size, ...] | None:
        """The sizes, None for those that are open, or None if the rank is open."""
        tensor = self.type.tensor_type
        if not tensor.HasField("shape"):
            return None
        return tuple(
            size.dim_value if size.HasField("dim_value") else None
            for size in tensor.shape.dim
        )

    @property
    def shape(self) -> tuple[Size, ...]:
        """The sizes, None for those that are open.

        # Raises
            ShapeError: if not even the rank is known.
        """
        shape = self.static_shape
        if shape is None:
            raise ShapeError(
                "Not even the rank of a tensor is known. K.reshape gives it a shape."
            )
        return shape

    @property
    def named_shape(self) -> tuple[NamedSize, ...]:
        """The sizes, names for those that are open and have one."""
        return tuple(
            size.dim_value if size.HasField("dim_value") else size.dim_param or None
            for size in self.type.tensor_type.shape.dim
        )

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type, as NumPy's."""
        return helper.tensor_dtype_to_np_dtype(self.type.tensor_type.elem_type)


@dataclass(eq=False)
class Sizes(Operand):
    """The shape of a tensor.

    # Arguments
        items: ints, and scalar tensors for the sizes that are open.
    """

    items: tuple[int | Tensor, ...]
    dtype: ClassVar[np.dtype[Any]] = np.dtype(np.int64)

    @property
    def shape(self) -> tuple[int]:
        """Its own shape."""
        return (len(self.items),)

    @property
    def ndim(self) -> int:
        """A shape has one axis."""
        return 1

    @property
    def static(self) -> tuple[Size, ...]:
        """The sizes, None for those that are open."""
        return tuple(n if isinstance(n, int) else None for n in self.items)


def type_of(dtype, shape: Sequence[NamedSize] | None) -> TypeProto:
    """Returns a tensor's type in ONNX.

    # Arguments
        dtype: anything that NumPy takes for a type.
        shape: ints, names for open sizes, and None for open sizes without a name; None
            if not even the rank is known.
    """
    element = helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
    sizes = None if shape is None else list(shape)
    return helper.make_tensor_type_proto(element, sizes)
