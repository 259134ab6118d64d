"""Optimizers that change what another one does: Lookahead, gradient accumulation and
averaged weights. Each is an optimizer, so that they can be nested."""

from typing import Any

from oneiros import backend as K
from oneiros import optimizers
from oneiros.arguments import check_fraction, check_int
from oneiros.backend import bound
from oneiros.optimizers import Optimizer
from oneiros.typing import Tensor

Constraints = dict[Tensor, Any]
Updates = list[tuple[Tensor, Tensor]]


def zeros_for(params: list[Tensor]) -> list[Tensor]:
    """Returns a variable of zeros for each weight."""
    return [K.zeros(K.get_variable_shape(p)) for p in params]


class OptimizerWrapper(Optimizer):
    """Base of the optimizers that change what another one does. Not an optimizer
    itself.

    A subclass defines `wrap`.

    # Arguments
        optimizer: name, configuration or optimizer; it clips the gradients, if asked.

    # Properties
        lr: variable, the other optimizer's.
        weights: list of variables: what counts updates, the other optimizer's state,
            and a list for all weights.
    """

    every = 1
    """The number of updates after which counting begins again at 1."""

    def __init__(self, optimizer: Any = "sgd") -> None:
        super().__init__()
        self.optimizer: Any = optimizers.get(optimizer)
        self.count = K.variable(0.0)
        """0 before the first update; from then on 1 to `every`."""

    @property
    def lr(self) -> Tensor:
        """The learning rate, for callbacks and schedules."""
        return self.optimizer.lr

    @bound
    def get_updates(
        self, params: list[Tensor], constraints: Constraints, loss: Tensor
    ) -> Updates:
        """Returns `(variable, new value)` pairs for one step that lowers `loss`."""
        self.slots = zeros_for(params)
        begins_again = K.equal(self.count, self.every)
        count = K.switch(begins_again, K.ones_like(self.count), self.count + 1.0)
        updates = self.wrap(params, constraints, loss, count)
        own = {self.count, *self.slots, *params}
        of_other = [variable for variable, _ in updates if variable not in own]
        self.weights = [self.count, *of_other, *self.slots]
        self.updates = [(self.count, count), *updates]
        return self.updates

    def wrap(
        self,
        params: list[Tensor],
        constraints: Constraints,
        loss: Tensor,
        count: Tensor,
    ) -> Updates:
        """Returns the pairs of the other optimizer, changed, with those of the slots;
        subclasses define this.

        # Arguments
            count: scalar tensor, the place of this update, from 1 to `every`.
        """
        raise NotImplementedError

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments, with the class and the arguments of the other
        optimizer."""
        inner = {
            "class_name": type(self.optimizer).__name__,
            "config": self.optimizer.get_config(),
        }
        return {**super().get_config(), "optimizer": inner}


class Lookahead(OptimizerWrapper):
    """Lets another optimizer run ahead, and follows it part of the way.

    After each `k` updates of the fast weights `p`, for the slow weights `s`, which
    start as `p`:

        s = s + alpha * (p - s)
        p = s

    # Arguments
        optimizer: name, configuration or optimizer of the fast weights.
        k: int, the number of its updates between those of the slow weights.
        alpha: float, the share of the way that these follow.

    # Example
        ```python
        from oneiros import backend as K
        from oneiros.optimizers import SGD, Lookahead

        w = K.variable([1.0])
        lookahead = Lookahead(SGD(lr=0.1), k=2, alpha=0.5)
        step = K.function([], [], lookahead.get_updates([w], {}, K.sum(w)))
        step([]), step([])
        print(K.get_value(w).round(4))  # [0.9]
        ```

    # References
        - Zhang, Lucas, Hinton, Ba: Lookahead Optimizer: k steps forward, 1 step back,
          arXiv:1907.08610
    """

    loadable = True
    conformance = {"arguments": {"k": 1}}

    def __init__(self, optimizer: Any = "sgd", k: int = 5, alpha: float = 0.5) -> None:
        super().__init__(optimizer)
        self.k = self.every = check_int(self, "k", k)
        self.alpha = check_fraction(self, "alpha", alpha)

    def wrap(
        self,
        params: list[Tensor],
        constraints: Constraints,
        loss: Tensor,
        count: Tensor,
    ) -> Updates:
        """Returns the other optimizer's pairs; every `k`-th time, with the slow weights
        for the fast ones."""
        values = dict(self.optimizer.get_updates(params, {}, loss))
        is_first = K.equal(self.count, 0.0)
        is_due = K.equal(count, self.k)
        for p, slot in zip(params, self.slots, strict=True):
            slow = K.switch(is_first, p, slot)
            followed = slow + self.alpha * (values[p] - slow)
            new_p = K.switch(is_due, followed, values[p])
            if p in constraints:
                new_p = constraints[p](new_p)
            values[p] = new_p
            values[slot] = K.switch(is_due, new_p, slow)
        return list(values.items())


class GradientAccumulation(OptimizerWrapper):
    """Updates weights after several batches, with the mean of their gradients: the same
    as one batch of so many times the size.

    # Arguments
        optimizer: name, configuration or optimizer that receives the mean.
        steps: int, the number of batches.

    # Example
        ```python
        from oneiros import backend as K
        from oneiros.optimizers import SGD, GradientAccumulation

        w = K.variable([1.0])
        accumulation = GradientAccumulation(SGD(lr=0.1), steps=2)
        step = K.function([], [K.sum(w)], accumulation.get_updates([w], {}, K.sum(w)))
        print([round(float(step([])[0]), 4) for _ in range(3)])  # [1.0, 1.0, 0.9]
        ```
    """

    loadable = True
    conformance = {"arguments": {"steps": 1}}

    def __init__(self, optimizer: Any = "sgd", steps: int = 4) -> None:
        super().__init__(optimizer)
        self.steps = self.every = check_int(self, "steps", steps)

    def wrap(
        self,
        params: list[Tensor],
        constraints: Constraints,
        loss: Tensor,
        count: Tensor,
    ) -> Updates:
        """Returns the other optimizer's pairs, without effect until they are due, and
        those of the sums."""
        is_due = K.equal(count, self.steps)
        sums = [
            slot + gradient
            for slot, gradient in zip(self.slots, K.gradients(loss, params))
        ]
        means = [K.stop_gradient(total / self.steps) for total in sums]
        # What an optimizer takes is a loss: this one has the means as its gradients.
        linear_loss = sum(K.sum(p * mean) for p, mean in zip(params, means))
        inner = self.optimizer.get_updates(params, constraints, linear_loss)
        updates = [(old, K.switch(is_due, new, old)) for old, new in inner]
        emptied = [
            (slot, K.switch(is_due, K.zeros_like(total), total))
            for slot, total in zip(self.slots, sums)
        ]
        return updates + emptied


class AveragedWeights(OptimizerWrapper):
    """Keeps a running mean of the weights, which often predicts better than they do.

    For a weight `p` after each update, and its mean `a`, which starts as `p`:

        a = keep * a + (1 - keep) * p

    Training isn't changed; `use_averages` puts the means in place.

    # Arguments
        optimizer: name, configuration or optimizer.
        keep: float, the fraction of the mean to keep.

    # Example
        ```python
        import numpy as np
        from oneiros.layers import Dense
        from oneiros.models import Sequential
        from oneiros.optimizers import AveragedWeights

        model = Sequential([Dense(1, input_dim=3)])
        model.compile(AveragedWeights("adam", keep=0.9), "mse")
        model.fit(np.ones((8, 3)), np.ones((8, 1)), nb_epoch=2, verbose=0)
        model.optimizer.use_averages()
        ```

    # References
        - Polyak, Juditsky: Acceleration of Stochastic Approximation by Averaging, 1992
    """

    loadable = True

    def __init__(self, optimizer: Any = "sgd", keep: float = 0.999) -> None:
        super().__init__(optimizer)
        self.keep = check_fraction(self, "keep", keep)

    def wrap(
        self,
        params: list[Tensor],
        constraints: Constraints,
        loss: Tensor,
        count: Tensor,
    ) -> Updates:
        """Returns the other optimizer's pairs, and those of the means."""
        self.params = params
        values = dict(self.optimizer.get_updates(params, constraints, loss))
        is_first = K.equal(self.count, 0.0)
        for p, slot in zip(params, self.slots, strict=True):
            mean = K.switch(is_first, p, slot)
            values[slot] = self.keep * mean + (1.0 - self.keep) * values[p]
        return list(values.items())

    @bound
    def use_averages(self) -> None:
        """Gives the weights their means, once there has been an update."""
        means = K.batch_get_value(self.slots)
        if K.get_value(self.count):
            K.batch_set_value(list(zip(self.params, means, strict=True)))
