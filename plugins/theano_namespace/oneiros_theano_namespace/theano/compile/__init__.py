"""Compiled functions, and shared variables."""

from typing import Any

from pytensor import compile as pytensor_compile
from pytensor.compile import Mode, Out, SharedVariable
from pytensor.compile.debug.debugmode import DebugMode

from oneiros_theano_namespace.compiling import function
from oneiros_theano_namespace.theano.compile import ops
from oneiros_theano_namespace.theano_function import Function, In
from oneiros_theano_namespace.variables import shared

__all__ = [
    "DebugMode",
    "Function",
    "In",
    "Mode",
    "Out",
    "Param",
    "SharedVariable",
    "function",
    "ops",
    "shared",
]


def Param(  # noqa: N802 - Theano's name
    variable: Any,
    default: Any = None,
    name: str | None = None,
    mutable: bool = False,
    strict: bool = False,
    allow_downcast: bool | None = None,
    implicit: bool | None = None,
    borrow: bool | None = None,
) -> Any:
    """Declares an input of a function, as `In` does.

    # Arguments
        variable: the input.
        default: its value if a call omits it.
        name: str, its name in calls.
        allow_downcast: whether fractions may be dropped.
        mutable, strict, implicit, borrow: ignored.
    """
    return In(variable, name=name, value=default, allow_downcast=allow_downcast)


def __getattr__(name: str) -> Any:
    return getattr(pytensor_compile, name)
