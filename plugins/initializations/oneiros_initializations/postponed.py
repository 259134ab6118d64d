"""Initial values that nobody will see: those of a model whose weights come from a
file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import numpy as np
from oneiros import backend as K
from oneiros_backend_toolkit.arrays import given


class Waiting(list[tuple[Any, Callable[[], Any]]]):
    """Variables that hold zeros so far, each with the function that makes one with its
    initial values."""

    def draw(self, known: Iterable[Any]) -> None:
        """Gives each variable its initial values, apart from those that have values by
        now."""
        filled = {id(variable) for variable in known}
        for variable, make in self:
            if id(variable) not in filled:
                K.set_value(variable, K.get_value(make()))
        self.clear()


_waiting: ContextVar[Waiting | None] = ContextVar("oneiros_postponed", default=None)


@contextmanager
def postponed() -> Iterator[Waiting]:
    """Context manager under which random initial values aren't drawn; gives the
    variables that wait."""
    token = _waiting.set(waiting := Waiting())
    try:
        yield waiting
    finally:
        _waiting.reset(token)


def initialized(shape: Any, name: str | None, make: Callable[[], Any]) -> Any:
    """Returns the variable that `make` makes, or one of zeros that waits for its
    values."""
    waiting = _waiting.get()
    if waiting is None:
        return make()
    variable = K.variable(
        given(np.broadcast_to(np.zeros((), K.floatx()), tuple(shape))), name=name
    )
    waiting.append((variable, make))
    return variable
