"""Python's operators as one method."""

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

    def operate(self, name: str, operands):
        """Returns the result of an operator.

        # Arguments
            name: the name of its method without underscores, such as `"add"`.
            operands: tensors, arrays and numbers.
        """
        raise NotImplementedError

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
