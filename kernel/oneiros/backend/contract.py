"""The backend contract: the functions of `K`, as methods.

`Required` lists what a backend must have. The last part of it follows from the rest:
the class `Derived` of
`oneiros_backend_toolkit` has it, and an engine overrides what it does better.
`Optional` lists what a backend may have, by capability; what it lacks raises
CapabilityError. `Backend` is the class to derive from.

Tensors are opaque: the kernel attaches `_keras_shape`, `_keras_history` and
    `_uses_learning_phase` to them,
and relies on arithmetic and comparison operators and on indexing. Axes may be negative;
`axis` of a reduction is None, an int or a list of ints. Integers and booleans become
the default float type wherever a result is a float. A shape argument is a tuple of ints
and scalar integer tensors, or a shape that `shape(x)` gave.
"""

# mypy: allow-untyped-defs, allow-incomplete-defs
from __future__ import annotations

import functools
from typing import Any, ClassVar

import numpy as np

from oneiros.backend.function import Feed, Function, Upload
from oneiros.errors import CapabilityError

__all__ = [
    "CAPABILITIES",
    "OPTIONAL",
    "Backend",
    "Feed",
    "Function",
    "Upload",
    "draw_seed",
]

T = Any
"""A tensor, or an argument that the engine interprets."""

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
"""All capability flags. `sparse`: sparse placeholders; `loop`: many steps of a function
in one compiled call;
`float16`: half precision; `devices`: placing computations on named devices."""


def draw_seed(seed: int | None = None) -> int:
    """Returns `seed`, or one drawn from NumPy's global generator: the source of all
    randomness."""
    return int(np.random.randint(2**31 - 1)) if seed is None else int(seed)


class Required:
    """What each backend has."""

    # Tensors and their values

    def owns(self, x) -> Any:
        """Tells whether `x` is a tensor or variable of this engine; False for arrays
        and numbers."""

    def placeholder(
        self, shape=None, ndim=None, dtype=None, sparse=False, name=None
    ) -> T:
        """Makes an input of a function; None in `shape` leaves a size open, `ndim`
        alone leaves all open."""

    def variable(self, value, dtype=None, name=None) -> T:
        """Makes a variable holding a copy of `value`, of the default float type unless
        `dtype` is given."""

    def is_sparse(self, tensor) -> T:
        """Tells whether `tensor` is sparse."""

    def to_dense(self, tensor) -> T:
        """Returns a dense tensor of the same values."""

    def shape(self, x) -> T:
        """Returns the shape as a tensor of integers; indexing it gives scalar
        tensors."""

    def int_shape(self, x) -> T:
        """Returns the shape as a tuple of ints and None: `_keras_shape` if present,
        else the static shape."""

    def ndim(self, x) -> T:
        """Returns the number of axes."""

    def dtype(self, x) -> T:
        """Returns the type's name, e.g. `'float32'`."""

    def get_value(self, x) -> T:
        """Returns a variable's value, an array that the caller owns."""

    def set_value(self, x, value) -> None:
        """Sets a variable to an array of its shape, else raises DataError."""

    def print_tensor(self, x, message="") -> T:
        """Returns `x`; a function that computes it prints `message` and the value."""

    def apply(self, fn, *tensors) -> T:
        """Returns `fn(*tensors)` where `fn` is code of the engine itself; a tensor or a
        tuple of tensors."""

    # Making tensors

    def zeros_like(self, x, dtype=None, name=None) -> T:
        """Returns zeros of the shape of `x`."""

    def ones_like(self, x, dtype=None, name=None) -> T:
        """Returns ones of the shape of `x`."""

    def arange(self, start, stop=None, step=1, dtype="int32") -> T:
        """Returns `start`, `start + step`, … below `stop`; one argument alone is
        `stop`."""

    def random_uniform(self, shape, low=0.0, high=1.0, dtype=None, seed=None) -> T:
        """Draws from [low, high), anew at each call and each step of a loop."""

    def random_normal(self, shape, mean=0.0, std=1.0, dtype=None, seed=None) -> T:
        """Draws from a normal distribution, anew at each call and each step of a
        loop."""

    def random_binomial(self, shape, p=0.0, dtype=None, seed=None) -> T:
        """Draws 1 with probability `p`, else 0, anew at each call and each step of a
        loop."""

    # Linear algebra and lookup

    def dot(self, x, y) -> T:
        """Sums over the last axis of `x` and the last but one of `y` (its only one if
        `y` is a vector)."""

    def batch_dot(self, x, y, axes=None) -> T:
        """Multiplies sample by sample over one axis of each (`axes`: int or pair;
        default: as `dot` does).

        The result has at least two axes: (batch, 1) for two matrices with `axes=1`.
        """

    def transpose(self, x) -> T:
        """Reverses the axes."""

    def gather(self, reference, indices) -> T:
        """Returns the rows of `reference` that `indices` names, of shape indices.shape
        + row shape."""

    def in_top_k(self, predictions, targets, k) -> T:
        """Tells per row whether class `targets[i]` is among the `k` largest predictions
        (ties count)."""

    # Element by element

    def abs(self, x) -> T:
        """Absolute value."""

    def sign(self, x) -> T:
        """-1, 0 or 1."""

    def exp(self, x) -> T:
        """Exponential."""

    def log(self, x) -> T:
        """Natural logarithm."""

    def sqrt(self, x) -> T:
        """Square root; negative values count as 0."""

    def pow(self, x, a) -> T:
        """Returns `x` to the power of `a`."""

    def clip(self, x, min_value, max_value) -> T:
        """Bounds the values; None means no bound, a `max_value` below `min_value`
        counts as `min_value`."""

    def round(self, x) -> T:
        """Nearest integer, halves to even."""

    def sin(self, x) -> T:
        """Sine."""

    def cos(self, x) -> T:
        """Cosine."""

    def maximum(self, x, y) -> T:
        """The larger of each pair."""

    def minimum(self, x, y) -> T:
        """The smaller of each pair."""

    def equal(self, x, y) -> T:
        """Whether x == y, a boolean tensor."""

    def not_equal(self, x, y) -> T:
        """Whether x != y, a boolean tensor."""

    def greater(self, x, y) -> T:
        """Whether x > y, a boolean tensor."""

    def greater_equal(self, x, y) -> T:
        """Whether x >= y, a boolean tensor."""

    def lesser(self, x, y) -> T:
        """Whether x < y, a boolean tensor."""

    def lesser_equal(self, x, y) -> T:
        """Whether x <= y, a boolean tensor."""

    def cast(self, x, dtype) -> T:
        """Converts the type."""

    def switch(self, condition, then_expression, else_expression) -> T:
        """Chooses element by element, with broadcasting; a scalar `condition` chooses
        as a whole.

        The expressions are tensors, or functions without arguments that return tensors.
        """

    def sigmoid(self, x) -> T:
        """1 / (1 + exp(-x))."""

    def tanh(self, x) -> T:
        """Hyperbolic tangent."""

    def softplus(self, x) -> T:
        """log(1 + exp(x)), without overflow."""

    def softmax(self, x) -> T:
        """Softmax over the last axis, of 2D and 3D tensors; ArgumentError for any other
        rank."""

    def relu(self, x, alpha=0.0, max_value=None) -> T:
        """Rectifier: bounded by `max_value`, with slope `alpha` below zero."""

    # Reductions

    def max(self, x, axis=None, keepdims=False) -> T:
        """Largest value."""

    def min(self, x, axis=None, keepdims=False) -> T:
        """Smallest value."""

    def sum(self, x, axis=None, keepdims=False) -> T:
        """Sum."""

    def prod(self, x, axis=None, keepdims=False) -> T:
        """Product."""

    def mean(self, x, axis=None, keepdims=False) -> T:
        """Mean; of integers and booleans, a float."""

    def any(self, x, axis=None, keepdims=False) -> T:
        """Whether any value is not zero, a boolean tensor."""

    def all(self, x, axis=None, keepdims=False) -> T:
        """Whether no value is zero, a boolean tensor."""

    def argmax(self, x, axis=-1) -> T:
        """Index of the largest value."""

    def argmin(self, x, axis=-1) -> T:
        """Index of the smallest value."""

    # Shapes

    def reshape(self, x, shape) -> T:
        """Same elements, other shape; one size may be -1."""

    def permute_dimensions(self, x, pattern) -> T:
        """Reorders the axes."""

    def concatenate(self, tensors, axis=-1) -> T:
        """Joins tensors along an axis."""

    def stack(self, x) -> T:
        """Joins tensors along a new first axis."""

    def repeat_elements(self, x, rep, axis) -> T:
        """Repeats each element along an axis."""

    def tile(self, x, n) -> T:
        """Repeats the whole tensor, `n` an int (last axis) or one int per axis."""

    def expand_dims(self, x, dim=-1) -> T:
        """Inserts an axis of size 1."""

    def squeeze(self, x, axis) -> T:
        """Removes an axis of size 1."""

    def reverse(self, x, axes) -> T:
        """Reverses the order along one axis or several."""

    def one_hot(self, indices, nb_classes) -> T:
        """Returns floats of shape indices.shape + (nb_classes,); an index out of range
        gives zeros."""

    # Graphs

    def stop_gradient(self, variables) -> T:
        """Returns the tensor, or the list of tensors, as constants for `gradients`."""

    def gradients(self, loss, variables) -> T:
        """Returns the derivatives of a scalar by each of the variables or tensors, in
        their order.

        # Raises
            GraphError: naming a variable that the loss doesn't depend on.
        """

    def function(self, inputs, outputs, updates=[], **kwargs) -> T:
        """Returns a Function: `f(list of arrays)` gives the outputs' values and makes
        the updates."""

    # What `oneiros_backend_toolkit.derived` has in terms of the rest

    def zeros(self, shape, dtype=None, name=None) -> T:
        """Makes a variable of zeros."""

    def ones(self, shape, dtype=None, name=None) -> T:
        """Makes a variable of ones."""

    def eye(self, size, dtype=None, name=None) -> T:
        """Makes a variable holding the identity matrix."""

    def random_uniform_variable(
        self, shape, low, high, dtype=None, name=None, seed=None
    ) -> T:
        """Makes a variable drawn from [low, high)."""

    def random_normal_variable(
        self, shape, mean, scale, dtype=None, name=None, seed=None
    ) -> T:
        """Makes a variable drawn from a normal distribution with standard deviation
        `scale`."""

    def batch_get_value(self, xs) -> T:
        """Returns the values of several variables."""

    def batch_set_value(self, tuples) -> None:
        """Sets several variables from `(variable, array)` pairs."""

    def get_variable_shape(self, x) -> T:
        """Returns a variable's shape."""

    def count_params(self, x) -> T:
        """Returns the number of a variable's elements."""

    def update(self, x, new_x) -> T:
        """Returns the update of variable `x` to `new_x`, for `function`."""

    def update_add(self, x, increment) -> T:
        """Returns the update of variable `x` by adding."""

    def update_sub(self, x, decrement) -> T:
        """Returns the update of variable `x` by subtracting."""

    def moving_average_update(self, variable, value, momentum) -> T:
        """Returns the update of a moving average: `momentum` of the old value, the rest
        of `value`."""

    def eval(self, x) -> T:
        """Returns the value of a tensor that depends on no placeholder."""

    def manual_variable_initialization(self, value) -> None:
        """Does nothing: variables always hold a value here."""

    def is_explicit_shape(self, shape) -> T:
        """Tells whether `shape` consists of ints and None."""

    def pattern_broadcast(self, x, broatcastable) -> T:
        """Returns `x`; Theano's backend marks its broadcastable axes."""

    def square(self, x) -> T:
        """Returns `x` times `x`."""

    def elu(self, x, alpha=1.0) -> T:
        """Exponential linear unit: alpha * (exp(x) - 1) below zero."""

    def softsign(self, x) -> T:
        """x / (1 + |x|)."""

    def hard_sigmoid(self, x) -> T:
        """0.2 * x + 0.5, bounded by 0 and 1."""

    def l2_normalize(self, x, axis) -> T:
        """Divides by the L2 norm along an axis (at least 1e-6)."""

    def dropout(self, x, level, noise_shape=None, seed=None) -> T:
        """Sets a fraction `level` of the elements to zero and scales the others up.

        # Arguments
            x: tensor.
            level: float in [0, 1).
            noise_shape: shape of the mask, broadcast to `x`; None in it takes that size
                of `x`.
            seed: int.
        """

    def var(self, x, axis=None, keepdims=False) -> T:
        """Variance (divided by the number of elements)."""

    def std(self, x, axis=None, keepdims=False) -> T:
        """Standard deviation."""

    def flatten(self, x) -> T:
        """One axis holding all elements."""

    def batch_flatten(self, x) -> T:
        """Two axes, the first kept."""

    def repeat(self, x, n) -> T:
        """Repeats (batch, features) to (batch, n, features)."""

    def normalize_batch_in_training(
        self, x, gamma, beta, reduction_axes, epsilon=0.001
    ) -> T:
        """Normalises over `reduction_axes`, scales and shifts. Returns the result, the
        mean, the variance."""

    def batch_normalization(self, x, mean, var, beta, gamma, epsilon=0.001) -> T:
        """Returns (x - mean) / sqrt(var + epsilon) * gamma + beta."""

    def categorical_crossentropy(self, output, target, from_logits=False) -> T:
        """Crossentropy of a distribution and a target distribution, one value per
        row."""

    def sparse_categorical_crossentropy(self, output, target, from_logits=False) -> T:
        """Crossentropy of a distribution and a target class (with a last axis of 1 or
        none), one per row."""

    def binary_crossentropy(self, output, target, from_logits=False) -> T:
        """Crossentropy of a probability and a target probability, element by
        element."""

    def checked_value(self, x, value) -> T:
        """Returns a copy of `value` as an array of the variable's type and shape."""

    def clear_session(self) -> None:
        """Forgets the names given so far and a learning phase that was fixed."""

    def learning_phase(self) -> T:
        """Returns 0 (test) or 1 (train) if it was fixed, else an input that functions
        get."""

    def is_learning_phase(self, x) -> T:
        """Tells whether `x` is the learning phase's placeholder."""

    def uses_learning_phase(self, x) -> T:
        """Tells whether `x` depends on the learning phase's placeholder."""

    def set_learning_phase(self, value) -> None:
        """Fixes the learning phase to 0 (test) or 1 (train) for graphs built from now
        on."""

    def in_train_phase(self, x, alt) -> T:
        """Returns `x` in training and `alt` in testing; either may be a function that
        returns the tensor."""

    def in_test_phase(self, x, alt) -> T:
        """Returns `x` in testing and `alt` in training."""


class Optional:
    """What an engine may supply, see `OPTIONAL`."""

    def conv1d(
        self,
        x,
        kernel,
        stride=1,
        border_mode="valid",
        image_shape=None,
        filter_shape=None,
    ) -> T:
        """Convolution of (batch, steps, channels)."""

    def conv2d(
        self,
        x,
        kernel,
        strides=(1, 1),
        border_mode="valid",
        dim_ordering="default",
        image_shape=None,
        filter_shape=None,
        filter_dilation=(1, 1),
    ) -> T:
        """Convolution of images (cross-correlation: the kernel is not flipped)."""

    def deconv2d(
        self,
        x,
        kernel,
        output_shape,
        strides=(1, 1),
        border_mode="valid",
        dim_ordering="default",
        image_shape=None,
        filter_shape=None,
    ) -> T:
        """Transposed convolution of images."""

    def atrous_conv2d(
        self,
        x,
        kernel,
        rate=1,
        border_mode="valid",
        dim_ordering="default",
        image_shape=None,
        filter_shape=None,
    ) -> T:
        """Convolution of images with a dilated kernel."""

    def separable_conv2d(
        self,
        x,
        depthwise_kernel,
        pointwise_kernel,
        strides=(1, 1),
        border_mode="valid",
        dim_ordering="default",
    ) -> T:
        """Convolution of images channel by channel, then across channels."""

    def conv3d(
        self,
        x,
        kernel,
        strides=(1, 1, 1),
        border_mode="valid",
        dim_ordering="default",
        volume_shape=None,
        filter_shape=None,
        filter_dilation=(1, 1, 1),
    ) -> T:
        """Convolution of volumes."""

    def pool2d(
        self,
        x,
        pool_size,
        strides=(1, 1),
        border_mode="valid",
        dim_ordering="default",
        pool_mode="max",
    ) -> T:
        """Maximum or average over windows of images."""

    def pool3d(
        self,
        x,
        pool_size,
        strides=(1, 1, 1),
        border_mode="valid",
        dim_ordering="default",
        pool_mode="max",
    ) -> T:
        """Maximum or average over windows of volumes."""

    def temporal_padding(self, x, padding=1) -> T:
        """Zeros before and after the steps."""

    def asymmetric_temporal_padding(self, x, left_pad=1, right_pad=1) -> T:
        """Zeros before and after the steps, numbers apart."""

    def spatial_2d_padding(self, x, padding=(1, 1), dim_ordering="default") -> T:
        """Zeros around images."""

    def asymmetric_spatial_2d_padding(
        self,
        x,
        top_pad=1,
        bottom_pad=1,
        left_pad=1,
        right_pad=1,
        dim_ordering="default",
    ) -> T:
        """Zeros around images, numbers apart."""

    def spatial_3d_padding(self, x, padding=(1, 1, 1), dim_ordering="default") -> T:
        """Zeros around volumes."""

    def resize_images(self, X, height_factor, width_factor, dim_ordering) -> T:
        """Repeats the rows and columns of images."""

    def resize_volumes(
        self, X, depth_factor, height_factor, width_factor, dim_ordering
    ) -> T:
        """Repeats the planes, rows and columns of volumes."""

    def rnn(
        self,
        step_function,
        inputs,
        initial_states,
        go_backwards=False,
        mask=None,
        constants=None,
        unroll=False,
        input_length=None,
    ) -> T:
        """Runs a step function over the second axis, carrying states along."""

    def simple_rnn(
        self,
        x,
        initial_states,
        U,
        activation="tanh",
        go_backwards=False,
        mask=None,
        W=None,
        b=None,
    ) -> T:
        """Runs h = activation(x + h U) over the second axis; arguments and results as
        for `lstm`."""

    def gru(
        self,
        x,
        initial_states,
        U,
        activation="tanh",
        inner_activation="hard_sigmoid",
        go_backwards=False,
        mask=None,
        W=None,
        b=None,
    ) -> T:
        """Runs a GRU over the second axis, blocks z, r, h; arguments and results as for
        `lstm`."""

    def lstm(
        self,
        x,
        initial_states,
        U,
        activation="tanh",
        inner_activation="hard_sigmoid",
        go_backwards=False,
        mask=None,
        W=None,
        b=None,
    ) -> T:
        """Runs an LSTM over the second axis, faster than `rnn` does.

        # Arguments
            x: (samples, steps, features), the input, if `W` and `b` are passed; else
                the projected input: dot(input, W) + b, (samples, steps, 4 n) in blocks
                i, f, c, o.
            initial_states: list of tensors (samples, n): h, and c for an LSTM.
            U: (n, 4 n), the recurrent weights in the same blocks.
            activation, inner_activation: tanh, sigmoid, hard_sigmoid, linear or relu.
            go_backwards: whether to start at the last step; the outputs are in the
                order of processing.
            mask: (samples, steps); a step where it is 0 repeats output and states of
                the step before.
            W, b: (features, 4 n) and (4 n,), the input's weights and the bias.

        # Returns
            The last output, all outputs, and the list of the last states, as `rnn`
            does.
        """

    def foldl(self, fn, elems, initializer=None, name=None) -> T:
        """Folds over the first axis from its start."""

    def foldr(self, fn, elems, initializer=None, name=None) -> T:
        """Folds over the first axis from its end."""

    def map_fn(self, fn, elems, name=None) -> T:
        """Applies a function to each element of the first axis."""

    def ctc_batch_cost(self, y_true, y_pred, input_length, label_length) -> T:
        """CTC loss per sample."""

    def ctc_cost(self, predict, Y) -> T:
        """CTC loss of one sequence (Theano)."""

    def ctc_create_skip_idxs(self, Y) -> T:
        """Indices of labels that may be skipped to (Theano)."""

    def ctc_decode(
        self, y_pred, input_length, greedy=True, beam_width=100, top_paths=1
    ) -> T:
        """Decodes the outputs of a network trained with CTC."""

    def ctc_interleave_blanks(self, Y) -> T:
        """Labels with blanks between them (Theano)."""

    def ctc_label_dense_to_sparse(self, labels, label_lengths) -> T:
        """Labels as a sparse tensor (TensorFlow)."""

    def ctc_path_probs(self, predict, Y, alpha=0.0001) -> T:
        """Forward probabilities of CTC (Theano)."""

    def ctc_update_log_p(self, skip_idxs, zeros, active, log_p_curr, log_p_prev) -> T:
        """One step of CTC's forward pass (Theano)."""

    def get_session(self) -> T:
        """Returns the session."""

    def set_session(self, session) -> T:
        """Sets the session."""


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
