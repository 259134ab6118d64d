"""Optimizers whose weight decay is no part of the gradient, and doesn't depend on the
learning rate: AdamW and Lion."""

from collections.abc import Iterable
from typing import Any

from oneiros import backend as K
from oneiros.arguments import check_fraction, check_number
from oneiros.optimizers import DecayingOptimizer
from oneiros.typing import Tensor

Slots = tuple[Tensor, ...]
"""What an optimizer remembers of a weight."""


class DecoupledOptimizer(DecayingOptimizer):
    """Base of the optimizers with decoupled weight decay. Not an optimizer itself.

    A subclass names its `slots`, and defines `direction`.

    # Arguments
        lr: float, learning rate.
        weight_decay: float, the share of each weight that each update subtracts.
        excluded: list of names of layers whose weights don't decay.
        decay: float, learning rate and weight decay of each update are divided by
            `1 + decay * iterations`.
        **kwargs: `clipnorm` and `clipvalue`, as for `Optimizer`.
    """

    counts_always = True

    def __init__(
        self,
        lr: float,
        weight_decay: float,
        excluded: Iterable[str] = (),
        decay: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(lr=lr, decay=decay, **kwargs)
        self.weight_decay = check_number(self, "weight_decay", weight_decay)
        self.excluded = [str(name) for name in excluded]
        self.without_decay: set[Tensor] = set()

    def exclude(self, weights: Iterable[Tensor]) -> None:
        """Lets these weights decay no more; takes effect before the first update."""
        self.without_decay.update(weights)

    def rate(self) -> tuple[Tensor, Tensor]:
        """Returns the learning rate, and the share of a weight that decays."""
        lr = super().rate()
        return lr, self.weight_decay * lr / self.lr

    def step(
        self, p: Tensor, g: Tensor, rate: tuple[Tensor, Tensor], slots: Slots
    ) -> Slots:
        """Returns the new value of a weight, followed by those of its slots."""
        lr, decayed = rate
        direction, *new_slots = self.direction(g, slots)
        new_p = p - lr * direction
        if p not in self.without_decay:
            new_p = new_p - decayed * p
        return new_p, *new_slots

    def direction(self, g: Tensor, slots: Slots) -> Slots:
        """Returns what to subtract, times the learning rate, followed by the new values
        of the slots; subclasses define this."""
        raise NotImplementedError


class DecoupledAdamW(DecoupledOptimizer):
    """AdamW as in its paper: weights decay by the same share at any learning rate.

    For a weight `p` with the gradient `g` at update `t`, counted from 1, `m` and `v`
    starting from 0, and `eta = 1 / (1 + decay * (t - 1))`:

        m = beta_1 * m + (1 - beta_1) * g
        v = beta_2 * v + (1 - beta_2) * g ** 2
        m_hat = m / (1 - beta_1 ** t)
        v_hat = v / (1 - beta_2 ** t)
        p = p - eta * (lr * m_hat / (sqrt(v_hat) + epsilon) + weight_decay * p)

    `AdamW` of `oneiros-keras2`, and of Keras, subtracts `lr * weight_decay * p`.

    # Arguments
        lr: float, learning rate.
        weight_decay: float, the share of each weight that each update subtracts.
        beta_1: float, the fraction of the gradient's running mean to keep.
        beta_2: float, the fraction of the running mean of its square to keep.
        epsilon: float, added to the root.
        excluded: list of names of layers whose weights don't decay, such as
            normalisations.
        decay: float, as in the formula.
        **kwargs: `clipnorm` and `clipvalue`, as for `Optimizer`.

    # Properties
        weights: list of variables: `iterations`, each weight's `m`, each weight's `v`.

    # Example
        ```python
        from oneiros import backend as K
        from oneiros.optimizers import DecoupledAdamW

        w = K.variable([1.0])
        adam = DecoupledAdamW(lr=0.1, weight_decay=0.01)
        K.function([], [], adam.get_updates([w], {}, K.sum(K.square(w))))([])
        print(K.get_value(w).round(4))  # [0.89]
        ```

    # References
        - Loshchilov, Hutter: Decoupled Weight Decay Regularization, arXiv:1711.05101,
          algorithm 2
    """

    loadable = True
    slots = ("mean", "mean_square")

    def __init__(
        self,
        lr: float = 0.001,
        weight_decay: float = 1e-5,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        excluded: Iterable[str] = (),
        decay: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(lr, weight_decay, excluded, decay, **kwargs)
        self.beta_1 = check_fraction(self, "beta_1", beta_1)
        self.beta_2 = check_fraction(self, "beta_2", beta_2)
        self.epsilon = check_number(self, "epsilon", epsilon)

    def direction(self, g: Tensor, slots: Slots) -> Slots:
        """Returns the mean gradient over its root mean square, and both means."""
        m, v = slots
        m = self.beta_1 * m + (1.0 - self.beta_1) * g
        v = self.beta_2 * v + (1.0 - self.beta_2) * K.square(g)
        t = self.iterations + 1.0
        m_hat = m / (1.0 - K.pow(self.beta_1, t))
        v_hat = v / (1.0 - K.pow(self.beta_2, t))
        return m_hat / (K.sqrt(v_hat) + self.epsilon), m, v


class DecoupledLionW(DecoupledOptimizer):
    """Lion: every weight takes a step of the same size, up or down.

    For a weight `p` with the gradient `g` at update `t`, counted from 1, `m` starting
    from 0, and `eta = 1 / (1 + decay * (t - 1))`:

        c = beta_1 * m + (1 - beta_1) * g
        p = p - eta * (lr * sign(c) + weight_decay * p)
        m = beta_2 * m + (1 - beta_2) * g

    The paper's decay is `weight_decay / lr` here. It advises a learning rate of a third
    to a tenth of Adam's.

    # Arguments
        lr: float, learning rate: the size of each step.
        weight_decay: float, the share of each weight that each update subtracts.
        beta_1: float, the share of the mean gradient in a step's direction.
        beta_2: float, the fraction of the gradient's running mean to keep.
        excluded: list of names of layers whose weights don't decay.
        decay: float, as in the formula.
        **kwargs: `clipnorm` and `clipvalue`, as for `Optimizer`.

    # Properties
        weights: list of variables: `iterations`, each weight's `m`.

    # Example
        ```python
        from oneiros import backend as K
        from oneiros.optimizers import DecoupledLionW

        w = K.variable([1.0, -2.0])
        lion = DecoupledLionW(lr=0.1, weight_decay=0.0)
        K.function([], [], lion.get_updates([w], {}, K.sum(K.square(w))))([])
        print(K.get_value(w).round(4))  # [ 0.9 -1.9]
        ```

    # References
        - Chen et al.: Symbolic Discovery of Optimization Algorithms, arXiv:2302.06675,
          algorithm 2
    """

    loadable = True
    slots = ("mean",)

    def __init__(
        self,
        lr: float = 0.0001,
        weight_decay: float = 1e-5,
        beta_1: float = 0.9,
        beta_2: float = 0.99,
        excluded: Iterable[str] = (),
        decay: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(lr, weight_decay, excluded, decay, **kwargs)
        self.beta_1 = check_fraction(self, "beta_1", beta_1)
        self.beta_2 = check_fraction(self, "beta_2", beta_2)

    def direction(self, g: Tensor, slots: Slots) -> Slots:
        """Returns the sign of the step, and the mean gradient."""
        (m,) = slots
        c = self.beta_1 * m + (1.0 - self.beta_1) * g
        return K.sign(c), self.beta_2 * m + (1.0 - self.beta_2) * g
