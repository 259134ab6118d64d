"""Observers: notified of the phases of a fit, an evaluation or a prediction.

An observer neither sees data nor changes anything. A callback returns one from
`get_observer`; for `evaluate` and `predict`, use the block `with
observed_by(observer):`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from oneiros.engine.stream import Run

BUILD = "building"
"""The training function is made."""
UPLOAD = "upload"
"""Data is copied to the device."""
DATA = "data"
"""Batches are read and gathered, or waited for."""
CALL = "compiled call"
"""The compiled function runs."""
LOGS = "logs"
"""Its results become numbers."""
CALLBACKS = "callbacks"
"""A callback is called; the detail is its class."""
REST = "rest"
"""Anything else."""


class Observer:
    """Base class of observers, which ignores all notifications. Each phase lasts until
    the next one.

    A stream that reads in its own thread sends notifications from there, too, and ends
    them with `REST`.
    """

    def enter(self, phase: str, detail: str = "") -> None:
        """Called when a phase begins.

        # Arguments
            phase: one of this module's constants.
            detail: str, a part of that phase.
        """

    def enter_epoch(self, epoch: int | None) -> None:
        """Called when an epoch begins, with its number from 0; with None after it."""

    def enter_validation(self) -> None:
        """Called when the validation of an epoch begins."""

    def leave_validation(self) -> None:
        """Called when the validation of an epoch ends."""

    def computed(self, function: Any, run: Run, arrays: Any = None) -> None:
        """Called after each call of a compiled function.

        # Arguments
            function: the `Function`.
            run: the `Run` that was computed.
            arrays: list of the batch's arrays, if it was called on a single batch.
        """

    def finish(self, failed: bool) -> None:
        """Called when the observed call ends.

        # Arguments
            failed: bool, whether an error ended it.
        """


IDLE = Observer()
"""The observer that is active by default."""
_observer: ContextVar[Observer] = ContextVar("oneiros_observer", default=IDLE)


def current_observer() -> Observer:
    """Returns the active observer; streams ask once, when they open."""
    return _observer.get()


@contextmanager
def observed_by(observer: Observer | None) -> Iterator[None]:
    """Context manager that activates an observer; None keeps the active one."""
    if observer is None:
        yield
        return
    token = _observer.set(observer)
    try:
        yield
    except BaseException:
        observer.finish(failed=True)
        raise
    else:
        observer.finish(failed=False)
    finally:
        _observer.reset(token)
