"""Initial values that are drawn when first needed: a model loaded from a file needs
none.

Without this, loading 105 MB of dense layers takes 3.9 times as long on Theano
(`benchmarks/mechanisms.py postponed`).
"""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from oneiros import backend as K
from oneiros import load_context
from oneiros.backend.donated_arrays import donated


class Postponed(list[tuple[Any, Callable[[], Any]]]):
    """Variables that still hold zeros, and the functions that make their values.

    A load passes it as `LoadContext.postponed`.
    """

    def draw(self, filled_variables: Iterable[Any]) -> None:
        """Sets the initial values of all variables except `filled_variables`."""
        filled_ids = {id(variable) for variable in filled_variables}
        for variable, make in self:
            if id(variable) not in filled_ids:
                drawn = make()
                K.set_value(variable, K.get_value(drawn))
        self.clear()


def initialized(shape, name: str | None, make: Callable[[], Any]):
    """Returns the result of `make`, or a variable of zeros that gets values later."""
    waiting = load_context.current().postponed
    if waiting is None:
        return make()
    zero = np.zeros((), K.floatx())
    sizes = tuple(shape)
    zeros = donated(np.broadcast_to(zero, sizes))
    variable = K.variable(zeros, name=name)
    waiting.append((variable, make))
    return variable
