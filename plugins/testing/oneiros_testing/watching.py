"""What a constructor does besides making its object."""

import random
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

TOUCHING = ("open", "socket.", "subprocess.", "os.", "shutil.", "urllib.")
"""Beginnings of the audit events that tell of files, network and processes."""

_watched = threading.local()


def _notice(event: str, arguments: Any) -> None:
    events = getattr(_watched, "events", None)
    if events is not None and event.startswith(TOUCHING):
        events.append(f"{event} {arguments[:1]}")


@contextmanager
def touching_nothing() -> Iterator[None]:
    """Context manager for a constructor; raises AssertionError if it uses a file, the
    network, a process or a random number."""
    if not hasattr(touching_nothing, "hooked"):
        sys.addaudithook(_notice)  # for good: no hook can be taken away
        vars(touching_nothing)["hooked"] = True
    events: list[str] = []
    _watched.events = events
    try:
        with _drawing_nothing():
            yield
    finally:
        _watched.events = None
    told = ", ".join(events[:3])
    assert not events, (
        f"The constructor did: {told}. Whoever loads a file makes the object with "
        "arguments from that file. Do such things where the object is used, such as in "
        "build, call or on_train_begin."
    )


@contextmanager
def _drawing_nothing() -> Iterator[None]:
    """Context manager for a constructor; raises AssertionError if it draws a random
    number."""
    np.random.random_sample()  # so that seeding again with the same number shows
    random.random()
    before = _random_state()
    yield
    assert before == _random_state(), (
        "The constructor drew a random number, or seeded a generator, so that making "
        "the object changes the draws of all that follows. Draw where the object is "
        "used, such as in build, with an initializer."
    )


def _random_state() -> Any:
    """Returns the states of NumPy's and Python's generators."""
    state: Any = np.random.get_state(legacy=False)
    inner = state["state"]
    key = inner["key"].tolist()
    return key, inner["pos"], random.getstate()
