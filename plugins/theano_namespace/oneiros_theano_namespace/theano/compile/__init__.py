"""Compiled functions, and shared variables."""

from pytensor import compile as pytensor_compile
from pytensor.compile.debug.debugmode import DebugMode

from oneiros_theano_namespace.compiling import Function, In, function
from oneiros_theano_namespace.theano.compile.ops import as_op
from oneiros_theano_namespace.variables import shared

__all__ = ["DebugMode", "Function", "In", "Param", "as_op", "function", "shared"]


def Param(  # noqa: N802 - Theano's name
    variable, default=None, name: str | None = None, **options
) -> In:
    """Declares an input of a function, as `In` does.

    # Arguments
        variable: the input.
        default: its value if a call omits it.
        name: str, its name in calls.
        options: what `In` takes besides.
    """
    return In(variable, name, default, **options)


def __getattr__(name: str):
    return getattr(pytensor_compile, name)
