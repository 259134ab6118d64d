"""Tensors of a graph of ONNX, and shapes of which some sizes may be open."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from oneiros.errors import ShapeError
from oneiros.typing import Array
from oneiros_backend_toolkit.lazy_graph.operators import Operators
from onnx import TypeProto, ValueInfoProto, helper

Size = int | None
NamedSize = int | str | None


@dataclass(eq=False)
class Tensor(Operators):
    """A value that a graph computes or holds.

    # Arguments
        name: str, its name in the graph.
        type: what ONNX knows of its type and its shape.
        value: for a constant, an array.
        weights: for a constant, the names of the variables that it is made of.
        moved: for a transposed tensor, what was transposed, and the order of its axes.
        is_zero: whether it is known to hold nothing but zeros.
        size_of: for the size of an axis, the tensor and the axis.
        items: for the shape of a tensor, its sizes: ints, and scalar tensors for those
            that are open.

    # Properties
        operators: the functions behind Python's operators; `functions` fills them in.
    """

    name: str
    type: TypeProto
    value: Array | None = None
    weights: tuple[str, ...] = ()
    moved: tuple[Tensor, tuple[int, ...]] | None = None
    is_zero: bool = False
    size_of: tuple[Tensor, int] | None = None
    items: tuple[int | Tensor, ...] | None = None
    operators: ClassVar[dict[str, Callable[..., Any]]] = {}
    __array_ufunc__ = None

    def operate(self, name: str, operands: Sequence[Any]):
        """Adds the nodes of an operator."""
        return self.operators[name](*operands)

    def __getitem__(self, index):
        return self.operators["getitem"](self, index)

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
    def info(self) -> ValueInfoProto:
        """Its name and type, as graphs take them."""
        return helper.make_value_info(self.name, self.type)

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    @property
    def dtype(self) -> np.dtype:
        """The type, as NumPy's."""
        return helper.tensor_dtype_to_np_dtype(self.type.tensor_type.elem_type)


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
