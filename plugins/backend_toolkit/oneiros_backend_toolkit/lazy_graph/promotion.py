"""Type promotion: values become an engine's tensors, by the contract's rule."""

from collections.abc import Sequence

import numpy as np
from oneiros.arguments import is_int
from oneiros.errors import ArgumentError
from oneiros.typing import Array, Tensor, Tensors

from oneiros_backend_toolkit.lazy_graph.pinning import floatx
from oneiros_backend_toolkit.types import DISCRETE, adapted, common_type


class Promotion:
    """Converts tensors, arrays and numbers to an engine's tensors.

    An engine defines the methods that raise NotImplementedError.

    # Properties
        number_kinds: NumPy's kinds of the numbers that the engine has.
        index_types: the types of integers that the engine takes for places.
    """

    number_kinds: str = "biufc"
    index_types: tuple[str, ...] = ("int32", "int64")

    # What an engine supplies

    def is_tensor(self, x) -> bool:
        """Returns whether `x` is a tensor of the engine."""
        raise NotImplementedError

    def dtype_of(self, x) -> np.dtype:
        """Returns a tensor's type, as NumPy's."""
        raise NotImplementedError

    def constant(self, array: Array):
        """Returns an array as a tensor of its type."""
        raise NotImplementedError

    def as_type(self, x, dtype):
        """Returns a tensor of another type."""
        raise NotImplementedError

    def stacked(self, tensors: Sequence[Tensor]):
        """Returns tensors of one type along a new first axis."""
        raise NotImplementedError

    # What follows from that

    def holds_tensor(self, x) -> bool:
        """Returns whether `x` is a tensor of the engine, or a list of some."""
        if isinstance(x, (list, tuple)):
            return any(map(self.holds_tensor, x))
        return self.is_tensor(x)

    def array(self, x) -> Array:
        """Returns a number or numbers as an array.

        # Raises
            TypeError: if it is something else.
        """
        array = np.asarray(x)
        if array.dtype.kind not in self.number_kinds:
            raise TypeError(f"{x!r:.60} isn't a tensor, array or number")
        return array

    def tensor(self, x):
        """Returns `x` as a tensor; floats of Python and NumPy get the default float
        type."""
        if self.is_tensor(x):
            return x
        if self.holds_tensor(x):
            return self.stacked(self.paired(*x, arithmetic=False))
        array = self.array(x)
        if array.dtype.kind == "f":
            return self.constant(array.astype(floatx()))
        is_python_int = is_int(x) and not hasattr(x, "dtype")
        if is_python_int:
            array = array.astype(np.int32)
        return self.constant(array)

    def of_type(self, x, dtype):
        """Returns `x` as a tensor of a type that can represent it."""
        if self.holds_tensor(x):
            return self.as_type(self.tensor(x), dtype)
        array = self.array(x)
        return self.constant(adapted(array, np.dtype(dtype)))

    def floats(self, x):
        """Returns `x` as a tensor of floats; integers and booleans get the default
        float type."""
        x = self.tensor(x)
        if self.dtype_of(x).kind not in DISCRETE:
            return x
        return self.as_type(x, floatx())

    def countable(self, x):
        """Returns `x` as a tensor of numbers: truth values count as 0 and 1."""
        x = self.tensor(x)
        if self.dtype_of(x).kind != "b":
            return x
        return self.as_type(x, "int32")

    def truth(self, x):
        """Returns `x` as a tensor of truth values."""
        return self.as_type(self.tensor(x), "bool")

    def places(self, x):
        """Returns `x` as integers of a type that the engine takes for places."""
        x = self.tensor(x)
        if self.dtype_of(x).name in self.index_types:
            return x
        return self.as_type(x, self.index_types[0])

    def paired(self, *values, arithmetic: bool = True) -> Tensors:
        """Returns tensors of the type that values have in common.

        # Arguments
            *values: tensors, arrays and numbers.
            arithmetic: whether something is computed of them, so that booleans count as
                integers.
        """
        operands = []
        types = []
        constants = []
        for x in values:
            if self.holds_tensor(x):
                x = self.tensor(x)
                types.append(self.dtype_of(x))
            else:
                x = self.array(x)
                constants.append(x.dtype)
            operands.append(x)
        dtype = common_type(types, constants, floatx(), arithmetic)
        return [self.of_type(x, dtype) for x in operands]

    def bits(self, *values) -> Tensors:
        """Returns integers or booleans as tensors of the type that they have in
        common."""
        tensors = self.paired(*values, arithmetic=False)
        dtype = self.dtype_of(tensors[0])
        if dtype.kind not in DISCRETE:
            raise ArgumentError(
                f"&, |, ^ and ~ need integers or booleans; received {dtype.name}. "
                "K.not_equal(x, 0) converts numbers to booleans."
            )
        return tensors
