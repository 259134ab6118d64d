"""Optimizers of Keras 1 that compute something else in Keras 3: RMSprop, Adagrad,
Nadam."""

from typing import Any

import keras
from keras import ops

from oneiros_keras3.registration import Described, register


class RootOptimizer(Described, keras.optimizers.Optimizer):
    """Base of the optimizers that divide by a root of accumulated squares.

    Keras 1 adds `epsilon` to the root; Keras 3 adds it to the square. A subclass
    defines `accumulated`: what an accumulator becomes with the square of a gradient.

    # Arguments
        learning_rate: float or schedule.
        epsilon: float, added to the root.
        **kwargs: as for `keras.optimizers.Optimizer`.
    """

    arguments = {"epsilon": 1e-8}

    def __init__(self, learning_rate=0.001, **kwargs) -> None:
        super().__init__(learning_rate=learning_rate, **kwargs)

    def build(self, variables: list[Any]) -> None:
        """Makes a variable for each weight, of zeros."""
        if self.built:
            return
        super().build(variables)
        self.accumulators = self.add_optimizer_variables(variables, "accumulator")

    def update_step(self, gradient, variable, learning_rate) -> None:
        """Updates a weight and its accumulator."""
        rate = ops.cast(learning_rate, variable.dtype)
        index = self._get_variable_index(variable)
        accumulator = self.accumulators[index]
        square = ops.square(gradient)
        accumulated = self.accumulated(accumulator, square)
        self.assign(accumulator, accumulated)
        root = ops.sqrt(accumulator)
        divisor = root + self.epsilon
        change = rate * gradient / divisor
        self.assign_sub(variable, change)


@register
class Adagrad(RootOptimizer):
    """Divides gradients by the root of the sum of all their past squares."""

    def accumulated(self, accumulator, square):
        """Returns the sum."""
        return accumulator + square


@register
class RMSprop(RootOptimizer):
    """Divides gradients by the root of a running mean of their squares.

    # Arguments
        rho: float, the fraction of the running mean to keep.
        **kwargs: as for `RootOptimizer`.
    """

    arguments = {**RootOptimizer.arguments, "rho": 0.9}

    def accumulated(self, accumulator, square):
        """Returns the running mean."""
        return _running_mean(accumulator, square, self.rho)


@register
class Nadam(Described, keras.optimizers.Optimizer):
    """Adam with Nesterov momentum, whose momentum grows as a schedule says.

    Keras 3 has the schedule of `schedule_decay=1`.

    # Arguments
        learning_rate: float or schedule.
        beta_1, beta_2: floats, the fractions of the running means to keep.
        epsilon: float, added to the root.
        schedule_decay: float, how fast the momentum grows.
        **kwargs: as for `keras.optimizers.Optimizer`.
    """

    arguments = {
        "beta_1": 0.9,
        "beta_2": 0.999,
        "epsilon": 1e-8,
        "schedule_decay": 0.004,
    }

    def __init__(self, learning_rate=0.002, **kwargs) -> None:
        super().__init__(learning_rate=learning_rate, **kwargs)

    def build(self, variables: list[Any]) -> None:
        """Makes two variables for each weight, and one for the product of momenta."""
        if self.built:
            return
        super().build(variables)
        names = ["momentum", "velocity"]
        self.means, self.squares = self.add_optimizer_variables(variables, names)
        self.products = [
            self.add_variable((), initializer="ones", name=f"{number}_product")
            for number, _ in enumerate(variables)
        ]

    def update_step(self, gradient, variable, learning_rate) -> None:
        """Updates a weight and its variables."""
        index = self._get_variable_index(variable)
        mean = self.means[index]
        square = self.squares[index]
        product = self.products[index]
        rate = ops.cast(learning_rate, variable.dtype)
        step = ops.cast(self.iterations + 1, variable.dtype)
        momentum = self._momentum(step)
        next_momentum = self._momentum(step + 1)
        self.assign(product, product * momentum)
        next_product = product * next_momentum
        new_mean = _running_mean(mean, gradient, self.beta_1)
        self.assign(mean, new_mean)
        gradient_square = ops.square(gradient)
        new_square = _running_mean(square, gradient_square, self.beta_2)
        self.assign(square, new_square)
        corrected_gradient = gradient / (1.0 - product)
        corrected_mean = mean / (1.0 - next_product)
        from_gradient = (1.0 - momentum) * corrected_gradient
        from_mean = next_momentum * corrected_mean
        direction = from_gradient + from_mean
        kept = ops.power(self.beta_2, step)
        corrected_square = square / (1.0 - kept)
        root = ops.sqrt(corrected_square)
        divisor = root + self.epsilon
        change = rate * direction / divisor
        self.assign_sub(variable, change)

    def _momentum(self, step):
        exponent = self.schedule_decay * step
        decayed = ops.power(0.96, exponent)
        factor = 1.0 - 0.5 * decayed
        return self.beta_1 * factor


def _running_mean(mean, value, kept: float):
    added = (1.0 - kept) * value
    return kept * mean + added
