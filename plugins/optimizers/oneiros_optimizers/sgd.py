"""Stochastic gradient descent."""

from __future__ import annotations

from typing import Any, ClassVar

from oneiros import backend as K
from oneiros.arguments import check_bool
from oneiros.backend import bound

from oneiros_optimizers.base import (
    DecayingOptimizer,
    hyperparameter,
    number,
    slots,
    stored,
)


class SGD(DecayingOptimizer):
    """Stochastic gradient descent, with momentum, decay and Nesterov's look-ahead.

    # Arguments
        lr: float, learning rate.
        momentum: float, share of the last step that is kept.
        decay: float, the rate falls as `lr / (1 + decay * iterations)`.
        nesterov: bool, whether to use Nesterov momentum.
        **kwargs: `clipnorm` and `clipvalue`.

    # Example
        ```python
        from oneiros.layers import Dense
        from oneiros.models import Sequential
        from oneiros.optimizers import SGD

        model = Sequential([Dense(1, input_dim=2)])
        model.compile(SGD(lr=0.01, momentum=0.9, nesterov=True), loss="mse")
        ```

    # References
        - Sutskever et al.: On the importance of initialization and momentum in deep
          learning, ICML 2013
    """

    loadable: ClassVar[bool] = True

    def __init__(
        self,
        lr: float = 0.01,
        momentum: float = 0.0,
        decay: float = 0.0,
        nesterov: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(lr=lr, decay=decay, **kwargs)
        self.momentum = hyperparameter(self, "momentum", momentum)
        self.nesterov = check_bool(self, "nesterov", nesterov)

    @bound
    def get_updates(
        self, params: list[Any], constraints: dict[Any, Any], loss: Any
    ) -> list[Any]:
        """Returns `(variable, new value)` pairs for one step that lowers `loss`."""
        grads = self.get_gradients(loss, params)
        lr = self.decayed_lr()
        moments = slots(params)
        self.weights = [self.iterations, *moments]
        self.updates = self.counting_if_decaying()
        for p, g, m in zip(params, grads, moments, strict=True):
            velocity = self.momentum * m - lr * g
            step = velocity
            if self.nesterov:
                step = self.momentum * velocity - lr * g
            self.updates += [K.update(m, velocity), stored(p, p + step, constraints)]
        return self.updates

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {
            **super().get_config(),
            "momentum": number(self.momentum),
            "nesterov": self.nesterov,
        }
