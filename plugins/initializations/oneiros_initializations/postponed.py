"""Initial values drawn when first needed: a model that a file fills needs none."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import numpy as np
from oneiros import backend as K
from oneiros_backend_toolkit.arrays import given


class Waiting(list[tuple[Any, Callable[[], Any]]]):
    """Variables that hold zeros so far, and the functions that make their values."""

    def draw(self, known: Iterable[Any]) -> None:
        """Gives each variable its initial values, apart from those that are `known`."""
        filled = {id(variable) for variable in known}
        for variable, make in self:
            if id(variable) not in filled:
                K.set_value(variable, K.get_value(make()))
        self.clear()


_waiting: ContextVar[Waiting | None] = ContextVar("oneiros_postponed", default=None)


@contextmanager
def postponed() -> Iterator[Waiting]:
    """Postpones random initial values within a `with` block.

    Gives the variables that wait for theirs.
    """
    token = _waiting.set(waiting := Waiting())
    try:
        yield waiting
    finally:
        _waiting.reset(token)


def initialized(shape: Any, name: str | None, make: Callable[[], Any]) -> Any:
    """Returns what `make` makes, or a variable of zeros that waits for its values."""
    waiting = _waiting.get()
    if waiting is None:
        return make()
    variable = K.variable(
        given(np.broadcast_to(np.zeros((), K.floatx()), tuple(shape))), name=name
    )
    waiting.append((variable, make))
    return variable
