"""Regularizers in the style of Keras 1.0: functions of the loss that receive a weight
or a layer first."""

import functools
import inspect
from collections.abc import Callable
from typing import Any


class OneOutput:
    """Stands for the layer whose output is penalized.

    # Arguments
        output: tensor.
    """

    inbound_nodes = (None,)

    def __init__(self, output):
        self.output = output

    def get_output_at(self, node_index: int):
        """Returns the output, which is of the only call."""
        return self.output


def takes_loss(cls: type) -> bool:
    """Returns whether a class itself defines `__call__(self, loss)`."""
    call = vars(cls).get("__call__")
    if not inspect.isfunction(call):
        return False
    _, *names = inspect.signature(call).parameters
    return names == ["loss"]


def penalty_of(call: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """Returns the method `__call__(x)` for one of Keras 1.0: it adds to a loss of 0."""

    @functools.wraps(call)
    def penalty(self, x):
        self.set_param(x)
        self.set_layer(OneOutput(x))
        return call(self, 0.0)

    return penalty
