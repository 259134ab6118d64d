"""The backend contract: the functions of `K`, as methods.

`Required` lists what an engine must supply. `Optional` lists what it may supply, by capability; the rest
raise CapabilityError. `Backend`, the class to derive from, writes the rest once in terms of the required
ones; an engine overrides any of it where it has something faster.

Tensors are opaque: the kernel attaches `_keras_shape`, `_keras_history` and `_uses_learning_phase` to them,
and relies on arithmetic and comparison operators and on indexing. Axes may be negative; `axis` of a reduction
is None, an int or a list of ints. Integers and booleans become the default float type wherever a result is a
float. A shape argument is a tuple of ints and scalar integer tensors, or a shape that `shape(x)` gave.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from oneiros.backend import common
from oneiros.backend.function import Feed, Function, Upload
from oneiros.errors import ArgumentError, CapabilityError, DataError

__all__ = ["CAPABILITIES", "FUZZ", "OPTIONAL", "Backend", "Feed", "Function", "Upload", "draw_seed"]

T = Any
"""A tensor, or an argument that the engine interprets."""

FUZZ = 1e-7
"""The constant of the crossentropies; `set_epsilon` doesn't change it, as in Keras 1."""

OPTIONAL = {
    "conv": "conv1d conv2d deconv2d atrous_conv2d separable_conv2d conv3d",
    "pool": "pool2d pool3d",
    "padding": "temporal_padding asymmetric_temporal_padding spatial_2d_padding "
    "asymmetric_spatial_2d_padding spatial_3d_padding",
    "resize": "resize_images resize_volumes",
    "rnn": "rnn",
    "scan": "foldl foldr map_fn",
    "fused": "simple_rnn gru lstm",
    "ctc": "ctc_batch_cost ctc_cost ctc_create_skip_idxs ctc_decode ctc_interleave_blanks "
    "ctc_label_dense_to_sparse ctc_path_probs ctc_update_log_p",
    "session": "get_session set_session",
}
"""The capabilities that bring functions, and these."""

CAPABILITIES = frozenset({*OPTIONAL, "sparse", "loop", "float16", "devices"})
"""All capability flags. `sparse`: sparse placeholders; `loop`: many steps of a function in one compiled call;
`float16`: half precision; `devices`: placing computations on named devices."""


def draw_seed(seed: int | None = None) -> int:
    """Returns `seed`, or one drawn from NumPy's global generator: the source of all randomness."""
    return int(np.random.randint(2**31 - 1)) if seed is None else int(seed)


# fmt: off
class Required:
    """What each engine supplies."""

    # Tensors and their values

    def owns(self, x: T) -> Any:
        """Tells whether `x` is a tensor or variable of this engine; False for arrays and numbers."""

    def placeholder(self, shape: T = None, ndim: T = None, dtype: T = None, sparse: T = False,
        name: T = None) -> T:
        """Makes an input of a function; None in `shape` leaves a size open, `ndim` alone leaves all open."""

    def variable(self, value: T, dtype: T = None, name: T = None) -> T:
        """Makes a variable holding a copy of `value`, of the default float type unless `dtype` is given."""

    def is_sparse(self, tensor: T) -> T:
        """Tells whether `tensor` is sparse."""

    def to_dense(self, tensor: T) -> T:
        """Returns a dense tensor of the same values."""

    def shape(self, x: T) -> T:
        """Returns the shape as a tensor of integers; indexing it gives scalar tensors."""

    def int_shape(self, x: T) -> T:
        """Returns the shape as a tuple of ints and None: `_keras_shape` if present, else the static shape."""

    def ndim(self, x: T) -> T:
        """Returns the number of axes."""

    def dtype(self, x: T) -> T:
        """Returns the type's name, e.g. `'float32'`."""

    def get_value(self, x: T) -> T:
        """Returns a variable's value, an array that the caller owns."""

    def set_value(self, x: T, value: T) -> None:
        """Sets a variable to an array of its shape, else raises DataError."""

    def print_tensor(self, x: T, message: T = "") -> T:
        """Returns `x`; a function that computes it prints `message` and the value."""

    def apply(self, fn: Callable[..., Any], *tensors: T) -> T:
        """Returns `fn(*tensors)` where `fn` is code of the engine itself; a tensor or a tuple of tensors."""

    # Making tensors

    def zeros_like(self, x: T, dtype: T = None, name: T = None) -> T:
        """Returns zeros of the shape of `x`."""

    def ones_like(self, x: T, dtype: T = None, name: T = None) -> T:
        """Returns ones of the shape of `x`."""

    def arange(self, start: T, stop: T = None, step: T = 1, dtype: T = "int32") -> T:
        """Returns `start`, `start + step`, … below `stop`; one argument alone is `stop`."""

    def random_uniform(self, shape: T, low: T = 0.0, high: T = 1.0, dtype: T = None, seed: T = None) -> T:
        """Draws from [low, high), anew at each call and each step of a loop."""

    def random_normal(self, shape: T, mean: T = 0.0, std: T = 1.0, dtype: T = None, seed: T = None) -> T:
        """Draws from a normal distribution, anew at each call and each step of a loop."""

    def random_binomial(self, shape: T, p: T = 0.0, dtype: T = None, seed: int | None = None) -> T:
        """Draws 1 with probability `p`, else 0, anew at each call and each step of a loop."""

    # Linear algebra and lookup

    def dot(self, x: T, y: T) -> T:
        """Sums over the last axis of `x` and the last but one of `y` (its only one if `y` is a vector)."""

    def batch_dot(self, x: T, y: T, axes: T = None) -> T:
        """Multiplies sample by sample over one axis of each (`axes`: int or pair; default: as `dot` does).

        The result has at least two axes: (batch, 1) for two matrices with `axes=1`.
        """

    def transpose(self, x: T) -> T:
        """Reverses the axes."""

    def gather(self, reference: T, indices: T) -> T:
        """Returns the rows of `reference` that `indices` names, of shape indices.shape + row shape."""

    def in_top_k(self, predictions: T, targets: T, k: T) -> T:
        """Tells per row whether class `targets[i]` is among the `k` largest predictions (ties count)."""

    # Element by element

    def abs(self, x: T) -> T:
        """Absolute value."""

    def sign(self, x: T) -> T:
        """-1, 0 or 1."""

    def exp(self, x: T) -> T:
        """Exponential."""

    def log(self, x: T) -> T:
        """Natural logarithm."""

    def sqrt(self, x: T) -> T:
        """Square root; negative values count as 0."""

    def pow(self, x: T, a: T) -> T:
        """Returns `x` to the power of `a`."""

    def clip(self, x: T, min_value: T, max_value: T) -> T:
        """Bounds the values; None means no bound, a `max_value` below `min_value` counts as `min_value`."""

    def round(self, x: T) -> T:
        """Nearest integer, halves to even."""

    def sin(self, x: T) -> T:
        """Sine."""

    def cos(self, x: T) -> T:
        """Cosine."""

    def maximum(self, x: T, y: T) -> T:
        """The larger of each pair."""

    def minimum(self, x: T, y: T) -> T:
        """The smaller of each pair."""

    def equal(self, x: T, y: T) -> T:
        """Whether x == y, a boolean tensor."""

    def not_equal(self, x: T, y: T) -> T:
        """Whether x != y, a boolean tensor."""

    def greater(self, x: T, y: T) -> T:
        """Whether x > y, a boolean tensor."""

    def greater_equal(self, x: T, y: T) -> T:
        """Whether x >= y, a boolean tensor."""

    def lesser(self, x: T, y: T) -> T:
        """Whether x < y, a boolean tensor."""

    def lesser_equal(self, x: T, y: T) -> T:
        """Whether x <= y, a boolean tensor."""

    def cast(self, x: T, dtype: T) -> T:
        """Converts the type."""

    def switch(self, condition: T, then_expression: T, else_expression: T) -> T:
        """Chooses element by element, with broadcasting; a scalar `condition` chooses as a whole.

        The expressions are tensors, or functions without arguments that return tensors.
        """

    def sigmoid(self, x: T) -> T:
        """1 / (1 + exp(-x))."""

    def tanh(self, x: T) -> T:
        """Hyperbolic tangent."""

    def softplus(self, x: T) -> T:
        """log(1 + exp(x)), without overflow."""

    def softmax(self, x: T) -> T:
        """Softmax over the last axis, of 2D and 3D tensors; ArgumentError for any other rank."""

    def relu(self, x: T, alpha: T = 0.0, max_value: T = None) -> T:
        """Rectifier: bounded by `max_value`, with slope `alpha` below zero."""

    # Reductions

    def max(self, x: T, axis: T = None, keepdims: T = False) -> T:
        """Largest value."""

    def min(self, x: T, axis: T = None, keepdims: T = False) -> T:
        """Smallest value."""

    def sum(self, x: T, axis: T = None, keepdims: T = False) -> T:
        """Sum."""

    def prod(self, x: T, axis: T = None, keepdims: T = False) -> T:
        """Product."""

    def mean(self, x: T, axis: T = None, keepdims: T = False) -> T:
        """Mean; of integers and booleans, a float."""

    def any(self, x: T, axis: T = None, keepdims: T = False) -> T:
        """Whether any value is not zero, a boolean tensor."""

    def all(self, x: T, axis: T = None, keepdims: T = False) -> T:
        """Whether no value is zero, a boolean tensor."""

    def argmax(self, x: T, axis: T = -1) -> T:
        """Index of the largest value."""

    def argmin(self, x: T, axis: T = -1) -> T:
        """Index of the smallest value."""

    # Shapes

    def reshape(self, x: T, shape: T) -> T:
        """Same elements, other shape; one size may be -1."""

    def permute_dimensions(self, x: T, pattern: T) -> T:
        """Reorders the axes."""

    def concatenate(self, tensors: T, axis: T = -1) -> T:
        """Joins tensors along an axis."""

    def stack(self, x: T) -> T:
        """Joins tensors along a new first axis."""

    def repeat_elements(self, x: T, rep: T, axis: T) -> T:
        """Repeats each element along an axis."""

    def tile(self, x: T, n: T) -> T:
        """Repeats the whole tensor, `n` an int (last axis) or one int per axis."""

    def expand_dims(self, x: T, dim: T = -1) -> T:
        """Inserts an axis of size 1."""

    def squeeze(self, x: T, axis: T) -> T:
        """Removes an axis of size 1."""

    def reverse(self, x: T, axes: T) -> T:
        """Reverses the order along one axis or several."""

    def one_hot(self, indices: T, nb_classes: T) -> T:
        """Returns floats of shape indices.shape + (nb_classes,); an index out of range gives zeros."""

    # Graphs

    def stop_gradient(self, variables: T) -> T:
        """Returns the tensor, or the list of tensors, as constants for `gradients`."""

    def gradients(self, loss: T, variables: T) -> T:
        """Returns the derivatives of a scalar by each of the variables or tensors, in their order.

        # Raises
            GraphError: naming a variable that the loss doesn't depend on.
        """

    def function(self, inputs: T, outputs: T, updates: T = [], **kwargs: T) -> T:  # noqa: B006
        """Returns a Function: `f(list of arrays)` gives the outputs' values and makes the updates."""


class Optional:
    """What an engine may supply, see `OPTIONAL`."""

    def conv1d(self, x: T, kernel: T, stride: T = 1, border_mode: T = "valid", image_shape: T = None,
        filter_shape: T = None) -> T:
        """Convolution of (batch, steps, channels)."""

    def conv2d(self, x: T, kernel: T, strides: T = (1, 1), border_mode: T = "valid",
        dim_ordering: T = "default", image_shape: T = None, filter_shape: T = None,
        filter_dilation: T = (1, 1)) -> T:
        """Convolution of images (cross-correlation: the kernel is not flipped)."""

    def deconv2d(self, x: T, kernel: T, output_shape: T, strides: T = (1, 1), border_mode: T = "valid",
        dim_ordering: T = "default", image_shape: T = None, filter_shape: T = None) -> T:
        """Transposed convolution of images."""

    def atrous_conv2d(self, x: T, kernel: T, rate: T = 1, border_mode: T = "valid",
        dim_ordering: T = "default", image_shape: T = None, filter_shape: T = None) -> T:
        """Convolution of images with a dilated kernel."""

    def separable_conv2d(self, x: T, depthwise_kernel: T, pointwise_kernel: T, strides: T = (1, 1),
        border_mode: T = "valid", dim_ordering: T = "default") -> T:
        """Convolution of images channel by channel, then across channels."""

    def conv3d(self, x: T, kernel: T, strides: T = (1, 1, 1), border_mode: T = "valid",
        dim_ordering: T = "default", volume_shape: T = None, filter_shape: T = None,
        filter_dilation: T = (1, 1, 1)) -> T:
        """Convolution of volumes."""

    def pool2d(self, x: T, pool_size: T, strides: T = (1, 1), border_mode: T = "valid",
        dim_ordering: T = "default", pool_mode: T = "max") -> T:
        """Maximum or average over windows of images."""

    def pool3d(self, x: T, pool_size: T, strides: T = (1, 1, 1), border_mode: T = "valid",
        dim_ordering: T = "default", pool_mode: T = "max") -> T:
        """Maximum or average over windows of volumes."""

    def temporal_padding(self, x: T, padding: T = 1) -> T:
        """Zeros before and after the steps."""

    def asymmetric_temporal_padding(self, x: T, left_pad: T = 1, right_pad: T = 1) -> T:
        """Zeros before and after the steps, numbers apart."""

    def spatial_2d_padding(self, x: T, padding: T = (1, 1), dim_ordering: T = "default") -> T:
        """Zeros around images."""

    def asymmetric_spatial_2d_padding(self, x: T, top_pad: T = 1, bottom_pad: T = 1, left_pad: T = 1,
        right_pad: T = 1, dim_ordering: T = "default") -> T:
        """Zeros around images, numbers apart."""

    def spatial_3d_padding(self, x: T, padding: T = (1, 1, 1), dim_ordering: T = "default") -> T:
        """Zeros around volumes."""

    def resize_images(self, X: T, height_factor: T, width_factor: T, dim_ordering: T) -> T:
        """Repeats the rows and columns of images."""

    def resize_volumes(self, X: T, depth_factor: T, height_factor: int, width_factor: int,
        dim_ordering: T) -> T:
        """Repeats the planes, rows and columns of volumes."""

    def rnn(self, step_function: T, inputs: T, initial_states: T, go_backwards: T = False, mask: T = None,
        constants: T = None, unroll: T = False, input_length: T = None) -> T:
        """Runs a step function over the second axis, carrying states along."""

    def simple_rnn(self, x: T, initial_states: T, U: T, activation: T = "tanh", go_backwards: T = False,
        mask: T = None) -> T:
        """Runs h = activation(x + h U) over the second axis; arguments and results as for `lstm`."""

    def gru(self, x: T, initial_states: T, U: T, activation: T = "tanh", inner_activation: T = "hard_sigmoid",
        go_backwards: T = False, mask: T = None) -> T:
        """Runs a GRU over the second axis, blocks z, r, h; arguments and results as for `lstm`."""

    def lstm(self, x: T, initial_states: T, U: T, activation: T = "tanh",
        inner_activation: T = "hard_sigmoid", go_backwards: T = False, mask: T = None) -> T:
        """Runs an LSTM over the second axis, faster than `rnn` does.

        # Arguments
            x: (samples, steps, 4 n), the projected input: dot(input, W) + b, in blocks i, f, c, o.
            initial_states: list of tensors (samples, n): h, and c for an LSTM.
            U: (n, 4 n), the recurrent weights in the same blocks.
            activation, inner_activation: tanh, sigmoid, hard_sigmoid, linear or relu.
            go_backwards: whether to start at the last step; the outputs are in the order of processing.
            mask: (samples, steps); a step where it is 0 repeats output and states of the step before.

        # Returns
            The last output, all outputs, and the list of the last states, as `rnn` does.
        """

    def foldl(self, fn: T, elems: T, initializer: T = None, name: T = None) -> T:
        """Folds over the first axis from its start."""

    def foldr(self, fn: T, elems: T, initializer: T = None, name: T = None) -> T:
        """Folds over the first axis from its end."""

    def map_fn(self, fn: T, elems: T, name: T = None) -> T:
        """Applies a function to each element of the first axis."""

    def ctc_batch_cost(self, y_true: T, y_pred: T, input_length: T, label_length: T) -> T:
        """CTC loss per sample."""

    def ctc_cost(self, predict: T, Y: T) -> T:
        """CTC loss of one sequence (Theano)."""

    def ctc_create_skip_idxs(self, Y: T) -> T:
        """Indices of labels that may be skipped to (Theano)."""

    def ctc_decode(self, y_pred: T, input_length: T, greedy: T = True, beam_width: T = 100,
        top_paths: T = 1) -> T:
        """Decodes the outputs of a network trained with CTC."""

    def ctc_interleave_blanks(self, Y: T) -> T:
        """Labels with blanks between them (Theano)."""

    def ctc_label_dense_to_sparse(self, labels: T, label_lengths: T) -> T:
        """Labels as a sparse tensor (TensorFlow)."""

    def ctc_path_probs(self, predict: T, Y: T, alpha: T = 0.0001) -> T:
        """Forward probabilities of CTC (Theano)."""

    def ctc_update_log_p(self, skip_idxs: T, zeros: T, active: T, log_p_curr: T, log_p_prev: T) -> T:
        """One step of CTC's forward pass (Theano)."""

    def get_session(self) -> T:
        """Returns the session."""

    def set_session(self, session: T) -> T:
        """Sets the session."""
# fmt: on


def _lacking(name: str, flag: str) -> Any:
    def lacking(self: Backend, *args: Any, **kwargs: Any) -> Any:
        raise CapabilityError(
            f"The backend {self.name!r} doesn't offer K.{name}: it lacks the capability {flag!r}. "
            f"It has: {', '.join(sorted(self.capabilities)) or 'none'}."
        )

    return functools.wraps(getattr(Optional, name))(lacking)


for _flag, _names in OPTIONAL.items():
    for _name in _names.split():
        setattr(Optional, _name, _lacking(_name, _flag))


class Backend(Required, Optional):
    """An engine seen as Keras 1's `K`; there is one instance per engine in a process.

    # Properties
        name: the name it is registered under.
        capabilities: the flags of `CAPABILITIES` that hold.
    """

    name: ClassVar[str] = ""
    capabilities: ClassVar[frozenset[str]] = frozenset()

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
        self, shape: T, mean: T, scale: T, dtype: T = None, name: T = None, seed: T = None
    ) -> T:
        """Makes a variable drawn from a normal distribution with standard deviation `scale`."""
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

    def checked_value(self, x: T, value: T) -> np.ndarray[Any, Any]:
        """Returns a copy of `value` as an array of the variable's type and shape."""
        array, shape = np.array(value, dtype=self.dtype(x)), self.get_variable_shape(x)
        if array.shape != shape:
            name = repr(x.name) if x.name else "The variable"
            raise DataError(f"{name} has shape {shape}; it can't be set to shape {array.shape}.")
        return array

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
        """Returns the update of a moving average: `momentum` of the old value, the rest of `value`."""
        return (variable, variable - (variable - value) * (1.0 - momentum))

    def eval(self, x: T) -> T:
        """Returns the value of a tensor that depends on no placeholder."""
        return self.function([], [x])([])[0]

    def clear_session(self) -> None:
        """Forgets the names given so far and a learning phase that was fixed."""
        common.reset_uids()
        self._fixed_phase = None

    def manual_variable_initialization(self, value: bool) -> None:
        """Does nothing: variables always hold a value here."""

    def is_explicit_shape(self, shape: T) -> bool:
        """Tells whether `shape` consists of ints and None."""
        return isinstance(shape, (list, tuple)) and all(n is None or isinstance(n, int) for n in shape)

    def pattern_broadcast(self, x: T, broatcastable: T) -> T:
        """Returns `x`; Theano's backend marks its broadcastable axes."""
        return x

    # Learning phase

    def learning_phase(self) -> T:
        """Returns 0 (test) or 1 (train) if it was fixed, else an input that functions get."""
        if self._fixed_phase is not None:
            return self._fixed_phase
        if self._phase is None:
            self._phase = self.placeholder(shape=(), dtype="int32", name="keras_learning_phase")
            self._phase._uses_learning_phase = True
        return self._phase

    def is_learning_phase(self, x: T) -> bool:
        """Tells whether `x` is the learning phase's placeholder."""
        return x is not None and x is self._phase

    def uses_learning_phase(self, x: T) -> bool:
        """Tells whether `x` depends on the learning phase's placeholder."""
        return bool(getattr(x, "_uses_learning_phase", False))

    def set_learning_phase(self, value: int) -> None:
        """Fixes the learning phase to 0 (test) or 1 (train) for graphs built from now on."""
        if value not in (0, 1):
            raise ArgumentError(f"set_learning_phase received {value!r}. It takes 0 (test) or 1 (train).")
        self._fixed_phase = int(value)

    def in_train_phase(self, x: T, alt: T) -> T:
        """Returns `x` in training and `alt` in testing; either may be a function that returns the tensor."""
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
        return self.switch(self.greater(x, 0), x, alpha * (self.exp(self.minimum(x, 0)) - 1))

    def softsign(self, x: T) -> T:
        """x / (1 + |x|)."""
        return x / (1 + self.abs(x))

    def hard_sigmoid(self, x: T) -> T:
        """0.2 * x + 0.5, bounded by 0 and 1."""
        return self.clip(0.2 * x + 0.5, 0.0, 1.0)

    def l2_normalize(self, x: T, axis: T) -> T:
        """Divides by the L2 norm along an axis (at least 1e-6)."""
        return x / self.sqrt(self.maximum(self.sum(self.square(x), axis, keepdims=True), 1e-12))

    def dropout(self, x: T, level: T, noise_shape: T = None, seed: int | None = None) -> T:
        """Sets a fraction `level` of the elements to zero and scales the others up.

        # Arguments
            x: tensor.
            level: float in [0, 1).
            noise_shape: shape of the mask, broadcast to `x`; None in it takes that size of `x`.
            seed: int.
        """
        if not 0.0 <= level < 1.0:
            raise ArgumentError(f"dropout received level={level!r}. It takes a fraction in [0, 1).")
        if level == 0:
            return x
        shape = self.shape(x)
        if noise_shape is not None:
            shape = tuple(shape[i] if n is None else n for i, n in enumerate(noise_shape))
        return x * self.random_binomial(shape, 1.0 - level, self.dtype(x), draw_seed(seed)) / (1.0 - level)

    # Reductions and shapes

    def var(self, x: T, axis: T = None, keepdims: T = False) -> T:
        """Variance (divided by the number of elements)."""
        return self.mean(self.square(x - self.mean(x, axis, keepdims=True)), axis, keepdims)

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
            raise ArgumentError(f"repeat takes a 2D tensor; it received one of rank {self.ndim(x)}.")
        return self.tile(self.expand_dims(x, 1), (1, n, 1))

    # Normalisation

    def normalize_batch_in_training(
        self, x: T, gamma: T, beta: T, reduction_axes: T, epsilon: T = 0.001
    ) -> tuple[T, T, T]:
        """Normalises over `reduction_axes`, scales and shifts. Returns the result, the mean, the variance."""
        sizes, axes = self.int_shape(x), [axis % self.ndim(x) for axis in reduction_axes]
        mean, var = self.mean(x, axes), self.var(x, axes)
        known = [self.shape(x)[i] if size is None else size for i, size in enumerate(sizes)]
        shape = tuple(1 if i in axes else size for i, size in enumerate(known))
        m, v, b, g = (self.reshape(part, shape) for part in (mean, var, beta, gamma))
        return self.batch_normalization(x, m, v, b, g, epsilon), mean, var

    def batch_normalization(self, x: T, mean: T, var: T, beta: T, gamma: T, epsilon: T = 0.001) -> T:
        """Returns (x - mean) / sqrt(var + epsilon) * gamma + beta."""
        return (x - mean) * (gamma / self.sqrt(var + epsilon)) + beta

    # Crossentropies, over the last axis

    def categorical_crossentropy(self, output: T, target: T, from_logits: T = False) -> T:
        """Crossentropy of a distribution and a target distribution, one value per row."""
        if from_logits:
            return -self.sum(target * self._log_softmax(output), -1)
        output = self.clip(output / self.sum(output, -1, keepdims=True), FUZZ, 1.0 - FUZZ)
        return -self.sum(target * self.log(output), -1)

    def sparse_categorical_crossentropy(self, output: T, target: T, from_logits: T = False) -> T:
        """Crossentropy of a distribution and a target class (with a last axis of 1 or none), one per row."""
        if self.ndim(target) == self.ndim(output):
            target = target[..., 0]
        if not from_logits:
            output = self.log(self.clip(output, FUZZ, 1.0 - FUZZ))
        chosen = self.one_hot(self.cast(target, "int32"), self.int_shape(output)[-1])
        return -self.sum(chosen * self._log_softmax(output), -1)

    def binary_crossentropy(self, output: T, target: T, from_logits: T = False) -> T:
        """Crossentropy of a probability and a target probability, element by element."""
        if not from_logits:
            output = self.clip(output, FUZZ, 1.0 - FUZZ)
            output = self.log(output / (1.0 - output))
        positive = self.greater_equal(output, 0)
        gain = output * (self.cast(positive, self.dtype(output)) - target)
        return gain + self.softplus(self.switch(positive, -output, output))

    def _log_softmax(self, x: T) -> T:
        shifted = x - self.stop_gradient(self.max(x, -1, keepdims=True))
        return shifted - self.log(self.sum(self.exp(shifted), -1, keepdims=True))


def _generator(seed: int | None) -> T:
    return np.random if seed is None else np.random.RandomState(seed)
