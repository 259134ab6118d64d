"""Observers: who is told what a fit, an evaluation or a prediction is doing.

An observer neither sees data nor changes anything. A callback brings one by
`get_observer`; for `evaluate` and `predict` there is the block
`with observed_by(observer):`.
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
"""A callback is told something; the detail is its class."""
REST = "rest"
"""Anything else."""


class Observer:
    """Is told of phases, of which each lasts until the next; this one ignores them.

    A stream that reads in a thread of its own tells of phases from there, too, and
    ends them with `REST`.
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
        """Called when the validation of an epoch is over."""

    def computed(self, function: Any, run: Run, arrays: Any = None) -> None:
        """Called after each call of a compiled function.

        # Arguments
            function: the `Function`.
            run: the `Run` that was computed.
            arrays: list of the batch's arrays, if it was called on a single batch.
        """

    def finish(self, failed: bool) -> None:
        """Called when what was observed is over.

        # Arguments
            failed: bool, whether an error ended it.
        """


IDLE = Observer()
"""Who is told where nobody asked to be."""
_observer: ContextVar[Observer] = ContextVar("oneiros_observer", default=IDLE)


def current_observer() -> Observer:
    """Returns who is told of the phases here; streams ask once, when they open."""
    return _observer.get()


@contextmanager
def observed_by(observer: Observer | None) -> Iterator[None]:
    """Context manager under which an observer is told of the phases; with None, who was
    told before."""
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
