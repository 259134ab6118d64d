"""The base classes of optimizers; a standard one is its slots and its step."""

import inspect
from collections.abc import Callable
from itertools import chain
from typing import Any, Self, TypedDict, Unpack

import numpy as np
from oneiros import backend as K
from oneiros import services
from oneiros.arguments import check_number, known_arguments
from oneiros.backend import bound
from oneiros.backend.dispatch import backend_of
from oneiros.bases import Rebuilt
from oneiros.errors import DataError
from oneiros.typing import Tensor

CLIPPING = ("clipnorm", "clipvalue")


class OptimizerOptions(TypedDict, total=False):
    """The arguments that every optimizer accepts."""

    clipnorm: float | None
    clipvalue: float | None


def clip_norm(g: Tensor, c: float, n: Tensor) -> Tensor:
    """Returns a gradient scaled by `c / n` if the norm `n` of all reaches `c`.

    # Arguments
        g: tensor, a gradient.
        c: float, the largest norm; 0 or less means no limit.
        n: scalar tensor, the norm of all gradients together.

    # Returns
        Tensor of the shape of `g`.

    # Example
        ```python
        from oneiros import backend as K
        from oneiros.optimizers import clip_norm

        g = K.variable([3.0, 4.0])
        n = K.sqrt(K.sum(K.square(g)))
        print(K.eval(clip_norm(g, 1.0, n)).round(4))  # [0.6 0.8]
        ```

    # References
        - Pascanu, Mikolov, Bengio: On the difficulty of training recurrent neural
          networks, ICML 2013
    """
    if c <= 0:
        return g
    is_longer = K.greater_equal(n, c)
    clipped = g * c / n
    return K.switch(is_longer, clipped, g)


def plain_number(optimizer, name: str, value):
    """Returns an argument of an optimizer, which may be an array of one number, as a
    Python number.

    A tensor is returned unchanged.

    # Raises
        ArgumentError: if it is anything else.
    """
    number = check_number(optimizer, name, value)
    is_of_numpy = isinstance(number, (np.generic, np.ndarray))
    if is_of_numpy and number.size == 1:
        return number.item()
    return number


class Optimizer(Rebuilt):
    """Base class of optimizers, which turn a loss and its parameters into a list of
    updates.

    Your own class defines `get_updates`.

    # Arguments
        **kwargs: `clipnorm`: float, upper limit of the global norm of all gradients
            together; above it, all are scaled by the same factor. `clipvalue`: float,
            upper limit of the absolute value of each gradient element, applied after
            that. For both, 0 and None mean no limit.

    # Properties
        updates: list of `(variable, new value)`, the result of `get_updates`.
        weights: list of variables, the saved state.

    # Raises
        ArgumentError: if a limit is neither a number nor a tensor.
        TypeError: for another argument.

    # Example
        ```python
        from oneiros import backend as K
        from oneiros.optimizers import Optimizer

        class SignDescent(Optimizer):
            def get_updates(self, params, constraints, loss):
                grads = self.get_gradients(loss, params)
                return [
                    K.update(p, p - 0.1 * K.sign(g)) for p, g in zip(params, grads)
                ]

        w = K.variable([1.0, -2.0])
        updates = SignDescent().get_updates([w], {}, K.sum(K.square(w)))
        K.function([], [], updates)([])
        print(K.get_value(w).round(4))  # [ 0.9 -1.9]
        ```
    """

    loadable = False
    updates: list[Any]
    weights: list[Any]

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        """Sets what a constructor that doesn't call this one lacks."""
        optimizer = super().__new__(cls)
        vars(optimizer).update(_backend=K.current(), updates=[], weights=[])
        return optimizer

    def __init__(self, **kwargs: Unpack[OptimizerOptions]):
        cls = type(self)
        own = _parameter_names(cls)
        kwargs = known_arguments(cls.__name__, kwargs, CLIPPING, own)
        for name, limit in kwargs.items():
            has_limit = limit is not None and limit is not False
            if has_limit:
                limit = plain_number(self, name, limit)
            vars(self)[name] = limit

    def get_updates(
        self, params: list[Any], constraints: dict[Any, Any], loss: Tensor
    ) -> list[Any]:
        """Returns `(variable, new value)` pairs for one step that lowers `loss`.

        # Arguments
            params: list of variables to train.
            constraints: dict from variables to their constraints.
            loss: scalar tensor.
        """
        raise NotImplementedError(
            f"{type(self).__name__} doesn't define get_updates(params, constraints, "
            "loss)."
        )

    def get_gradients(self, loss: Tensor, params: list[Any]) -> list[Any]:
        """Returns the gradients of `loss`, clipped according to `clipnorm` and
        `clipvalue`."""
        grads = list(K.gradients(loss, params))
        norm_limit = getattr(self, "clipnorm", None) or 0
        value_limit = getattr(self, "clipvalue", None) or 0
        if norm_limit > 0:
            squares = [K.sum(K.square(g)) for g in grads]
            total = sum(squares)
            norm = K.sqrt(total)
            grads = [clip_norm(g, norm_limit, norm) for g in grads]
        if value_limit > 0:
            grads = [K.clip(g, -value_limit, value_limit) for g in grads]
        return grads

    def set_weights(self, weights: list[Any]) -> None:
        """Sets the optimizer's state from arrays in the order of `get_weights()`.

        # Raises
            DataError: if the number of arrays or a shape differs.
        """
        if len(weights) != len(self.weights):
            raise DataError(
                f"{type(self).__name__}.set_weights received {len(weights)} arrays; "
                f"its state has {len(self.weights)}. The state exists once the model "
                "has been trained."
            )
        pairs = list(zip(self.weights, weights, strict=True))
        for index, (variable, value) in enumerate(pairs):
            expected = tuple(K.get_variable_shape(variable))
            if expected != np.shape(value):
                raise DataError(
                    f"{type(self).__name__}.set_weights: array {index} has shape "
                    f"{np.shape(value)}, but the state has shape {expected}."
                )
        K.batch_set_value(pairs)

    def get_weights(self) -> list[Any]:
        """Returns copies of the optimizer's state, as arrays."""
        return list(K.batch_get_value(self.weights))

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments, for those of which there are attributes
        with numbers, and the limits of gradients."""
        config: dict[str, Any] = {}
        for cls in reversed(type(self).__mro__):
            for name in (*_parameter_names(cls), *CLIPPING):
                config |= self._argument_config(name)
        return config

    def _argument_config(self, name: str) -> dict[str, Any]:
        """Returns the configuration of one argument: a tensor counts as its number."""
        value = vars(self).get(name)
        backend = backend_of(self) or K.current()
        if not backend.owns(value):
            return services.configurations.argument_config(self, name)
        number = np.asarray(K.get_value(value))
        if number.size != 1:
            return {}
        return {name: number.item()}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Builds the optimizer from `get_config()`'s result."""
        return cls(**config)


def _parameter_names(cls: type) -> list[str]:
    """Returns a constructor's parameters but `*args` and `**kwargs`."""
    parameters = inspect.signature(cls).parameters.values()
    variadic = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return [p.name for p in parameters if p.kind not in variadic]


Slots = tuple[Tensor, ...]
Step = tuple[Tensor, ...]


def alike(step: Callable[..., Step]) -> Callable[..., Step]:
    """Marks a `step` that does the same for all weights of a shape, with the same rate,
    and draws no random numbers: it may be recorded once for all of them."""
    # Functions take attributes.
    step.is_alike = True  # type: ignore[attr-defined]
    return step


class StandardOptimizer(Optimizer):
    """An optimizer with a learning rate and a count of its updates.

    A subclass names what it remembers of each weight, its slots, which start from 0,
    and defines the `step` of one weight.

    # Arguments
        lr: float, learning rate; a variable, so that `K.set_value(optimizer.lr, 0.001)`
            takes effect immediately.
        **kwargs: `clipnorm` and `clipvalue`, as for `Optimizer`.
    """

    slots: tuple[str, ...]
    has_count_in_weights = True
    """Whether `iterations` is part of the saved state, as in Keras 1."""

    def __init__(self, lr: float, **kwargs: Unpack[OptimizerOptions]):
        super().__init__(**kwargs)
        self.iterations = K.variable(0.0)
        self.lr = hyperparameter(self, "lr", lr)

    @bound
    def get_updates(
        self, params: list[Any], constraints: dict[Any, Any], loss: Tensor
    ) -> list[Any]:
        """Returns `(variable, new value)` pairs for one step that lowers `loss`."""
        grads = self.get_gradients(loss, params)
        rate = self.rate()
        slots = [list(map(_zeros_like, params)) for _ in self.slots]
        self.weights = list(chain.from_iterable(slots))
        if self.has_count_in_weights:
            self.weights.insert(0, self.iterations)
        self.updates = self.counting()
        step = self._step_of_weights()
        for p, g, *state in zip(params, grads, *slots, strict=True):
            new_p, *new_state = step(p, g, rate, *state)
            self.updates += map(K.update, state, new_state)
            update = stored(p, new_p, constraints)
            self.updates.append(update)
        return self.updates

    def _step_of_weights(self) -> Callable[..., Step]:
        """Returns `step` as a function of tensors, recorded once for all weights of a
        shape if it is alike for them."""

        def step(p, g, rate, *state) -> Step:
            return self.step(p, g, rate, state)

        if hasattr(self.step, "is_alike"):
            repeated: Callable[..., Step] = K.current().repeated(step)
            return repeated
        return step

    def step(self, p: Tensor, g: Tensor, rate, slots: Slots) -> Step:
        """Returns the new value of a weight, followed by those of its slots.

        # Arguments
            p: tensor, the weight.
            g: tensor, its gradient.
            rate: what `rate` returned.
            slots: tensors, what the optimizer remembers of the weight.
        """
        raise NotImplementedError

    def rate(self):
        """Returns the learning rate of this update; all weights share it."""
        return self.lr

    def counting(self) -> list[Any]:
        """Returns the update that increments the counter."""
        return [K.update_add(self.iterations, 1)]


class DecayingOptimizer(StandardOptimizer):
    """An optimizer whose learning rate can decay as `lr / (1 + decay * iterations)`.

    # Arguments
        lr: float, learning rate.
        decay: float, 0 for none. This argument decides whether the rate decays; the
            variable sets how fast.
        **kwargs: `clipnorm` and `clipvalue`, as for `Optimizer`.

    # Example
        ```python
        from oneiros import backend as K
        from oneiros.optimizers import DecayingOptimizer

        class SignDescent(DecayingOptimizer):
            slots = ()

            def step(self, p, g, rate, slots):
                return (p - rate * K.sign(g),)

        w = K.variable([1.0, -2.0])
        optimizer = SignDescent(lr=0.1, decay=0.0)
        updates = optimizer.get_updates([w], {}, K.sum(K.square(w)))
        K.function([], [], updates)([])
        print(K.get_value(w).round(4))  # [ 0.9 -1.9]
        ```
    """

    counts_always = False
    """Whether it counts even if the learning rate doesn't depend on it."""

    def __init__(self, lr: float, decay: float, **kwargs: Unpack[OptimizerOptions]):
        super().__init__(lr=lr, **kwargs)
        self.decay = hyperparameter(self, "decay", decay)
        self.initial_decay = decay

    def rate(self) -> Tensor:
        """Returns the learning rate of this update."""
        if self.initial_decay > 0:
            return self.lr / (1.0 + self.decay * self.iterations)
        return self.lr

    def counting(self) -> list[Any]:
        """Returns the update of the counter, if something depends on it."""
        if self.counts_always or self.initial_decay > 0:
            return super().counting()
        return []


def _zeros_like(p: Tensor) -> Tensor:
    shape = K.get_variable_shape(p)
    return K.zeros(shape)


def hyperparameter(optimizer: Optimizer, name: str, value) -> Tensor:
    """Returns a variable with the value of an argument; a tensor is returned unchanged.

    # Raises
        ArgumentError: if the argument is neither a number nor a tensor.
    """
    number = plain_number(optimizer, name, value)
    if K.current().owns(number):
        return number
    return K.variable(number)


def running_mean(kept, mean: Tensor, value: Tensor) -> Tensor:
    """Returns a mean of which a fraction is kept, and the rest is a new value."""
    new = (1.0 - kept) * value
    return kept * mean + new


def stored(p: Tensor, new_p: Tensor, constraints: dict[Any, Any]):
    """Returns the update of parameter `p` to `new_p`, under its constraint."""
    if p in constraints:
        new_p = constraints[p](new_p)
    return K.update(p, new_p)
