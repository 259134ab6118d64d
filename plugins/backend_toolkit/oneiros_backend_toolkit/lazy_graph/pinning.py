"""Runs an operation with the default float type with which it was recorded."""

import functools
from contextvars import ContextVar

from oneiros.backend import common

from oneiros_backend_toolkit.tensors import AnyFunction

_pinned: ContextVar[str | None] = ContextVar("oneiros_recorded_floatx", default=None)


def pinned(fn: AnyFunction, elementwise: bool = False) -> AnyFunction:
    """Returns a function that runs under today's default float type, whenever it runs.

    # Arguments
        fn: function that computes on the engine's tensors, and asks `floatx` for the
            default float type. It must always do the same: the recorder takes two
            results of `pinned(fn)` for the same.
        elementwise: whether it computes element by element, with broadcasting.
    """
    today = common.floatx()

    @functools.wraps(fn)
    def run(*args, **kwargs):
        token = _pinned.set(today)
        try:
            return fn(*args, **kwargs)
        finally:
            _pinned.reset(token)

    # Functions take attributes.
    run.elementwise = elementwise  # type: ignore[attr-defined]
    run.origin = (fn, today)  # type: ignore[attr-defined]  # functions take attributes
    return run


def floatx() -> str:
    """Returns the default float type under which the running function was recorded."""
    return _pinned.get() or common.floatx()
