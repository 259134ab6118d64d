"""Optimizers of Keras 1 that compute something else in Keras 3: RMSprop, Adagrad,
Nadam."""

from typing import Any

import keras
from keras import ops

from oneiros_keras3.registration import Described, register


class RootOptimizer(Described, keras.optimizers.Optimizer):
    """Base of the optimizers that divide by a root of accumulated squares.

    Keras 1 adds `epsilon` to the root; Keras 3 adds it to the square.

    # Arguments
        learning_rate: float or schedule.
        epsilon: float, added to the root.
        **kwargs: as for `keras.optimizers.Optimizer`.
    """

    def __init__(
        self, learning_rate: Any = 0.001, epsilon: float = 1e-8, **kwargs: Any
    ) -> None:
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.keep(epsilon=epsilon)

    def build(self, variables: list[Any]) -> None:
        """Makes a variable for each weight, of zeros."""
        if self.built:
            return
        super().build(variables)
        self.accumulators = self.add_optimizer_variables(variables, "accumulator")

    def accumulated(self, accumulator: Any, square: Any) -> Any:
        """Returns what an accumulator becomes with the square of a gradient."""
        raise NotImplementedError

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Updates a weight and its accumulator."""
        rate = ops.cast(learning_rate, variable.dtype)
        index = self._get_variable_index(variable)
        accumulator = self.accumulators[index]
        square = ops.square(gradient)
        accumulated = self.accumulated(accumulator, square)
        self.assign(accumulator, accumulated)
        root = ops.sqrt(accumulator)
        change = rate * gradient / (root + self.epsilon)
        self.assign_sub(variable, change)


@register
class Adagrad(RootOptimizer):
    """Divides gradients by the root of the sum of all their past squares."""

    def accumulated(self, accumulator: Any, square: Any) -> Any:
        """Returns the sum."""
        return accumulator + square


@register
class RMSprop(RootOptimizer):
    """Divides gradients by the root of a running mean of their squares.

    # Arguments
        rho: float, the fraction of the running mean to keep.
        **kwargs: as for `RootOptimizer`.
    """

    def __init__(self, rho: float = 0.9, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.keep(rho=rho)

    def accumulated(self, accumulator: Any, square: Any) -> Any:
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

    def __init__(
        self,
        learning_rate: Any = 0.002,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        schedule_decay: float = 0.004,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.keep(
            beta_1=beta_1, beta_2=beta_2, epsilon=epsilon, schedule_decay=schedule_decay
        )

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

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Updates a weight and its variables."""
        index = self._get_variable_index(variable)
        mean = self.means[index]
        square = self.squares[index]
        product = self.products[index]
        rate = ops.cast(learning_rate, variable.dtype)
        next_step = self.iterations + 1
        step = ops.cast(next_step, variable.dtype)
        momentum = self._momentum(step)
        next_momentum = self._momentum(step + 1)
        self.assign(product, product * momentum)
        new_mean = _running_mean(mean, gradient, self.beta_1)
        self.assign(mean, new_mean)
        new_square = ops.square(gradient)
        new_square = _running_mean(square, new_square, self.beta_2)
        self.assign(square, new_square)
        corrected_gradient = gradient / (1.0 - product)
        corrected_mean = mean / (1.0 - product * next_momentum)
        from_gradient = (1.0 - momentum) * corrected_gradient
        from_mean = next_momentum * corrected_mean
        direction = from_gradient + from_mean
        corrected_square = square / (1.0 - ops.power(self.beta_2, step))
        root = ops.sqrt(corrected_square)
        change = rate * direction / (root + self.epsilon)
        self.assign_sub(variable, change)

    def _momentum(self, step: Any) -> Any:
        decayed = ops.power(0.96, self.schedule_decay * step)
        return self.beta_1 * (1.0 - 0.5 * decayed)


def _running_mean(mean: Any, value: Any, kept: float) -> Any:
    return kept * mean + (1.0 - kept) * value
