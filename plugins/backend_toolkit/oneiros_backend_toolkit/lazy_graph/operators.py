"""Python's operators as one method."""

from collections.abc import Sequence
from typing import Any

from oneiros_backend_toolkit.tensors import AnyFunction


def _operator(name: str) -> AnyFunction:
    def method(self, *others):
        return self.operate(name, (self, *others))

    return method


def _reflected(name: str) -> AnyFunction:
    def method(self, other):
        return self.operate(name, (other, self))

    return method


class Operators:
    """What Python's operators compute with."""

    __slots__ = ()

    def operate(self, name: str, operands: Sequence[Any]):
        """Returns the result of an operator.

        # Arguments
            name: the name of its method without underscores, such as `"add"`.
            operands: tensors, arrays and numbers.
        """
        raise NotImplementedError

    __add__, __radd__ = _operator("add"), _reflected("add")
    __sub__, __rsub__ = _operator("sub"), _reflected("sub")
    __mul__, __rmul__ = _operator("mul"), _reflected("mul")
    __truediv__, __rtruediv__ = _operator("truediv"), _reflected("truediv")
    __floordiv__, __rfloordiv__ = _operator("floordiv"), _reflected("floordiv")
    __mod__, __rmod__ = _operator("mod"), _reflected("mod")
    __pow__, __rpow__ = _operator("pow"), _reflected("pow")
    __matmul__, __rmatmul__ = _operator("matmul"), _reflected("matmul")
    __and__, __rand__ = _operator("and"), _reflected("and")
    __or__, __ror__ = _operator("or"), _reflected("or")
    __xor__, __rxor__ = _operator("xor"), _reflected("xor")
    __neg__ = _operator("neg")
    __abs__ = _operator("abs")
    __invert__ = _operator("invert")
    __lt__ = _operator("lt")
    __le__ = _operator("le")
    __gt__ = _operator("gt")
    __ge__ = _operator("ge")
