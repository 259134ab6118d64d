"""Stochastic gradient descent."""

from typing import Unpack

from oneiros.arguments import check_bool
from oneiros.typing import Tensor

from oneiros_optimizers.optimizer import (
    DecayingOptimizer,
    OptimizerOptions,
    Slots,
    Step,
    alike,
    hyperparameter,
)


class SGD(DecayingOptimizer):
    """Stochastic gradient descent, with momentum, decay and Nesterov's look-ahead.

    For a weight `p` with the gradient `g`, `v` starting from 0:

        v = momentum * v - lr * g
        p = p + v

    With `nesterov=True` the second line is `p = p + momentum * v - lr * g`.

    # Arguments
        lr: float, learning rate. It becomes a variable: `K.set_value(sgd.lr, 0.001)`
            changes it during training.
        momentum: float, the fraction of the last step to keep.
        decay: float, the rate of each update is `lr / (1 + decay * iterations)`, where
            `iterations` counts updates, not epochs, from 0.
        nesterov: bool, whether to use Nesterov momentum.
        **kwargs: `clipnorm` and `clipvalue`, as for `Optimizer`.

    # Properties
        weights: list of variables: `iterations`, then each weight's `v`.

    # Raises
        ArgumentError: if an argument is neither a number nor a tensor.
        TypeError: for an unknown argument.

    # Example
        ```python
        from oneiros import backend as K
        from oneiros.optimizers import SGD

        w = K.variable([1.0])
        sgd = SGD(lr=0.1, momentum=0.9)
        updates = sgd.get_updates([w], {}, K.sum(K.square(w)))  # the gradient is 2 * w
        step = K.function([], [], updates)  # by -0.2, by 0.9 * -0.2 - 0.1 * 1.6
        step([])
        print(K.get_value(w).round(4))  # [0.8]
        step([])
        print(K.get_value(w).round(4))  # [0.46]
        ```

    # References
        - Sutskever, Martens, Dahl, Hinton: On the importance of initialization and
          momentum in deep learning, ICML 2013
    """

    loadable = True
    slots = ("velocity",)

    def __init__(
        self,
        lr: float = 0.01,
        momentum: float = 0.0,
        decay: float = 0.0,
        nesterov: bool = False,
        **kwargs: Unpack[OptimizerOptions],
    ):
        super().__init__(lr=lr, decay=decay, **kwargs)
        self.momentum = hyperparameter(self, "momentum", momentum)
        self.nesterov = check_bool(self, "nesterov", nesterov)

    @alike
    def step(self, p: Tensor, g: Tensor, rate: Tensor, slots: Slots) -> Step:
        """Returns the new value of a weight and its velocity."""
        (velocity,) = slots
        change = rate * g
        new_velocity = self.momentum * velocity - change
        step = new_velocity
        if self.nesterov:
            step = self.momentum * new_velocity - change
        return p + step, new_velocity
