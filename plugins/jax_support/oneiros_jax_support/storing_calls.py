"""Compiled calls that store all new values or none.

No exception, not even Ctrl-C, can interrupt the storing.
"""

from __future__ import annotations

import operator
from collections import deque
from collections.abc import Callable, Sequence
from itertools import chain, repeat, starmap
from typing import Any

import numpy as np
from oneiros_backend_toolkit.interrupts import deferred_interrupts

Array = np.ndarray[Any, Any]
Slot = list[Any]
"""A list whose first element is a variable's value."""


def move(*slots: Slot) -> None:
    """Moves variables' values to the device, those that aren't there yet."""
    for slot in slots:
        if type(slot[0]) is np.ndarray:
            from oneiros_jax_support.runs import on_device

            slot[0] = on_device(slot[0])


def call(
    function: Callable[..., Any],
    arguments: Sequence[Any],
    written: list[Slot],
    outputs: int,
    runs_python: bool,
) -> list[Any]:
    """Calls a function, stores the new values, and returns the outputs.

    # Arguments
        function: compiled; returns new values for the slots, then its outputs.
        arguments: its arguments.
        written: the slots of the variables that it writes.
        outputs: how many outputs it has.
        runs_python: whether the call may run Python code: a function of `jax.jit` does
            at its first call, the result of `compile` at each call.
    """
    holders: list[Slot] = [[None] for _ in range(outputs)]
    store(function, arguments, written + holders, runs_python)
    if not holders and written:
        written[0][0].block_until_ready()
    return [holder[0] for holder in holders]


def store(
    function: Callable[..., Any],
    arguments: Sequence[Any],
    slots: Sequence[Slot],
    runs_python: bool,
) -> None:
    """Calls a function and puts each of its results at the start of a list.

    If the call runs Python code, only the call itself can be interrupted.
    """
    results = chain.from_iterable(starmap(function, (arguments,)))
    if not runs_python:
        deque(map(operator.setitem, slots, repeat(0), results), maxlen=0)
        return
    with deferred_interrupts():
        deque(map(operator.setitem, slots, repeat(0), results), maxlen=0)
