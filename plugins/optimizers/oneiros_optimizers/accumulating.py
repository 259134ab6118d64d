"""Optimizers that divide by roots of accumulated squares: RMSprop, Adagrad,
Adadelta."""

from typing import Unpack

from oneiros import backend as K
from oneiros.typing import Tensor

from oneiros_optimizers.optimizer import (
    DecayingOptimizer,
    OptimizerOptions,
    Slots,
    Step,
    alike,
    hyperparameter,
    plain_number,
    running_mean,
)


class RMSprop(DecayingOptimizer):
    """Divides the gradient by a running average of its root mean square.

    For a weight `p` with the gradient `g`, `a` starting from 0:

        a = rho * a + (1 - rho) * g ** 2
        p = p - lr * g / (sqrt(a) + epsilon)

    A good choice for recurrent networks.

    # Arguments
        rho: float, the fraction of the running mean to keep.
        epsilon: float, added to the root.
        lr, decay, **kwargs: as for `SGD`.

    # Properties
        weights: list of variables: each weight's `a`.

    # Raises
        ArgumentError: if an argument is neither a number nor a tensor.
        TypeError: for an unknown argument.

    # Example
        ```python
        from oneiros import backend as K
        from oneiros.optimizers import RMSprop

        w = K.variable([1.0])
        updates = RMSprop(lr=0.1).get_updates([w], {}, K.sum(K.square(w)))
        K.function([], [], updates)([])
        print(K.get_value(w).round(4))  # [0.6838]
        ```

    # References
        - Tieleman, Hinton: Lecture 6.5 of Neural Networks for Machine Learning, 2012
    """

    loadable = True
    slots: tuple[str, ...] = ("mean_square",)
    has_count_in_weights = False

    def __init__(
        self,
        lr: float = 0.001,
        rho: float = 0.9,
        epsilon: float = 1e-8,
        decay: float = 0.0,
        **kwargs: Unpack[OptimizerOptions],
    ):
        super().__init__(lr=lr, decay=decay, **kwargs)
        self.rho = hyperparameter(self, "rho", rho)
        self.epsilon = plain_number(self, "epsilon", epsilon)

    @alike
    def step(self, p: Tensor, g: Tensor, rate: Tensor, slots: Slots) -> Step:
        """Returns the new value of a weight and its mean square."""
        (a,) = slots
        a = running_mean(self.rho, a, K.square(g))
        root = K.sqrt(a) + self.epsilon
        step = rate * g / root
        return p - step, a


class Adagrad(DecayingOptimizer):
    """Divides the gradient by the root of the sum of all its past squares.

    For a weight `p` with the gradient `g`, `a` starting from 0:

        a = a + g ** 2
        p = p - lr * g / (sqrt(a) + epsilon)

    Steps only get smaller.

    # Arguments
        epsilon: float, added to the root.
        lr, decay, **kwargs: as for `SGD`.

    # Properties
        weights: list of variables: each weight's `a`.

    # Raises
        ArgumentError: if an argument is neither a number nor a tensor.
        TypeError: for an unknown argument.

    # Example
        ```python
        from oneiros import backend as K
        from oneiros.optimizers import Adagrad

        w = K.variable([1.0])
        updates = Adagrad(lr=0.1).get_updates([w], {}, K.sum(K.square(w)))
        K.function([], [], updates)([])
        print(K.get_value(w).round(4))  # [0.9]
        ```

    # References
        - Duchi, Hazan, Singer: Adaptive Subgradient Methods for Online Learning, JMLR
          2011
    """

    loadable = True
    slots = ("sum_of_squares",)
    has_count_in_weights = False

    def __init__(
        self,
        lr: float = 0.01,
        epsilon: float = 1e-8,
        decay: float = 0.0,
        **kwargs: Unpack[OptimizerOptions],
    ):
        super().__init__(lr=lr, decay=decay, **kwargs)
        self.epsilon = plain_number(self, "epsilon", epsilon)

    @alike
    def step(self, p: Tensor, g: Tensor, rate: Tensor, slots: Slots) -> Step:
        """Returns the new value of a weight and its sum of squares."""
        (a,) = slots
        a = a + K.square(g)
        root = K.sqrt(a) + self.epsilon
        step = rate * g / root
        return p - step, a


class Adadelta(DecayingOptimizer):
    """Scales the gradient by the root mean squares of past steps and gradients.

    For a weight `p` with the gradient `g`, `a` and `d` starting from 0:

        a = rho * a + (1 - rho) * g ** 2
        step = g * sqrt(d + epsilon) / sqrt(a + epsilon)
        d = rho * d + (1 - rho) * step ** 2
        p = p - lr * step

    The first steps are tiny, because `d` grows from 0.

    # Arguments
        lr: float, learning rate; the paper uses 1.
        rho: float, the fraction of the running means to keep.
        epsilon: float, added inside both roots.
        decay, **kwargs: as for `SGD`.

    # Properties
        weights: list of variables: each weight's `a`, then each weight's `d`.

    # Raises
        ArgumentError: if an argument is neither a number nor a tensor.
        TypeError: for an unknown argument.

    # Example
        ```python
        from oneiros import backend as K
        from oneiros.optimizers import Adadelta

        w = K.variable([1.0])
        updates = Adadelta(lr=1.0).get_updates([w], {}, K.sum(K.square(w)))
        K.function([], [], updates)([])
        print(K.get_value(w).round(4))  # [0.9996]
        ```

    # References
        - Zeiler: ADADELTA, an adaptive learning rate method, arXiv:1212.5701
    """

    loadable = True
    slots = ("mean_square", "mean_square_of_steps")
    has_count_in_weights = False

    def __init__(
        self,
        lr: float = 1.0,
        rho: float = 0.95,
        epsilon: float = 1e-8,
        decay: float = 0.0,
        **kwargs: Unpack[OptimizerOptions],
    ):
        super().__init__(lr=lr, decay=decay, **kwargs)
        self.rho = plain_number(self, "rho", rho)
        self.epsilon = plain_number(self, "epsilon", epsilon)

    @alike
    def step(self, p: Tensor, g: Tensor, rate: Tensor, slots: Slots) -> Step:
        """Returns the new value of a weight and both mean squares."""
        a, d = slots
        a = running_mean(self.rho, a, K.square(g))
        root = K.sqrt(a + self.epsilon)
        step = g * K.sqrt(d + self.epsilon) / root
        d = running_mean(self.rho, d, K.square(step))
        return p - rate * step, a, d
