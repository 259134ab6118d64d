"""Base classes of the standard optimizers."""

from __future__ import annotations

from typing import Any

import numpy as np
from oneiros import backend as K

from oneiros_optimizers.optimizer import Optimizer, plain_number


class StandardOptimizer(Optimizer):
    """An optimizer with a learning rate and a count of its updates.

    # Arguments
        lr: float, learning rate; a variable, so that `K.set_value(optimizer.lr, 0.001)`
            takes effect immediately.
        **kwargs: `clipnorm` and `clipvalue`, as for `Optimizer`.
    """

    def __init__(self, lr: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.iterations = K.variable(0.0)
        self.lr = hyperparameter(self, "lr", lr)

    def counting(self) -> list[Any]:
        """Returns the update that increments the counter."""
        return [K.update_add(self.iterations, 1)]

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "lr": number(self.lr)}


class DecayingOptimizer(StandardOptimizer):
    """An optimizer whose learning rate can decay as `lr / (1 + decay * iterations)`.

    # Arguments
        lr: float, learning rate.
        decay: float, 0 for none. This argument decides whether the rate decays; the
            variable sets how fast.
        **kwargs: `clipnorm` and `clipvalue`, as for `Optimizer`.
    """

    def __init__(self, lr: float, decay: float, **kwargs: Any) -> None:
        super().__init__(lr=lr, **kwargs)
        self.decay = hyperparameter(self, "decay", decay)
        self.initial_decay = decay

    def decayed_lr(self) -> Any:
        """Returns the learning rate of this update."""
        if self.initial_decay > 0:
            return self.lr / (1.0 + self.decay * self.iterations)
        return self.lr

    def counting_if_decaying(self) -> list[Any]:
        """Returns the update of the counter, if the learning rate depends on it."""
        if self.initial_decay > 0:
            return self.counting()
        return []

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "decay": number(self.decay)}


def hyperparameter(optimizer: Optimizer, name: str, value: Any) -> Any:
    """Returns a variable with the value of an argument; a tensor is returned unchanged.

    # Raises
        ArgumentError: if the argument is neither a number nor a tensor.
    """
    number = plain_number(optimizer, name, value)
    return number if K.current().owns(number) else K.variable(number)


def slots(params: list[Any]) -> list[Any]:
    """Returns one variable of zeros per parameter, of its shape."""
    return [K.zeros(K.get_variable_shape(p)) for p in params]


def stored(p: Any, new_p: Any, constraints: dict[Any, Any]) -> Any:
    """Returns the update of parameter `p` to `new_p`, under its constraint."""
    if p in constraints:
        new_p = constraints[p](new_p)
    return K.update(p, new_p)


def number(variable: Any) -> float:
    """Returns the value of a variable that holds a single number."""
    return float(np.asarray(K.get_value(variable)).item())
