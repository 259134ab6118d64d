"""Compiled calls that store new values in one go: no exception, not even Ctrl-C, can
come in between."""

from __future__ import annotations

import operator
import threading
from collections import deque
from collections.abc import Callable, Sequence
from itertools import chain, repeat, starmap
from typing import Any

from oneiros_backend_toolkit.interrupts import deferred_interrupts

LOCK = threading.Lock()
"""Held from reading the variables to storing their new values: no other thread reads a
donated buffer."""


def store(
    function: Callable[..., Any],
    arguments: Any,
    slots: Sequence[list[Any]],
    python: bool,
) -> None:
    """Calls `function` and puts each of its results at the start of a list.

    # Arguments
        function: returns as many results as there are slots.
        arguments: its arguments.
        slots: lists.
        python: whether the function may run Python code, as those of `jax.jit` do when
            first called, and what
            `compile` returns does each time; of all that follows only this is
            interruptible.
    """
    results = chain.from_iterable(starmap(function, (arguments,)))
    if not python:
        deque(map(operator.setitem, slots, repeat(0), results), maxlen=0)
        return
    with deferred_interrupts():
        deque(map(operator.setitem, slots, repeat(0), results), maxlen=0)
