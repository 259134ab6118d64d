"""Optimizers with running moments of the gradient: Adam, Adamax, Nadam."""

import math
from typing import Any, Unpack

from oneiros import backend as K
from oneiros.typing import Tensor

from oneiros_optimizers.optimizer import (
    DecayingOptimizer,
    OptimizerOptions,
    Slots,
    StandardOptimizer,
    Step,
    alike,
    hyperparameter,
    plain_number,
    running_mean,
)


class Adam(DecayingOptimizer):
    """Adam, with the bias corrections folded into the learning rate.

    For a weight `p` with the gradient `g` at update `t`, counted from 1, `m` and `v`
    starting from 0:

        m = beta_1 * m + (1 - beta_1) * g
        v = beta_2 * v + (1 - beta_2) * g ** 2
        lr_t = lr * sqrt(1 - beta_2 ** t) / (1 - beta_1 ** t)
        p = p - lr_t * m / (sqrt(v) + epsilon)

    The first step is `lr` for every weight, up or down.

    # Arguments
        beta_1: float, the fraction of the gradient's running mean to keep.
        beta_2: float, the fraction of the running mean of its square to keep.
        epsilon: float, added to the root.
        lr, decay, **kwargs: as for `SGD`.

    # Properties
        weights: list of variables: `iterations`, each weight's `m`, each weight's `v`.

    # Raises
        ArgumentError: if an argument is neither a number nor a tensor.
        TypeError: for an unknown argument.

    # Example
        ```python
        from oneiros import backend as K
        from oneiros.optimizers import Adam

        w = K.variable([1.0])
        updates = Adam(lr=0.1).get_updates([w], {}, K.sum(K.square(w)))
        K.function([], [], updates)([])
        print(K.get_value(w).round(4))  # [0.9]
        ```

    # References
        - Kingma, Ba: Adam: A Method for Stochastic Optimization, arXiv:1412.6980
    """

    loadable = True
    slots: tuple[str, ...] = ("mean", "mean_square")
    counts_always = True

    def __init__(
        self,
        lr: float = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        decay: float = 0.0,
        **kwargs: Unpack[OptimizerOptions],
    ):
        super().__init__(lr=lr, decay=decay, **kwargs)
        self.beta_1 = hyperparameter(self, "beta_1", beta_1)
        self.beta_2 = hyperparameter(self, "beta_2", beta_2)
        self.epsilon = plain_number(self, "epsilon", epsilon)

    def rate(self) -> Tensor:
        """Returns the learning rate of this update, with the bias corrections."""
        t = self.iterations + 1
        bias_1 = 1.0 - K.pow(self.beta_1, t)
        bias_2 = 1.0 - K.pow(self.beta_2, t)
        factor = K.sqrt(bias_2)
        return super().rate() * factor / bias_1

    @alike
    def step(self, p: Tensor, g: Tensor, rate: Tensor, slots: Slots) -> Step:
        """Returns the new value of a weight and both means."""
        m, v = slots
        m = running_mean(self.beta_1, m, g)
        v = running_mean(self.beta_2, v, K.square(g))
        root = K.sqrt(v) + self.epsilon
        step = rate * m / root
        return p - step, m, v


class Adamax(DecayingOptimizer):
    """Adam with a decaying maximum of the gradient in place of its root mean square.

    For a weight `p` with the gradient `g` at update `t`, counted from 1, `m` and `u`
    starting from 0:

        m = beta_1 * m + (1 - beta_1) * g
        u = max(beta_2 * u, abs(g))
        p = p - lr / (1 - beta_1 ** t) * m / (u + epsilon)

    # Arguments
        beta_1: float, the fraction of the gradient's running mean to keep.
        beta_2: float, the fraction of the running maximum to keep.
        epsilon: float, added to the maximum.
        lr, decay, **kwargs: as for `SGD`.

    # Properties
        weights: list of variables: `iterations`, each weight's `m`, each weight's `u`.

    # Raises
        ArgumentError: if an argument is neither a number nor a tensor.
        TypeError: for an unknown argument.

    # Example
        ```python
        from oneiros import backend as K
        from oneiros.optimizers import Adamax

        w = K.variable([1.0])
        updates = Adamax(lr=0.1).get_updates([w], {}, K.sum(K.square(w)))
        K.function([], [], updates)([])
        print(K.get_value(w).round(4))  # [0.9]
        ```

    # References
        - Kingma, Ba: Adam: A Method for Stochastic Optimization, arXiv:1412.6980,
          section 7
    """

    loadable = True
    slots = ("mean", "maximum")
    counts_always = True

    def __init__(
        self,
        lr: float = 0.002,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        decay: float = 0.0,
        **kwargs: Unpack[OptimizerOptions],
    ):
        super().__init__(lr=lr, decay=decay, **kwargs)
        self.beta_1 = hyperparameter(self, "beta_1", beta_1)
        self.beta_2 = hyperparameter(self, "beta_2", beta_2)
        self.epsilon = plain_number(self, "epsilon", epsilon)

    def rate(self) -> Tensor:
        """Returns the learning rate of this update, with the bias correction."""
        t = self.iterations + 1
        bias = 1.0 - K.pow(self.beta_1, t)
        return super().rate() / bias

    @alike
    def step(self, p: Tensor, g: Tensor, rate: Tensor, slots: Slots) -> Step:
        """Returns the new value of a weight, its mean and its maximum."""
        m, u = slots
        m = running_mean(self.beta_1, m, g)
        u = K.maximum(self.beta_2 * u, K.abs(g))
        size = u + self.epsilon
        step = rate * m / size
        return p - step, m, u


class Nadam(StandardOptimizer):
    """Adam with Nesterov momentum and a momentum schedule.

    For a weight `p` with the gradient `g` at update `t`, counted from 1, `m` and `v`
    starting from 0, and `mu(t)` the momentum of the schedule:

        m = beta_1 * m + (1 - beta_1) * g
        v = beta_2 * v + (1 - beta_2) * g ** 2
        g_hat = g / (1 - mu(1) * … * mu(t))
        m_hat = m / (1 - mu(1) * … * mu(t + 1))
        v_hat = v / (1 - beta_2 ** t)
        step = (1 - mu(t)) * g_hat + mu(t + 1) * m_hat
        p = p - lr * step / (sqrt(v_hat) + epsilon)

    # Arguments
        beta_1: float, the fraction of the gradient's running mean to keep, once the
            schedule has warmed up.
        beta_2: float, the fraction of the running mean of its square to keep.
        epsilon: float, added to the root.
        schedule_decay: float, how fast the momentum grows: `mu(t)` is
            `beta_1 * (1 - 0.5 * 0.96 ** (t * schedule_decay))`.
        lr, **kwargs: as for `SGD`.

    # Properties
        weights: list of variables: `iterations`, each weight's `m`, each weight's `v`.
        m_schedule: variable, the product of the momentums so far.

    # Raises
        ArgumentError: if an argument is neither a number nor a tensor.
        TypeError: for an unknown argument.

    # Example
        ```python
        from oneiros import backend as K
        from oneiros.optimizers import Nadam

        w = K.variable([1.0])
        updates = Nadam(lr=0.1).get_updates([w], {}, K.sum(K.square(w)))
        K.function([], [], updates)([])
        print(K.get_value(w).round(4))  # [0.8944]
        ```

    # References
        - Dozat: Incorporating Nesterov Momentum into Adam, 2015
    """

    loadable = True
    slots: tuple[str, ...] = ("mean", "mean_square")

    def __init__(
        self,
        lr: float = 0.002,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        schedule_decay: float = 0.004,
        **kwargs: Unpack[OptimizerOptions],
    ):
        super().__init__(lr=lr, **kwargs)
        self.m_schedule = K.variable(1.0)
        self.beta_1 = hyperparameter(self, "beta_1", beta_1)
        self.beta_2 = hyperparameter(self, "beta_2", beta_2)
        self.epsilon = plain_number(self, "epsilon", epsilon)
        self.schedule_decay = plain_number(self, "schedule_decay", schedule_decay)

    def rate(self) -> tuple[Tensor, ...]:
        """Returns the momentum of this update; the learning rate doesn't change."""
        t = self.iterations + 1
        now = self._momentum(t)
        ahead = self._momentum(t + 1)
        product = self.m_schedule * now
        product_ahead = product * ahead
        bias_2 = 1.0 - K.pow(self.beta_2, t)
        return now, ahead, product, product_ahead, bias_2

    def _momentum(self, t: Tensor) -> Tensor:
        speed = math.log(0.96) * self.schedule_decay
        decayed = K.exp(speed * t)
        share = 1.0 - 0.5 * decayed
        return self.beta_1 * share

    def counting(self) -> list[Any]:
        """Returns the updates of the counter and of the product of the momentums."""
        momentum = self._momentum(self.iterations + 1)
        product = K.update(self.m_schedule, self.m_schedule * momentum)
        return [*super().counting(), product]

    def step(self, p: Tensor, g: Tensor, rate, slots: Slots) -> Step:
        """Returns the new value of a weight and both means."""
        m, v = slots
        m = running_mean(self.beta_1, m, g)
        v = running_mean(self.beta_2, v, K.square(g))
        now, ahead, product, product_ahead, bias_2 = rate
        gradient = g / (1.0 - product)
        mean = m / (1.0 - product_ahead)
        share = 1.0 - now
        direction = share * gradient
        direction = direction + ahead * mean
        root = K.sqrt(v / bias_2)
        step = self.lr * direction / (root + self.epsilon)
        return p - step, m, v
