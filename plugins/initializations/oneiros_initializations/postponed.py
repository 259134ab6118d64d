"""Initial values drawn when first needed: a model that a file fills needs none."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from oneiros import backend as K
from oneiros import load_context
from oneiros_backend_toolkit.arrays import given


class Postponed(list[tuple[Any, Callable[[], Any]]]):
    """Variables that hold zeros so far, and the functions that make their values.

    A load hands it over as `LoadContext.postponed`.
    """

    def draw(self, known: Iterable[Any]) -> None:
        """Gives each variable its initial values, apart from those that are `known`."""
        filled = {id(variable) for variable in known}
        for variable, make in self:
            if id(variable) not in filled:
                K.set_value(variable, K.get_value(make()))
        self.clear()


def initialized(shape: Any, name: str | None, make: Callable[[], Any]) -> Any:
    """Returns what `make` makes, or a variable of zeros that waits for its values."""
    waiting = load_context.current().postponed
    if waiting is None:
        return make()
    variable = K.variable(
        given(np.broadcast_to(np.zeros((), K.floatx()), tuple(shape))), name=name
    )
    waiting.append((variable, make))
    return variable
