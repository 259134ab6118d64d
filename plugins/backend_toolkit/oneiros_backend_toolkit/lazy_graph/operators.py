"""Python's operators as one method."""

# mypy: allow-untyped-defs, allow-incomplete-defs
from collections.abc import Callable, Sequence
from typing import Any

from oneiros_backend_toolkit.explained import COMPARISONS, SIGNS


def _operator(name: str) -> Callable[..., Any]:
    def method(self, *others):
        return self.operate(name, (self, *others))

    return method


def _reflected(name: str) -> Callable[..., Any]:
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


for _name in SIGNS:
    setattr(Operators, f"__{_name}__", _operator(_name))
    if _name not in COMPARISONS:
        setattr(Operators, f"__r{_name}__", _reflected(_name))
for _name in ("neg", "abs", "invert"):
    setattr(Operators, f"__{_name}__", _operator(_name))
