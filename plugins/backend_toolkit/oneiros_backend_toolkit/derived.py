"""The functions of `K` that are built on others; an engine overrides those that it does
better."""

import math
from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
from oneiros.arguments import refusal
from oneiros.backend import common
from oneiros.backend.contract import LOCK, draw_seed
from oneiros.backend.donated_arrays import donated
from oneiros.errors import ArgumentError, DataError
from oneiros.typing import Array, Tensor, Tensors
from oneiros.user_warnings import warn

from oneiros_backend_toolkit.donated_arrays import owned
from oneiros_backend_toolkit.function import Update
from oneiros_backend_toolkit.interrupts import deferred_interrupts
from oneiros_backend_toolkit.operands import UnsuitedError
from oneiros_backend_toolkit.tensors import SPARSE, StateKey
from oneiros_backend_toolkit.types import INTEGERS, Types

DRAWN_AT_ONCE = 1 << 20
PADDED: StateKey[bool] = StateKey("whether rows are filled up with FILLER")
"""Set on tensors with rows of different lengths, such as those of `K.ctc_decode`:
engines compile for their static shape, and values that users read are cut to the
longest row."""
FILLER = -1
FUZZ = 1e-7
"""The epsilon of the crossentropies; as in Keras 1, `set_epsilon` doesn't change it."""
OF_OTHER_ENGINES = {
    "accept_inplace",
    "allow_input_downcast",
    "feed_dict",
    "fetches",
    "givens",
    "jit_compile",
    "mode",
    "name",
    "no_default_updates",
    "on_unused_input",
    "options",
    "output_keys",
    "profile",
    "rebuild_strict",
    "run_metadata",
    "trust_input",
}
"""The arguments of `K.function` on Theano and on TensorFlow."""


class Derived(Types):
    """Functions built on those of the engine, and the learning phase.

    # Properties
        function_arguments: names of the arguments of `K.function` that only this engine
            accepts.
    """

    function_arguments: frozenset[str] = frozenset()

    def __init__(self) -> None:
        self._phase: Tensor = None
        self._fixed_phase: int | None = None

    def own_arguments(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Returns the arguments that this engine accepts, and warns about those of
        other engines.

        # Raises
            ArgumentError: if no engine has an argument.
        """
        accepted = self.function_arguments
        own = {}
        others = []
        for name, value in sorted(arguments.items()):
            if name in accepted:
                own[name] = value
            elif name in OF_OTHER_ENGINES:
                others.append(name)
            else:
                raise ArgumentError(
                    f"K.function received the unknown argument {name!r}. Arguments "
                    f"that {self.name} accepts besides inputs, outputs and updates: "
                    f"{', '.join(sorted(accepted)) or 'none'}."
                )
        if others:
            listed = ", ".join(others)
            warn(f"{self.name} ignores what belongs to other engines: {listed}.")
        return own

    # Variables

    def zeros(self, shape, dtype=None, name=None):
        values = np.broadcast_to(0.0, shape)
        return self.variable(values, dtype, name)

    def ones(self, shape, dtype=None, name=None):
        values = np.broadcast_to(1.0, shape)
        return self.variable(values, dtype, name)

    def eye(self, size, dtype=None, name=None):
        values = np.eye(size)
        return self.variable(values, dtype, name)

    def random_uniform_variable(
        self, shape, low, high, dtype=None, name=None, seed=None
    ):
        generator = _generator(seed)
        draw = partial(generator.uniform, low, high)
        return self._drawn_variable(draw, shape, dtype, name)

    def random_integers(self, shape, low, high, dtype, seed):
        """Returns integers of the interval [low, high)."""
        width = high - low
        width = self.cast(width, "float32") if self.owns(width) else float(width)
        above_low = self.random_uniform(shape, 0.0, width, "float32", seed)
        whole = self.cast(above_low, dtype)
        if not self.owns(low):
            return whole + int(low)
        start = self.cast(low, dtype)
        return whole + start

    def random_normal_variable(
        self, shape, mean, scale, dtype=None, name=None, seed=None
    ):
        generator = _generator(seed)
        draw = partial(generator.normal, mean, scale)
        return self._drawn_variable(draw, shape, dtype, name)

    def _drawn_variable(self, draw, shape, dtype, name):
        """Returns a variable of random numbers. They are drawn in parts, in the same
        order: NumPy draws float64, which takes twice the memory of a large kernel."""
        if any(map(np.ndim, draw.args)):
            return self.variable(draw(shape), dtype, name)
        values = np.empty(shape, dtype or common.floatx())
        flat = values.reshape(-1)
        for begin in range(0, flat.size, DRAWN_AT_ONCE):
            end = begin + DRAWN_AT_ONCE
            part = flat[begin:end]
            part[:] = draw(part.size)
        return self.variable(donated(values), dtype, name)

    def is_variable(self, x) -> bool:
        """Returns whether an object is a variable. To an engine without this
        distinction any of its tensors is one, whose value `get_value` returns."""
        return bool(self.owns(x))

    def batch_get_value(self, xs) -> Tensors:
        with LOCK:
            return [self.get_value(x) for x in xs]

    def batch_set_value(self, tuples) -> None:
        checked = []
        for x, value in tuples:
            if not self.is_variable(x):
                self.set_value(x, value)  # says why it can't be set
            array = self.checked_value(x, value)
            checked.append((x, donated(array)))
        with LOCK, deferred_interrupts():
            for x, value in checked:
                self.set_value(x, value)

    def get_variable_shape(self, x) -> tuple[int, ...]:
        return tuple(self.int_shape(x))

    def count_params(self, x) -> int:
        return math.prod(self.get_variable_shape(x))

    def update(self, x, new_x) -> Update:
        if not self.is_variable(x):
            raise UnsuitedError("x")
        return Update(x, new_x)

    def update_add(self, x, increment) -> Update:
        return self.update(x, x + increment)

    def update_sub(self, x, decrement) -> Update:
        return self.update(x, x - decrement)

    def moving_average_update(self, variable, value, momentum) -> Update:
        if not self.is_variable(variable):
            raise UnsuitedError("variable")
        old, new = self.floats_alike(variable, value)
        share = 1.0 - momentum
        change = (old - new) * share
        return Update(variable, old - change)

    def eval(self, x):
        if not self.owns(x):
            array = np.asarray(x)
            if array.dtype.kind in "biufc":
                return array
            raise refusal("K.eval", "x", x, "a tensor or a variable")
        if self.is_variable(x):
            return self.get_value(x)
        value = self._computed(x)
        if not PADDED.get(x):
            return value
        lengths = (value != FILLER).sum(axis=1)
        longest = lengths.max(initial=0)
        return value[:, :longest]

    def _computed(self, x):
        """Returns the value of a tensor that depends on no input."""
        compute = self.function([], [x])
        return compute([])[0]

    def manual_variable_initialization(self, value: bool) -> None:
        pass

    def is_explicit_shape(self, shape) -> bool:
        if not isinstance(shape, (list, tuple)):
            return False
        kinds = (int, np.integer, type(None))
        are_sizes = [isinstance(size, kinds) for size in shape]
        return all(are_sizes)

    def pattern_broadcast(self, x, broatcastable):
        if len(broatcastable) != self.ndim(x):
            raise ValueError("there isn't one bool for each axis")
        return x

    def checked_value(self, x, value) -> Array:
        array = owned(value, self.dtype(x))
        shape = self.get_variable_shape(x)
        if array.shape != shape:
            name = repr(x.name) if x.name else "The variable"
            raise DataError(
                f"{name} has shape {shape}; K.set_value received a value of shape "
                f"{array.shape} for it."
            )
        return array

    def is_sparse(self, tensor) -> bool:
        return bool(SPARSE.get(tensor))

    def clear_session(self) -> None:
        common.reset_uids()
        self._fixed_phase = None

    # Learning phase

    def learning_phase(self):
        if self._fixed_phase is not None:
            return self._fixed_phase
        if self._phase is None:
            self._phase = self.placeholder(
                shape=(), dtype="int32", name="keras_learning_phase"
            )
            self._phase._uses_learning_phase = True
        return self._phase

    def learning_phase_placeholder(self):
        """Returns the learning phase's placeholder, or None if no graph uses it."""
        return self._phase

    def is_learning_phase(self, x) -> bool:
        return x is not None and x is self._phase

    def uses_learning_phase(self, x) -> bool:
        return bool(getattr(x, "_uses_learning_phase", False))

    def set_learning_phase(self, value: int) -> None:
        if value not in (0, 1):
            raise UnsuitedError("value")
        self._fixed_phase = int(value)

    def in_train_phase(self, x, alt):
        phase = self.learning_phase()
        if isinstance(phase, int):
            chosen = x if phase else alt
            return chosen() if callable(chosen) else chosen
        result = self.switch(phase, x, alt)
        result._uses_learning_phase = True
        return result

    def in_test_phase(self, x, alt):
        return self.in_train_phase(alt, x)

    # Element by element

    def square(self, x):
        if not self.owns(x):
            x = self.to_dense(x)
        return x * x

    def elu(self, x, alpha=1.0):
        not_above_zero = self.minimum(x, 0)
        if_negative = alpha * (self.exp(not_above_zero) - 1)
        is_positive = self.greater(x, 0)
        return self.switch(is_positive, x, if_negative)

    def softsign(self, x):
        divisor = 1 + self.abs(x)
        return x / divisor

    def hard_sigmoid(self, x):
        scaled = 0.2 * x
        line = scaled + 0.5
        return self.clip(line, 0.0, 1.0)

    def l2_normalize(self, x, axis):
        squared = self.square(x)
        total = self.sum(squared, axis, keepdims=True)
        total = self.maximum(total, 1e-12)
        norm = self.sqrt(total)
        return x / norm

    def dropout(self, x, level, noise_shape=None, seed: int | None = None):
        if not 0.0 <= level < 1.0:
            raise UnsuitedError("level")
        if level == 0:
            return x
        shape = self.shape(x)
        if noise_shape is not None:
            sizes = list(noise_shape)
            for axis, size in enumerate(sizes):
                if size is None:
                    sizes[axis] = shape[axis]
            shape = tuple(sizes)
        keep_probability = 1.0 - level
        dtype = self.dtype(x)
        seed = draw_seed(seed)
        mask = self.random_binomial(shape, keep_probability, dtype, seed)
        return x * mask / keep_probability

    # Reductions and shapes

    def var(self, x, axis=None, keepdims=False):
        mean = self.mean(x, axis, keepdims=True)
        deviation = x - mean
        squared = self.square(deviation)
        return self.mean(squared, axis, keepdims)

    def std(self, x, axis=None, keepdims=False):
        variance = self.var(x, axis, keepdims)
        return self.sqrt(variance)

    def flatten(self, x):
        return self.reshape(x, (-1,))

    def batch_flatten(self, x):
        if self.ndim(x) == 0:
            raise ValueError("it has no axes")
        sample_shape = self.int_shape(x)[1:]
        if None in sample_shape:
            samples = self._size(x, 0)
            return self.reshape(x, (samples, -1))
        size = math.prod(sample_shape)
        return self.reshape(x, (-1, size))

    def repeat(self, x, n):
        self._check_rank(x, 2)
        if not self.owns(n):
            kind = np.asarray(n).dtype.kind
            if kind not in INTEGERS:
                raise UnsuitedError("n")
        x = self.expand_dims(x, 1)
        times = (1, n, 1)
        return self.tile(x, times)

    # Normalisation

    def normalize_batch_in_training(
        self, x, gamma, beta, reduction_axes, epsilon=0.001
    ) -> tuple[Tensor, Tensor, Tensor]:
        x, gamma, beta = self.floats_alike(x, gamma, beta)
        rank = self.ndim(x)
        axes = [axis % rank for axis in reduction_axes]
        mean = self.mean(x, axes)
        var = self.var(x, axes)
        shape = []
        for axis in range(rank):
            size = 1
            if axis not in axes:
                size = self._size(x, axis)
            shape.append(size)

        def spread(parameter):
            return self.reshape(parameter, shape)

        normalized = self.batch_normalization(
            x, spread(mean), spread(var), spread(beta), spread(gamma), epsilon
        )
        return normalized, mean, var

    def _size(self, x, axis: int):
        """Returns a size: an int if it is known, else a scalar tensor."""
        static_size = self.int_shape(x)[axis]
        if static_size is not None:
            return static_size
        size = self.shape(x)[axis]
        return self.cast(size, "int32")

    def _check_rank(self, x, rank: int) -> None:
        if self.ndim(x) != rank:
            raise ValueError(f"it isn't of rank {rank}")

    def batch_normalization(self, x, mean, var, beta, gamma, epsilon=0.001):
        x, mean, var, beta, gamma = self.floats_alike(x, mean, var, beta, gamma)
        deviation = self.sqrt(var + epsilon)
        scale = gamma / deviation
        return (x - mean) * scale + beta

    # Crossentropies, over the last axis

    def categorical_crossentropy(self, output, target, from_logits=False):
        output, target = self.floats_alike(output, target)
        if from_logits:
            log_p = self.log_softmax(output)
        else:
            log_p = self._log_distribution(output)
        return -self.sum(target * log_p, -1)

    def sparse_categorical_crossentropy(self, output, target, from_logits=False):
        if self.ndim(target) == self.ndim(output):
            target = target[..., 0]
        (output,) = self.floats_alike(output)
        if not from_logits:
            output = self._inside(output)
            output = self.log(output)
        class_count = self.int_shape(output)[-1]
        classes = self.cast(target, "int32")
        distribution = self.one_hot(classes, class_count)
        log_p = self.log_softmax(output)
        dtype = np.dtype(self.dtype(log_p))
        distribution = self._as_type(distribution, dtype)
        return -self.sum(distribution * log_p, -1)

    def binary_crossentropy(self, output, target, from_logits=False):
        output, target = self.floats_alike(output, target)
        log_odds = output if from_logits else self._log_odds(output)
        is_positive = self.greater_equal(log_odds, 0)
        predicted_class = self.cast(is_positive, self.dtype(log_odds))
        difference = predicted_class - target
        minus_distance = self.switch(is_positive, -log_odds, log_odds)
        return log_odds * difference + self.softplus(minus_distance)

    def _log_distribution(self, x):
        """Returns the logarithms of a distribution that is scaled to a sum of 1 and
        clipped away from 0 and 1."""
        total = self.sum(x, -1, keepdims=True)
        distribution = self._inside(x / total)
        return self.log(distribution)

    def _log_odds(self, x):
        """Returns the log odds of a probability that is clipped away from 0 and 1."""
        x = self._inside(x)
        # In half precision, 1 - FUZZ is 1
        complement = self.maximum(1.0 - x, FUZZ)
        return self.log(x) - self.log(complement)

    def _inside(self, probabilities):
        """Clips probabilities away from 0 and 1."""
        return self.clip(probabilities, FUZZ, 1.0 - FUZZ)

    def log_softmax(self, x):
        """Returns the logarithm of `softmax(x)` without computing the softmax."""
        peak = self.max(x, -1, keepdims=True)
        shifted = x - self.stop_gradient(peak)
        scaled = self.exp(shifted)
        total = self.sum(scaled, -1, keepdims=True)
        return shifted - self.log(total)


def _generator(seed: int | None):
    if seed is None:
        return np.random
    return np.random.RandomState(seed)
