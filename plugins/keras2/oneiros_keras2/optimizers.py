"""Optimizers as of Keras 2 and 3, where they do more than those of Keras 1, or
otherwise."""

from typing import Any, Unpack

import numpy as np
from oneiros import backend as K
from oneiros.errors import ArgumentError
from oneiros.optimizers import (
    SGD,
    Adadelta,
    Adagrad,
    Adam,
    Adamax,
    DecayingOptimizer,
    Nadam,
    OptimizerOptions,
    RMSprop,
    clip_norm,
)
from oneiros.typing import Tensor

from oneiros_keras2.base import Checked
from oneiros_keras2.schedules import SCHEDULES, scheduled

Slots = tuple[Tensor, ...]
Constraints = dict[Any, Any]

# Where mypy is told to ignore `misc`: it doesn't know that `SGD` and the others pass on
# arguments to `Keras2Optimizer`.


class ClippedOptions(OptimizerOptions, total=False):
    """The arguments that every optimizer here accepts, besides weight decay."""

    weight_clipnorm: float | None
    schedule: dict[str, Any] | None


class DecayedOptions(ClippedOptions, total=False):
    """The arguments that every optimizer here accepts."""

    weight_decay: float | None


class RateOptions(DecayedOptions, total=False):
    """Those of optimizers whose learning rate decays."""

    decay: float


class MomentOptions(RateOptions, total=False):
    """The arguments of `Keras2Adam` that are passed by name."""

    beta_1: float
    beta_2: float


class AdamWOptions(ClippedOptions, total=False):
    """The arguments of `AdamW` that are passed by name."""

    lr: float
    decay: float
    beta_1: float
    beta_2: float
    epsilon: float
    amsgrad: bool


class NadamOptions(DecayedOptions, total=False):
    """The arguments of `Keras2Nadam` that are passed by name."""

    lr: float
    beta_1: float
    beta_2: float
    epsilon: float


class SumOptions(RateOptions, total=False):
    """Those of optimizers that sum up squares of gradients."""

    initial_accumulator_value: float


class RMSpropOptions(RateOptions, total=False):
    """The arguments of `Keras2RMSprop` that are passed by name."""

    rho: float


class Keras2Optimizer(Checked, DecayingOptimizer):
    """What every optimizer of Keras 2.11 and later can do. Not an optimizer itself.

    # Arguments
        lr: float, learning rate; with a schedule, the first one.
        decay: float, the rate of each update is `lr / (1 + decay * iterations)`.
        weight_decay: float; each step first subtracts `lr * weight_decay * p` from each
            weight `p`.
        weight_clipnorm: float, upper limit of the norm of each weight's gradient; it
            is `clipnorm` in Keras 2.
        schedule: dict with the `class_name` of a schedule of Keras 2, and its other
            arguments.
        **kwargs: `clipnorm` and `clipvalue`, as for `Optimizer`; the former is
            `global_clipnorm` in Keras 2.
    """

    counts_always = True
    weight_decay: float | None
    weight_clipnorm: float | None

    def __init__(
        self,
        lr: float,
        decay: float = 0.0,
        weight_decay: float | None = None,
        weight_clipnorm: float | None = None,
        schedule: dict[str, Any] | None = None,
        **kwargs: Unpack[OptimizerOptions],
    ):
        super().__init__(lr=lr, decay=decay, **kwargs)
        self.set_arguments(weight_decay=weight_decay, weight_clipnorm=weight_clipnorm)
        self.schedule = schedule
        if schedule and schedule.get("class_name") not in SCHEDULES:
            known = ", ".join(SCHEDULES)
            raise ArgumentError(
                f"schedule takes a dict with one of {known} as class_name; received "
                f"{schedule!r:.80}."
            )

    def get_gradients(self, loss: Tensor, params: list[Any]) -> list[Tensor]:
        """Returns the gradients of `loss`, clipped."""
        grads: list[Tensor] = super().get_gradients(loss, params)
        if not self.weight_clipnorm:
            return grads
        limit = self.weight_clipnorm
        return [clip_norm(g, limit, _norm(g)) for g in grads]

    def get_updates(
        self, params: list[Any], constraints: Constraints, loss: Tensor
    ) -> list[Any]:
        """Returns `(variable, new value)` pairs for one step that lowers `loss`."""
        if self.weight_decay:
            constraints = {p: self._decayed(p, constraints) for p in params}
        updates: list[Any] = super().get_updates(params, constraints, loss)
        return updates

    def _decayed(self, p: Tensor, constraints: Constraints):
        """Returns what a weight's decay and its constraint make of its new value."""

        def decayed(new_p: Tensor) -> Tensor:
            rate = Keras2Optimizer.rate(self)
            lost = self.weight_decay * rate * p
            new_p = new_p - lost
            if p not in constraints:
                return new_p
            return constraints[p](new_p)

        return decayed

    def rate(self) -> Tensor:
        """Returns the learning rate of this update."""
        if self.schedule:
            return scheduled(self.schedule, self.lr, self.iterations)
        return super().rate()


class Keras2SGD(SGD, Keras2Optimizer):
    """Stochastic gradient descent, with what Keras 2 added.

    # Arguments
        **kwargs: as for `SGD` and `Keras2Optimizer`.

    # Example
        ```python
        from oneiros import backend as K
        from oneiros.optimizers import Keras2SGD

        w = K.variable([3.0, 4.0])
        sgd = Keras2SGD(lr=1.0, weight_clipnorm=1.0)
        updates = sgd.get_updates([w], {}, K.sum(K.square(w)))
        K.function([], [], updates)([])
        print(K.get_value(w).round(4))  # [2.4 3.2]
        ```

    # References
        - Pascanu, Mikolov, Bengio: On the difficulty of training recurrent neural
          networks, ICML 2013
    """

    slots = ("momentum",)
    loadable = True

    def __init__(
        self,
        lr: float = 0.01,
        momentum: float = 0.0,
        decay: float = 0.0,
        nesterov: bool = False,
        **kwargs: Unpack[DecayedOptions],
    ):
        super().__init__(lr, momentum, decay, nesterov, **kwargs)  # type: ignore[misc]


class Keras2Adam(Adam, Keras2Optimizer):
    """Adam, with what Keras 2 added.

    # Arguments
        amsgrad: bool, whether to divide by the root of the largest mean square so far.
        **kwargs: as for `Adam` and `Keras2Optimizer`.

    # Example
        ```python
        from oneiros import backend as K
        from oneiros.optimizers import Keras2Adam

        w = K.variable([1.0])
        adam = Keras2Adam(lr=0.1, amsgrad=True)
        updates = adam.get_updates([w], {}, K.sum(K.square(w)))
        K.function([], [], updates)([])
        print(K.get_value(w).round(4))  # [0.9]
        ```

    # References
        - Reddi, Kale, Kumar: On the Convergence of Adam and Beyond, ICLR 2018
    """

    slots: tuple[str, ...] = ("momentum", "velocity")
    loadable = True
    amsgrad: bool

    def __init__(
        self,
        lr: float = 0.001,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        **kwargs: Unpack[MomentOptions],
    ):
        super().__init__(lr=lr, epsilon=epsilon, **kwargs)  # type: ignore[misc]
        self.set_arguments(amsgrad=amsgrad)
        if amsgrad:
            self.slots = (*self.slots, "velocity_hat")

    def step(self, p: Tensor, g: Tensor, rate: Tensor, slots: Slots) -> Slots:
        """Returns the new value of a weight, and both means; with `amsgrad`, the
        largest mean square, too."""
        moments = slots[:2]
        p_of_adam, m, v = super().step(p, g, rate, moments)
        if not self.amsgrad:
            return p_of_adam, m, v
        *_, largest = slots
        largest = K.maximum(largest, v)
        root = K.sqrt(largest) + self.epsilon
        step = rate * m / root
        return p - step, m, v, largest


class AdamW(Keras2Adam):
    """Adam with decoupled weight decay.

    # Arguments
        weight_decay: float; each step first subtracts `lr * weight_decay * p` from each
            weight `p`.
        **kwargs: as for `Keras2Adam`.

    # Example
        ```python
        from oneiros import backend as K
        from oneiros.optimizers import AdamW

        w = K.variable([1.0])
        adam = AdamW(lr=0.1, weight_decay=0.5)
        updates = adam.get_updates([w], {}, K.sum(K.square(w)))
        K.function([], [], updates)([])
        print(K.get_value(w).round(4))  # [0.85]
        ```

    # References
        - Loshchilov, Hutter: Decoupled Weight Decay Regularization, arXiv:1711.05101
    """

    loadable = True

    def __init__(
        self, weight_decay: float | None = 0.004, **kwargs: Unpack[AdamWOptions]
    ):
        super().__init__(weight_decay=weight_decay, **kwargs)


class Keras2Adamax(Adamax, Keras2Optimizer):
    """Adamax, with what Keras 2 added.

    # Arguments
        **kwargs: as for `Adamax` and `Keras2Optimizer`.

    # Example
        ```python
        from oneiros import backend as K
        from oneiros.optimizers import Keras2Adamax

        w = K.variable([1.0])
        adamax = Keras2Adamax(lr=0.1, weight_decay=0.5)
        updates = adamax.get_updates([w], {}, K.sum(K.square(w)))
        K.function([], [], updates)([])
        print(K.get_value(w).round(4))  # [0.85]
        ```

    # References
        - Kingma, Ba: Adam: A Method for Stochastic Optimization, arXiv:1412.6980,
          section 7
    """

    slots = ("momentum", "norm")
    loadable = True

    def __init__(
        self,
        lr: float = 0.002,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        decay: float = 0.0,
        **kwargs: Unpack[DecayedOptions],
    ):
        super().__init__(lr, beta_1, beta_2, epsilon, decay, **kwargs)  # type: ignore[misc]


class Keras2Nadam(Nadam, Keras2Optimizer):
    """Nadam, with what Keras 2 added.

    # Arguments
        schedule_decay: float, as for `Nadam`; Keras 2.11 and later have 1.
        **kwargs: as for `Nadam` and `Keras2Optimizer`.

    # Example
        ```python
        from oneiros import backend as K
        from oneiros.optimizers import Keras2Nadam

        w = K.variable([1.0])
        nadam = Keras2Nadam(lr=0.1)
        updates = nadam.get_updates([w], {}, K.sum(K.square(w)))
        K.function([], [], updates)([])
        print(K.get_value(w).round(4))  # [0.8937]
        ```

    # References
        - Dozat: Incorporating Nesterov Momentum into Adam, 2015
    """

    slots = ("momentum", "velocity")
    loadable = True

    def __init__(self, schedule_decay: float = 1.0, **kwargs: Unpack[NadamOptions]):
        super().__init__(schedule_decay=schedule_decay, **kwargs)  # type: ignore[misc]


class Keras2Adadelta(Adadelta, Keras2Optimizer):
    """Adadelta, with what Keras 2 added.

    # Arguments
        **kwargs: as for `Adadelta` and `Keras2Optimizer`.

    # Example
        ```python
        from oneiros import backend as K
        from oneiros.optimizers import Keras2Adadelta

        w = K.variable([1.0])
        adadelta = Keras2Adadelta(lr=0.1, weight_decay=0.5)
        updates = adadelta.get_updates([w], {}, K.sum(K.square(w)))
        K.function([], [], updates)([])
        print(K.get_value(w).round(4))  # [0.95]
        ```

    # References
        - Zeiler: ADADELTA, an adaptive learning rate method, arXiv:1212.5701
    """

    slots = ("accumulated_grad", "accumulated_delta_var")
    loadable = True

    def __init__(
        self,
        lr: float = 1.0,
        rho: float = 0.95,
        epsilon: float = 1e-8,
        decay: float = 0.0,
        **kwargs: Unpack[DecayedOptions],
    ):
        super().__init__(lr, rho, epsilon, decay, **kwargs)  # type: ignore[misc]


class Accumulating(Keras2Optimizer):
    """Base of the optimizers that sum up squares of gradients. Not an optimizer itself.

    # Arguments
        initial_accumulator_value: float, with which the sums begin.
        **kwargs: as for `Keras2Optimizer`.
    """

    initial_accumulator_value: float

    def __init__(self, initial_accumulator_value: float = 0.1, **kwargs: Any):
        super().__init__(**kwargs)
        self.set_arguments(initial_accumulator_value=initial_accumulator_value)

    def get_updates(
        self, params: list[Any], constraints: Constraints, loss: Tensor
    ) -> list[Any]:
        """Returns `(variable, new value)` pairs for one step that lowers `loss`."""
        updates = super().get_updates(params, constraints, loss)
        first = int(self.has_count_in_weights)
        sums = self.weights[first : first + len(params)]
        for variable in sums:
            shape = K.get_variable_shape(variable)
            value = np.full(shape, self.initial_accumulator_value)
            K.set_value(variable, value)
        return updates


class Keras2Adagrad(Adagrad, Accumulating):
    """Adagrad, with `sqrt(a + epsilon)` in place of `sqrt(a) + epsilon`; `a` may start
    above 0.

    # Arguments
        initial_accumulator_value: float, the start of `a`.
        **kwargs: as for `Adagrad` and `Keras2Optimizer`.

    # Example
        ```python
        from oneiros import backend as K
        from oneiros.optimizers import Keras2Adagrad

        w = K.variable([1.0])
        adagrad = Keras2Adagrad(lr=0.1, initial_accumulator_value=0.5)
        updates = adagrad.get_updates([w], {}, K.sum(K.square(w)))
        K.function([], [], updates)([])
        print(K.get_value(w).round(4))  # [0.9057]
        ```

    # References
        - Duchi, Hazan, Singer: Adaptive Subgradient Methods for Online Learning, JMLR
          2011
    """

    slots = ("accumulator",)
    loadable = True

    def __init__(
        self, lr: float = 0.001, epsilon: float = 1e-7, **kwargs: Unpack[SumOptions]
    ):
        super().__init__(lr=lr, epsilon=epsilon, **kwargs)  # type: ignore[misc]

    def step(self, p: Tensor, g: Tensor, rate: Tensor, slots: Slots) -> Slots:
        """Returns the new value of a weight, and its sum of squares."""
        (accumulator,) = slots
        accumulator = accumulator + K.square(g)
        root = K.sqrt(accumulator + self.epsilon)
        step = rate * g / root
        return p - step, accumulator


class Keras2RMSprop(RMSprop, Keras2Optimizer):
    """RMSprop, with `sqrt(a + epsilon)` in place of `sqrt(a) + epsilon`.

    # Arguments
        momentum: float, the fraction of the last step to keep.
        centered: bool, whether to divide by the root of the gradients' variance in
            place of their mean square.
        **kwargs: as for `RMSprop` and `Keras2Optimizer`.

    # Example
        ```python
        from oneiros import backend as K
        from oneiros.optimizers import Keras2RMSprop

        w = K.variable([1.0])
        rmsprop = Keras2RMSprop(lr=0.1, centered=True)
        updates = rmsprop.get_updates([w], {}, K.sum(K.square(w)))
        K.function([], [], updates)([])
        print(K.get_value(w).round(4))  # [0.6667]
        ```

    # References
        - Graves: Generating Sequences With Recurrent Neural Networks, arXiv:1308.0850,
          equations 38 to 45
    """

    slots: tuple[str, ...] = ("velocity",)
    loadable = True
    momentum: float
    centered: bool

    def __init__(
        self,
        lr: float = 0.001,
        epsilon: float = 1e-7,
        momentum: float = 0.0,
        centered: bool = False,
        **kwargs: Unpack[RMSpropOptions],
    ):
        super().__init__(lr=lr, epsilon=epsilon, **kwargs)  # type: ignore[misc]
        self.set_arguments(momentum=momentum, centered=centered)
        if momentum:
            self.slots = (*self.slots, "momentum")
        if centered:
            self.slots = (*self.slots, "average_gradient")

    def step(self, p: Tensor, g: Tensor, rate: Tensor, slots: Slots) -> Slots:
        """Returns the new value of a weight, and those of its slots."""
        kept = dict(zip(self.slots, slots, strict=True))
        square = K.square(g)
        before = kept["velocity"]
        velocity = _running_mean(self.rho, before, square)
        variance = velocity
        kept["velocity"] = velocity
        if self.centered:
            average = _running_mean(self.rho, kept["average_gradient"], g)
            kept["average_gradient"] = average
            variance = velocity - K.square(average)
        root = K.sqrt(variance + self.epsilon)
        step = rate * g / root
        if self.momentum:
            step = self.momentum * kept["momentum"] + step
            kept["momentum"] = step
        return p - step, *kept.values()


class Ftrl(Accumulating):
    """Follow the regularized leader.

    For a weight `p` with the gradient `g`, `n` starting from
    `initial_accumulator_value` and `z` from 0; `clip(z, l)` is `z` between `-l` and
    `l`:

        new_n = n + g ** 2
        change = (new_n ** -learning_rate_power - n ** -learning_rate_power) / lr
        z = z + g + 2 * l2_shrinkage_regularization_strength * p - change * p
        q = new_n ** -learning_rate_power / lr
        q = q + 2 * l2_regularization_strength + beta / lr
        p = (clip(z, l1_regularization_strength) - z) / q

    # Arguments
        lr: float, learning rate.
        learning_rate_power: float, at most 0: how the rate falls.
        initial_accumulator_value: float, at least 0.
        l1_regularization_strength: float, at least 0.
        l2_regularization_strength: float, at least 0.
        l2_shrinkage_regularization_strength: float, at least 0.
        beta: float.
        **kwargs: as for `Keras2Optimizer`.

    # Example
        ```python
        from oneiros import backend as K
        from oneiros.optimizers import Ftrl

        w = K.variable([1.0])
        updates = Ftrl(lr=0.1).get_updates([w], {}, K.sum(K.square(w)))
        K.function([], [], updates)([])
        print(K.get_value(w).round(4))  # [0.7451]
        ```

    # References
        - McMahan and others: Ad Click Prediction: a View from the Trenches, KDD 2013
    """

    slots = ("accumulator", "linear")
    loadable = True
    learning_rate_power: float
    l1_regularization_strength: float
    l2_regularization_strength: float
    l2_shrinkage_regularization_strength: float
    beta: float

    def __init__(
        self,
        lr: float = 0.001,
        learning_rate_power: float = -0.5,
        l1_regularization_strength: float = 0.0,
        l2_regularization_strength: float = 0.0,
        l2_shrinkage_regularization_strength: float = 0.0,
        beta: float = 0.0,
        **kwargs: Unpack[SumOptions],
    ):
        super().__init__(lr=lr, **kwargs)
        self.set_arguments(
            learning_rate_power=learning_rate_power,
            l1_regularization_strength=l1_regularization_strength,
            l2_regularization_strength=l2_regularization_strength,
            l2_shrinkage_regularization_strength=l2_shrinkage_regularization_strength,
            beta=beta,
        )

    def step(self, p: Tensor, g: Tensor, rate: Tensor, slots: Slots) -> Slots:
        """Returns the new value of a weight, and those of its slots."""
        accumulator, linear = slots
        new_accumulator = accumulator + K.square(g)
        root = K.pow(accumulator, -self.learning_rate_power)
        new_root = K.pow(new_accumulator, -self.learning_rate_power)
        shrinkage = 2.0 * self.l2_shrinkage_regularization_strength * p
        change = (new_root - root) / rate
        linear = linear + g + shrinkage - change * p
        penalty = 2.0 * self.l2_regularization_strength + self.beta / rate
        divisor = new_root / rate + penalty
        limit = self.l1_regularization_strength
        clipped = K.clip(linear, -limit, limit) if limit else 0.0
        return (clipped - linear) / divisor, new_accumulator, linear


class Lion(Keras2Optimizer):
    """Steps by the sign of a mean of the gradients.

    For a weight `p` with the gradient `g`, `m` starting from 0:

        p = p - lr * sign(beta_1 * m + (1 - beta_1) * g)
        m = beta_2 * m + (1 - beta_2) * g

    # Arguments
        lr: float, learning rate.
        beta_1: float, the fraction of the mean in a step.
        beta_2: float, the fraction of the mean to keep.
        **kwargs: as for `Keras2Optimizer`.

    # Example
        ```python
        from oneiros import backend as K
        from oneiros.optimizers import Lion

        w = K.variable([1.0])
        updates = Lion(lr=0.1).get_updates([w], {}, K.sum(K.square(w)))
        K.function([], [], updates)([])
        print(K.get_value(w).round(4))  # [0.9]
        ```

    # References
        - Chen and others: Symbolic Discovery of Optimization Algorithms,
          arXiv:2302.06675
    """

    slots = ("momentum",)
    loadable = True
    beta_1: float
    beta_2: float

    def __init__(
        self,
        lr: float = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.99,
        **kwargs: Unpack[RateOptions],
    ):
        super().__init__(lr=lr, **kwargs)
        self.set_arguments(beta_1=beta_1, beta_2=beta_2)

    def step(self, p: Tensor, g: Tensor, rate: Tensor, slots: Slots) -> Slots:
        """Returns the new value of a weight, and its mean."""
        (m,) = slots
        direction = _running_mean(self.beta_1, m, g)
        step = rate * K.sign(direction)
        return p - step, _running_mean(self.beta_2, m, g)


def _norm(g: Tensor) -> Tensor:
    squares = K.square(g)
    total = K.sum(squares)
    return K.sqrt(total)


def _running_mean(kept, mean: Tensor, value: Tensor) -> Tensor:
    new = (1.0 - kept) * value
    return kept * mean + new
