"""The functions of `K` that follow from others, written once; an engine overrides what
it does better."""

from __future__ import annotations

from typing import Any

import numpy as np
from oneiros.backend import common
from oneiros.backend.contract import Backend, draw_seed
from oneiros.backend.tensor_state import SPARSE
from oneiros.errors import ArgumentError, DataError

from oneiros_backend_toolkit.arrays import owned

T = Any

FUZZ = 1e-7
"""The constant of the crossentropies; `set_epsilon` doesn't change it, as in Keras
1."""


class Derived(Backend):
    """Functions in terms of those that the engine supplies; and the learning phase."""

    def __init__(self) -> None:
        self._phase: T = None
        self._fixed_phase: int | None = None

    # Variables

    def zeros(self, shape: T, dtype: T = None, name: T = None) -> T:
        """Makes a variable of zeros."""
        return self.variable(np.zeros(shape), dtype, name)

    def ones(self, shape: T, dtype: T = None, name: T = None) -> T:
        """Makes a variable of ones."""
        return self.variable(np.ones(shape), dtype, name)

    def eye(self, size: T, dtype: T = None, name: T = None) -> T:
        """Makes a variable holding the identity matrix."""
        return self.variable(np.eye(size), dtype, name)

    def random_uniform_variable(
        self, shape: T, low: T, high: T, dtype: T = None, name: T = None, seed: T = None
    ) -> T:
        """Makes a variable drawn from [low, high)."""
        return self.variable(_generator(seed).uniform(low, high, shape), dtype, name)

    def random_normal_variable(
        self,
        shape: T,
        mean: T,
        scale: T,
        dtype: T = None,
        name: T = None,
        seed: T = None,
    ) -> T:
        """Makes a variable drawn from a normal distribution with standard deviation
        `scale`."""
        return self.variable(_generator(seed).normal(mean, scale, shape), dtype, name)

    def batch_get_value(self, xs: T) -> list[T]:
        """Returns the values of several variables."""
        return [self.get_value(x) for x in xs]

    def batch_set_value(self, tuples: T) -> None:
        """Sets several variables from `(variable, array)` pairs."""
        for x, value in tuples:
            self.set_value(x, value)

    def get_variable_shape(self, x: T) -> tuple[int, ...]:
        """Returns a variable's shape."""
        return tuple(self.int_shape(x))

    def count_params(self, x: T) -> int:
        """Returns the number of a variable's elements."""
        return int(np.prod(self.get_variable_shape(x), dtype=np.int64))

    def update(self, x: T, new_x: T) -> tuple[T, T]:
        """Returns the update of variable `x` to `new_x`, for `function`."""
        return (x, new_x)

    def update_add(self, x: T, increment: T) -> tuple[T, T]:
        """Returns the update of variable `x` by adding."""
        return (x, x + increment)

    def update_sub(self, x: T, decrement: T) -> tuple[T, T]:
        """Returns the update of variable `x` by subtracting."""
        return (x, x - decrement)

    def moving_average_update(self, variable: T, value: T, momentum: T) -> tuple[T, T]:
        """Returns the update of a moving average: `momentum` of the old value, the rest
        of `value`."""
        return (variable, variable - (variable - value) * (1.0 - momentum))

    def eval(self, x: T) -> T:
        """Returns the value of a tensor that depends on no placeholder."""
        return self.function([], [x])([])[0]

    def manual_variable_initialization(self, value: bool) -> None:
        """Does nothing: variables always hold a value here."""

    def is_explicit_shape(self, shape: T) -> bool:
        """Tells whether `shape` consists of ints and None."""
        return isinstance(shape, (list, tuple)) and all(
            n is None or isinstance(n, int) for n in shape
        )

    def pattern_broadcast(self, x: T, broatcastable: T) -> T:
        """Returns `x`; Theano's backend marks its broadcastable axes."""
        return x

    def checked_value(self, x: T, value: T) -> np.ndarray[Any, Any]:
        """Returns a copy of `value` as an array of the variable's type and shape."""
        array, shape = owned(value, self.dtype(x)), self.get_variable_shape(x)
        if array.shape != shape:
            name = repr(x.name) if x.name else "The variable"
            raise DataError(
                f"{name} has shape {shape}; it can't be set to shape {array.shape}."
            )
        return array

    def is_sparse(self, tensor: T) -> bool:
        """Tells whether `tensor` was made as a sparse one."""
        return bool(SPARSE.get(tensor))

    def clear_session(self) -> None:
        """Forgets the names given so far and a learning phase that was fixed."""
        common.reset_uids()
        self._fixed_phase = None

    # Learning phase

    def learning_phase(self) -> T:
        """Returns 0 (test) or 1 (train) if it was fixed, else an input that functions
        get."""
        if self._fixed_phase is not None:
            return self._fixed_phase
        if self._phase is None:
            self._phase = self.placeholder(
                shape=(), dtype="int32", name="keras_learning_phase"
            )
            self._phase._uses_learning_phase = True
        return self._phase

    def is_learning_phase(self, x: T) -> bool:
        """Tells whether `x` is the learning phase's placeholder."""
        return x is not None and x is self._phase

    def uses_learning_phase(self, x: T) -> bool:
        """Tells whether `x` depends on the learning phase's placeholder."""
        return bool(getattr(x, "_uses_learning_phase", False))

    def set_learning_phase(self, value: int) -> None:
        """Fixes the learning phase to 0 (test) or 1 (train) for graphs built from now
        on."""
        if value not in (0, 1):
            raise ArgumentError(
                f"set_learning_phase received {value!r}. It takes 0 (test) or 1 (train)."
            )
        self._fixed_phase = int(value)

    def in_train_phase(self, x: T, alt: T) -> T:
        """Returns `x` in training and `alt` in testing; either may be a function that
        returns the tensor."""
        phase = self.learning_phase()
        if isinstance(phase, int):
            chosen = x if phase else alt
            return chosen() if callable(chosen) else chosen
        result = self.switch(phase, x, alt)
        result._uses_learning_phase = True
        return result

    def in_test_phase(self, x: T, alt: T) -> T:
        """Returns `x` in testing and `alt` in training."""
        return self.in_train_phase(alt, x)

    # Element by element

    def square(self, x: T) -> T:
        """Returns `x` times `x`."""
        return x * x

    def elu(self, x: T, alpha: T = 1.0) -> T:
        """Exponential linear unit: alpha * (exp(x) - 1) below zero."""
        return self.switch(
            self.greater(x, 0), x, alpha * (self.exp(self.minimum(x, 0)) - 1)
        )

    def softsign(self, x: T) -> T:
        """x / (1 + |x|)."""
        return x / (1 + self.abs(x))

    def hard_sigmoid(self, x: T) -> T:
        """0.2 * x + 0.5, bounded by 0 and 1."""
        return self.clip(0.2 * x + 0.5, 0.0, 1.0)

    def l2_normalize(self, x: T, axis: T) -> T:
        """Divides by the L2 norm along an axis (at least 1e-6)."""
        return x / self.sqrt(
            self.maximum(self.sum(self.square(x), axis, keepdims=True), 1e-12)
        )

    def dropout(
        self, x: T, level: T, noise_shape: T = None, seed: int | None = None
    ) -> T:
        """Sets a fraction `level` of the elements to zero and scales the others up.

        # Arguments
            x: tensor.
            level: float in [0, 1).
            noise_shape: shape of the mask, broadcast to `x`; None in it takes that size
                of `x`.
            seed: int.
        """
        if not 0.0 <= level < 1.0:
            raise ArgumentError(
                f"dropout received level={level!r}. It takes a fraction in [0, 1)."
            )
        if level == 0:
            return x
        shape = self.shape(x)
        if noise_shape is not None:
            shape = tuple(
                shape[i] if n is None else n for i, n in enumerate(noise_shape)
            )
        return (
            x
            * self.random_binomial(shape, 1.0 - level, self.dtype(x), draw_seed(seed))
            / (1.0 - level)
        )

    # Reductions and shapes

    def var(self, x: T, axis: T = None, keepdims: T = False) -> T:
        """Variance (divided by the number of elements)."""
        return self.mean(
            self.square(x - self.mean(x, axis, keepdims=True)), axis, keepdims
        )

    def std(self, x: T, axis: T = None, keepdims: T = False) -> T:
        """Standard deviation."""
        return self.sqrt(self.var(x, axis, keepdims))

    def flatten(self, x: T) -> T:
        """One axis holding all elements."""
        return self.reshape(x, (-1,))

    def batch_flatten(self, x: T) -> T:
        """Two axes, the first kept."""
        rest = self.int_shape(x)[1:]
        if None in rest:
            return self.reshape(x, (self.shape(x)[0], -1))
        return self.reshape(x, (-1, int(np.prod(rest, dtype=np.int64))))

    def repeat(self, x: T, n: T) -> T:
        """Repeats (batch, features) to (batch, n, features)."""
        if self.ndim(x) != 2:
            raise ArgumentError(
                f"repeat takes a 2D tensor; it received one of rank {self.ndim(x)}."
            )
        return self.tile(self.expand_dims(x, 1), (1, n, 1))

    # Normalisation

    def normalize_batch_in_training(
        self, x: T, gamma: T, beta: T, reduction_axes: T, epsilon: T = 0.001
    ) -> tuple[T, T, T]:
        """Normalises over `reduction_axes`, scales and shifts. Returns the result, the
        mean, the variance."""
        sizes, axes = (
            self.int_shape(x),
            [axis % self.ndim(x) for axis in reduction_axes],
        )
        mean, var = self.mean(x, axes), self.var(x, axes)
        known = [
            self.shape(x)[i] if size is None else size for i, size in enumerate(sizes)
        ]
        shape = tuple(1 if i in axes else size for i, size in enumerate(known))
        m, v, b, g = (self.reshape(part, shape) for part in (mean, var, beta, gamma))
        return self.batch_normalization(x, m, v, b, g, epsilon), mean, var

    def batch_normalization(
        self, x: T, mean: T, var: T, beta: T, gamma: T, epsilon: T = 0.001
    ) -> T:
        """Returns (x - mean) / sqrt(var + epsilon) * gamma + beta."""
        return (x - mean) * (gamma / self.sqrt(var + epsilon)) + beta

    # Crossentropies, over the last axis

    def categorical_crossentropy(
        self, output: T, target: T, from_logits: T = False
    ) -> T:
        """Crossentropy of a distribution and a target distribution, one value per
        row."""
        if from_logits:
            return -self.sum(target * self._log_softmax(output), -1)
        return -self.sum(target * self._log_distribution(output), -1)

    def sparse_categorical_crossentropy(
        self, output: T, target: T, from_logits: T = False
    ) -> T:
        """Crossentropy of a distribution and a target class (with a last axis of 1 or
        none), one per row."""
        if self.ndim(target) == self.ndim(output):
            target = target[..., 0]
        if not from_logits:
            output = self.log(self.clip(output, FUZZ, 1.0 - FUZZ))
        chosen = self.one_hot(self.cast(target, "int32"), self.int_shape(output)[-1])
        return -self.sum(chosen * self._log_softmax(output), -1)

    def binary_crossentropy(self, output: T, target: T, from_logits: T = False) -> T:
        """Crossentropy of a probability and a target probability, element by
        element."""
        if not from_logits:
            output = self._log_odds(output)
        positive = self.greater_equal(output, 0)
        gain = output * (self.cast(positive, self.dtype(output)) - target)
        return gain + self.softplus(self.switch(positive, -output, output))

    def _log_distribution(self, x: T) -> T:
        """Returns the logarithms of a distribution that is scaled to sum to 1 and kept
        off 0 and 1."""
        return self.log(self.clip(x / self.sum(x, -1, keepdims=True), FUZZ, 1.0 - FUZZ))

    def _log_odds(self, x: T) -> T:
        """Returns the logarithm of a probability, kept off 0 and 1, over that of the
        contrary."""
        x = self.clip(x, FUZZ, 1.0 - FUZZ)
        return self.log(x / (1.0 - x))

    def _log_softmax(self, x: T) -> T:
        shifted = x - self.stop_gradient(self.max(x, -1, keepdims=True))
        return shifted - self.log(self.sum(self.exp(shifted), -1, keepdims=True))


def _generator(seed: int | None) -> T:
    return np.random if seed is None else np.random.RandomState(seed)
