"""Base classes of the standard optimizers, which are their slots and their step."""

from itertools import chain
from typing import Any

from oneiros import backend as K
from oneiros.backend import bound
from oneiros.engine.node import Tensor

from oneiros_optimizers.optimizer import Optimizer, plain_number

Slots = tuple[Tensor, ...]
Step = tuple[Tensor, ...]


class StandardOptimizer(Optimizer):
    """An optimizer with a learning rate and a count of its updates.

    A subclass names what it remembers of each weight, its slots, which start from 0,
    and defines the `step` of one weight.

    # Arguments
        lr: float, learning rate; a variable, so that `K.set_value(optimizer.lr, 0.001)`
            takes effect immediately.
        **kwargs: `clipnorm` and `clipvalue`, as for `Optimizer`.
    """

    slots: tuple[str, ...]
    has_count_in_weights = True
    """Whether `iterations` is part of the saved state, as in Keras 1."""

    def __init__(self, lr: float, **kwargs):
        super().__init__(**kwargs)
        self.iterations = K.variable(0.0)
        self.lr = hyperparameter(self, "lr", lr)

    @bound
    def get_updates(
        self, params: list[Any], constraints: dict[Any, Any], loss: Tensor
    ) -> list[Any]:
        """Returns `(variable, new value)` pairs for one step that lowers `loss`."""
        grads = self.get_gradients(loss, params)
        rate = self.rate()
        slots = [list(map(_zeros_like, params)) for _ in self.slots]
        self.weights = list(chain.from_iterable(slots))
        if self.has_count_in_weights:
            self.weights.insert(0, self.iterations)
        self.updates = self.counting()
        for p, g, *state in zip(params, grads, *slots, strict=True):
            new_p, *new_state = self.step(p, g, rate, tuple(state))
            self.updates += map(K.update, state, new_state)
            update = stored(p, new_p, constraints)
            self.updates.append(update)
        return self.updates

    def step(self, p: Tensor, g: Tensor, rate, slots: Slots) -> Step:
        """Returns the new value of a weight, followed by those of its slots.

        # Arguments
            p: tensor, the weight.
            g: tensor, its gradient.
            rate: what `rate` returned.
            slots: tensors, what the optimizer remembers of the weight.
        """
        raise NotImplementedError

    def rate(self):
        """Returns the learning rate of this update; all weights share it."""
        return self.lr

    def counting(self) -> list[Any]:
        """Returns the update that increments the counter."""
        return [K.update_add(self.iterations, 1)]


class DecayingOptimizer(StandardOptimizer):
    """An optimizer whose learning rate can decay as `lr / (1 + decay * iterations)`.

    # Arguments
        lr: float, learning rate.
        decay: float, 0 for none. This argument decides whether the rate decays; the
            variable sets how fast.
        **kwargs: `clipnorm` and `clipvalue`, as for `Optimizer`.
    """

    counts_always = False
    """Whether it counts even if the learning rate doesn't depend on it."""

    def __init__(self, lr: float, decay: float, **kwargs):
        super().__init__(lr=lr, **kwargs)
        self.decay = hyperparameter(self, "decay", decay)
        self.initial_decay = decay

    def rate(self) -> Tensor:
        """Returns the learning rate of this update."""
        if self.initial_decay > 0:
            return self.lr / (1.0 + self.decay * self.iterations)
        return self.lr

    def counting(self) -> list[Any]:
        """Returns the update of the counter, if something depends on it."""
        if self.counts_always or self.initial_decay > 0:
            return super().counting()
        return []


def _zeros_like(p: Tensor) -> Tensor:
    shape = K.get_variable_shape(p)
    return K.zeros(shape)


def hyperparameter(optimizer: Optimizer, name: str, value) -> Tensor:
    """Returns a variable with the value of an argument; a tensor is returned unchanged.

    # Raises
        ArgumentError: if the argument is neither a number nor a tensor.
    """
    number = plain_number(optimizer, name, value)
    if K.current().owns(number):
        return number
    return K.variable(number)


def running_mean(kept, mean: Tensor, value: Tensor) -> Tensor:
    """Returns a mean of which a fraction is kept, and the rest is a new value."""
    new = (1.0 - kept) * value
    return kept * mean + new


def stored(p: Tensor, new_p: Tensor, constraints: dict[Any, Any]):
    """Returns the update of parameter `p` to `new_p`, under its constraint."""
    if p in constraints:
        new_p = constraints[p](new_p)
    return K.update(p, new_p)
