"""The default float type under which an operation was recorded, whenever it runs."""

from __future__ import annotations

import functools
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from oneiros.backend import common

_pinned: ContextVar[str | None] = ContextVar("oneiros_recorded_floatx", default=None)


def pinned(fn: Callable[..., Any], elementwise: bool = False) -> Callable[..., Any]:
    """Returns `fn` under today's default float type, whenever it runs.

    The recorder is told `elementwise`, and takes two such functions of one `fn` for the
    same.
    """
    today = common.floatx()

    @functools.wraps(fn)
    def run(*args: Any, **kwargs: Any) -> Any:
        token = _pinned.set(today)
        try:
            return fn(*args, **kwargs)
        finally:
            _pinned.reset(token)

    run.elementwise, run.origin = elementwise, (fn, today)  # type: ignore[attr-defined]
    return run


def floatx() -> str:
    """Returns the default float type under which the running function was recorded."""
    return _pinned.get() or common.floatx()
