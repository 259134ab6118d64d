"""Optimizers with running moments of the gradient: Adam, Adamax, Nadam."""

from __future__ import annotations

import math
from typing import Any, ClassVar

from oneiros import backend as K
from oneiros.backend import bound

from oneiros_optimizers.base import (
    DecayingOptimizer,
    StandardOptimizer,
    hyperparameter,
    number,
    slots,
    stored,
)
from oneiros_optimizers.optimizer import plain_number


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
        lr: float, learning rate.
        beta_1: float, the fraction of the gradient's running mean to keep.
        beta_2: float, the fraction of the running mean of its square to keep.
        epsilon: float, added to the root.
        decay: float, the rate of each update is `lr / (1 + decay * iterations)`.
        **kwargs: `clipnorm` and `clipvalue`, as for `Optimizer`.

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

    loadable: ClassVar[bool] = True

    def __init__(
        self,
        lr: float = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        decay: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(lr=lr, decay=decay, **kwargs)
        self.beta_1 = hyperparameter(self, "beta_1", beta_1)
        self.beta_2 = hyperparameter(self, "beta_2", beta_2)
        self.epsilon = plain_number(self, "epsilon", epsilon)

    @bound
    def get_updates(
        self, params: list[Any], constraints: dict[Any, Any], loss: Any
    ) -> list[Any]:
        """Returns `(variable, new value)` pairs for one step that lowers `loss`."""
        grads = self.get_gradients(loss, params)
        t = self.iterations + 1
        lr = (
            self.decayed_lr()
            * K.sqrt(1.0 - K.pow(self.beta_2, t))
            / (1.0 - K.pow(self.beta_1, t))
        )
        means = slots(params)
        second_moments = slots(params)
        self.weights = [self.iterations, *means, *second_moments]
        self.updates = self.counting()
        share_1 = 1.0 - self.beta_1
        share_2 = 1.0 - self.beta_2
        for p, g, m, v in zip(params, grads, means, second_moments, strict=True):
            new_m = self.beta_1 * m + share_1 * g
            new_v = self.beta_2 * v + share_2 * K.square(g)
            new_p = p - lr * new_m / (K.sqrt(new_v) + self.epsilon)
            self.updates += [
                K.update(m, new_m),
                K.update(v, new_v),
                stored(p, new_p, constraints),
            ]
        return self.updates

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {
            **super().get_config(),
            "beta_1": number(self.beta_1),
            "beta_2": number(self.beta_2),
            "epsilon": self.epsilon,
        }


class Adamax(DecayingOptimizer):
    """Adam with a decaying maximum of the gradient in place of its root mean square.

    For a weight `p` with the gradient `g` at update `t`, counted from 1, `m` and `u`
    starting from 0:

        m = beta_1 * m + (1 - beta_1) * g
        u = max(beta_2 * u, abs(g))
        p = p - lr / (1 - beta_1 ** t) * m / (u + epsilon)

    # Arguments
        lr: float, learning rate.
        beta_1: float, the fraction of the gradient's running mean to keep.
        beta_2: float, the fraction of the running maximum to keep.
        epsilon: float, added to the maximum.
        decay: float, the rate of each update is `lr / (1 + decay * iterations)`.
        **kwargs: `clipnorm` and `clipvalue`, as for `Optimizer`.

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

    loadable: ClassVar[bool] = True

    def __init__(
        self,
        lr: float = 0.002,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        decay: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(lr=lr, decay=decay, **kwargs)
        self.beta_1 = hyperparameter(self, "beta_1", beta_1)
        self.beta_2 = hyperparameter(self, "beta_2", beta_2)
        self.epsilon = plain_number(self, "epsilon", epsilon)

    @bound
    def get_updates(
        self, params: list[Any], constraints: dict[Any, Any], loss: Any
    ) -> list[Any]:
        """Returns `(variable, new value)` pairs for one step that lowers `loss`."""
        grads = self.get_gradients(loss, params)
        lr = self.decayed_lr() / (1.0 - K.pow(self.beta_1, self.iterations + 1))
        means = slots(params)
        maxima = slots(params)
        self.weights = [self.iterations, *means, *maxima]
        self.updates = self.counting()
        share = 1.0 - self.beta_1
        for p, g, m, u in zip(params, grads, means, maxima, strict=True):
            new_m = self.beta_1 * m + share * g
            new_u = K.maximum(self.beta_2 * u, K.abs(g))
            new_p = p - lr * new_m / (new_u + self.epsilon)
            self.updates += [
                K.update(m, new_m),
                K.update(u, new_u),
                stored(p, new_p, constraints),
            ]
        return self.updates

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {
            **super().get_config(),
            "beta_1": number(self.beta_1),
            "beta_2": number(self.beta_2),
            "epsilon": self.epsilon,
        }


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
        lr: float, learning rate.
        beta_1: float, the fraction of the gradient's running mean to keep, once the
            schedule has warmed up.
        beta_2: float, the fraction of the running mean of its square to keep.
        epsilon: float, added to the root.
        schedule_decay: float, how fast the momentum grows: `mu(t)` is
            `beta_1 * (1 - 0.5 * 0.96 ** (t * schedule_decay))`.
        **kwargs: `clipnorm` and `clipvalue`, as for `Optimizer`.

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

    loadable: ClassVar[bool] = True

    def __init__(
        self,
        lr: float = 0.002,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        schedule_decay: float = 0.004,
        **kwargs: Any,
    ) -> None:
        super().__init__(lr=lr, **kwargs)
        self.m_schedule = K.variable(1.0)
        self.beta_1 = hyperparameter(self, "beta_1", beta_1)
        self.beta_2 = hyperparameter(self, "beta_2", beta_2)
        self.epsilon = plain_number(self, "epsilon", epsilon)
        self.schedule_decay = plain_number(self, "schedule_decay", schedule_decay)

    def _momentum(self, t: Any) -> Any:
        decayed = K.exp(math.log(0.96) * self.schedule_decay * t)
        return self.beta_1 * (1.0 - 0.5 * decayed)

    @bound
    def get_updates(
        self, params: list[Any], constraints: dict[Any, Any], loss: Any
    ) -> list[Any]:
        """Returns `(variable, new value)` pairs for one step that lowers `loss`."""
        grads = self.get_gradients(loss, params)
        t = self.iterations + 1
        momentum = self._momentum(t)
        next_momentum = self._momentum(t + 1)
        schedule = self.m_schedule * momentum
        next_schedule = schedule * next_momentum
        means = slots(params)
        second_moments = slots(params)
        self.weights = [self.iterations, *means, *second_moments]
        self.updates = [*self.counting(), K.update(self.m_schedule, schedule)]
        share_1 = 1.0 - self.beta_1
        share_2 = 1.0 - self.beta_2
        correction = 1.0 - K.pow(self.beta_2, t)
        for p, g, m, v in zip(params, grads, means, second_moments, strict=True):
            new_m = self.beta_1 * m + share_1 * g
            new_v = self.beta_2 * v + share_2 * K.square(g)
            gradient = g / (1.0 - schedule)
            mean = new_m / (1.0 - next_schedule)
            direction = (1.0 - momentum) * gradient + next_momentum * mean
            root = K.sqrt(new_v / correction)
            new_p = p - self.lr * direction / (root + self.epsilon)
            self.updates += [
                K.update(m, new_m),
                K.update(v, new_v),
                stored(p, new_p, constraints),
            ]
        return self.updates

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {
            **super().get_config(),
            "beta_1": number(self.beta_1),
            "beta_2": number(self.beta_2),
            "epsilon": self.epsilon,
            "schedule_decay": self.schedule_decay,
        }
