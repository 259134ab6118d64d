"""Constructors that layers have from their base classes."""

import functools
from collections.abc import Callable
from types import FunctionType
from typing import Any, TypeVar

Constructor = TypeVar("Constructor", bound=Callable[..., None])


def inherited(init: Constructor, name: str) -> Constructor:
    """Returns a base class's constructor for a class that inherits it, so that Python's
    errors name the class that the user called.

    # Arguments
        init: the constructor.
        name: str, the name of the class.
    """
    base: Any = init
    code, closure = base.__code__, base.__closure__
    own = FunctionType(code, base.__globals__, None, base.__defaults__, closure)
    functools.update_wrapper(own, init)
    own.__qualname__ = f"{name}.__init__"
    return own  # type: ignore[return-value]  # own takes what init does
