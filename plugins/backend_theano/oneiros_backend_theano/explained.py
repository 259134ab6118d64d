"""PyTensor's errors about tensors that don't fit, told in the words of `K`."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from oneiros.errors import OneirosError, ShapeError
from pytensor.graph.basic import Variable

Cls = TypeVar("Cls", bound=type)


def explained(cls: Cls) -> Cls:
    """Decorates a class whose public methods are functions of `K`: where PyTensor
    refuses their arguments, they raise a ShapeError."""
    for name, function in list(vars(cls).items()):
        if inspect.isfunction(function) and not name.startswith("_"):
            setattr(cls, name, _explained(function))
    return cls


def _explained(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def run(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except OneirosError:
            raise
        except (IndexError, ValueError) as error:
            shapes = _shapes((*args, *kwargs.values()))
            shown = ", ".join(map(str, shapes)) or "(none)"
            reason = str(error).partition("\n")[0]
            raise ShapeError(
                f"K.{function.__name__} received tensors of shapes {shown}: {reason}"
            ) from None

    return run


def _shapes(values: Any) -> Iterator[Any]:
    """Yields the shapes of the tensors among values, also in lists."""
    for value in values:
        if isinstance(value, (list, tuple)):
            yield from _shapes(value)
        elif isinstance(value, Variable):
            yield value.type.shape
