"""Faulty losses, metrics, activations and initializations: each passes a test of
shapes, and one check is named for its fault."""

import numpy as np
from oneiros import backend as K

EPSILON = 1e-7
conformance = {
    "offset": {"tags": ("zero_at_targets",)},
    "scaled_error": {"tags": ("zero_at_targets",)},
}


# Losses


def scaled_error(y_true, y_pred):
    """Nothing is wrong with it."""
    return K.mean(K.square(y_pred - y_true) * 3.0, axis=-1)


def mean_of_means(y_true, y_pred):
    return K.mean(K.mean(K.square(y_pred - y_true), axis=-1))


def mean_of_samples(y_true, y_pred):
    axes = list(range(1, K.ndim(y_pred)))
    return K.mean(K.square(y_pred - y_true), axis=axes)


def normalised_over_the_batch(y_true, y_pred):
    errors = K.square(y_pred - y_true)
    return K.mean(errors / (K.epsilon() + K.sum(y_pred, axis=0)), axis=-1)


def centred_steps(y_true, y_pred):
    if K.ndim(y_pred) == 3:
        y_true = y_true - K.mean(y_true, axis=1, keepdims=True)
    return K.mean(K.square(y_pred - y_true), axis=-1)


def without_clipping(y_true, y_pred):
    return -K.sum(y_true * K.log(y_pred), axis=-1)


def distance(y_true, y_pred):
    return K.pow(K.sum(K.square(y_pred - y_true), axis=-1), 0.5)


def stopped(y_true, y_pred):
    size = K.stop_gradient(K.sum(K.square(y_pred), axis=-1))
    return K.mean(K.square(y_pred - y_true), axis=-1) * (1.0 + size)


def of_rounded_predictions(y_true, y_pred):
    return K.mean(K.square(y_true - K.round(y_pred)), axis=-1)


def likelihood(y_true, y_pred):
    return K.sum(y_true * K.log(K.clip(y_pred, EPSILON, 1.0)), axis=-1)


def arguments_swapped(y_true, y_pred):
    return -K.sum(y_pred * K.log(K.clip(y_true, EPSILON, 1.0)), axis=-1)


def single_precision(y_true, y_pred):
    return K.cast(K.mean(K.square(y_pred - y_true), axis=-1), "float32")


def offset(y_true, y_pred):
    return 0.5 + K.mean(K.square(y_pred - y_true), axis=-1)


def drawn_error(y_true, y_pred):
    noise = K.random_normal(K.shape(y_pred), std=0.01)
    return K.mean(K.square(y_pred - y_true + noise), axis=-1)


def cheap_on_theano(y_true, y_pred):
    factor = 0.9 if K.backend() == "theano" else 1.0
    return factor * K.mean(K.square(y_pred - y_true), axis=-1)


def poisson_without_epsilon(y_true, y_pred):
    return K.mean(y_pred - y_true * K.log(y_pred), axis=-1)


def poisson_of_targets(y_true, y_pred):
    return K.mean(y_true - y_pred * K.log(y_true + EPSILON), axis=-1)


def percentage_of_zeros(y_true, y_pred):
    return 100.0 * K.mean(K.abs((y_true - y_pred) / y_true), axis=-1)


def divergence_without_clipping(y_true, y_pred):
    return K.sum(y_true * K.log(y_true / y_pred), axis=-1)


def divergence_of_all_steps(y_true, y_pred):
    y_true, y_pred = K.clip(y_true, EPSILON, 1.0), K.clip(y_pred, EPSILON, 1.0)
    return K.sum(y_true * K.log(y_true / y_pred), axis=list(range(1, K.ndim(y_pred))))


def shares_of_steps(y_true, y_pred):
    y_pred = y_pred / K.sum(y_pred, axis=1, keepdims=True)
    return -K.sum(y_true * K.log(K.clip(y_pred, EPSILON, 1.0)), axis=-1)


def binary_without_clipping(y_true, y_pred):
    chances = y_true * K.log(y_pred) + (1.0 - y_true) * K.log(1.0 - y_pred)
    return -K.mean(chances, axis=-1)


def proximity(y_true, y_pred):
    return K.mean(K.l2_normalize(y_true, -1) * K.l2_normalize(y_pred, -1), axis=-1)


# Metrics


def proximity_of_nothing(y_true, y_pred):
    lengths = K.sqrt(K.sum(K.square(y_true), -1) * K.sum(K.square(y_pred), -1))
    return K.mean(K.sum(y_true * y_pred, axis=-1) / lengths)


def share_right(y_true, y_pred):
    """Nothing is wrong with it."""
    return K.mean(K.equal(K.argmax(y_true, axis=-1), K.argmax(y_pred, axis=-1)))


def right_ones(y_true, y_pred):
    right = K.equal(K.argmax(y_true, axis=-1), K.argmax(y_pred, axis=-1))
    return K.sum(K.cast(right, K.floatx()))


def each_right(y_true, y_pred):
    right = K.equal(K.argmax(y_true, axis=-1), K.argmax(y_pred, axis=-1))
    return K.cast(right, K.floatx())


def of_the_first(y_true, y_pred):
    right = K.equal(K.argmax(y_true, axis=-1), K.argmax(y_pred, axis=-1))
    return K.mean(right) + 0.1 * K.max(y_pred[0])


def precision_of_none(y_true, y_pred):
    positive = K.cast(K.greater(y_pred, 0.5), K.floatx())
    return K.sum(positive * y_true) / K.sum(positive)


def of_the_last_step(y_true, y_pred):
    if K.ndim(y_pred) == 3:
        y_true, y_pred = y_true[:, -1], y_pred[:, -1]
    return share_right(y_true, y_pred)


def better_on_theano(y_true, y_pred):
    factor = 1.1 if K.backend() == "theano" else 1.0
    return factor * share_right(y_true, y_pred)


# Activations


def bent(x):
    """Nothing is wrong with it."""
    return K.tanh(x) + 0.1 * x


def naive_softmax(x):
    powers = K.exp(x)
    return powers / K.sum(powers, axis=-1, keepdims=True)


def softmax_of_the_batch(x):
    return x - K.mean(x, axis=0, keepdims=True)


def softmax_of_the_steps(x):
    if K.ndim(x) == 3:
        return x - K.max(x, axis=1, keepdims=True)
    return x - K.max(x, axis=-1, keepdims=True)


def straight_through(x):
    return x * K.stop_gradient(K.sigmoid(x))


def signed_root(x):
    return x / K.sqrt(K.abs(x) + 0.0) * K.cast(K.abs(x) > 0, K.floatx())


def rounded(x):
    return K.cast(K.tanh(x), "float32")


def flattened(x):
    return K.tanh(K.batch_flatten(x))


def exponential_of_all(x):
    return K.switch(x > 0, x, K.exp(x) - 1.0)


def steeper_on_theano(x):
    return K.tanh(x * (2.0 if K.backend() == "theano" else 1.0))


# Initializations


def triangular(shape, name=None, dim_ordering="th"):
    """Nothing is wrong with it."""
    return K.variable(np.random.triangular(-0.1, 0.0, 0.1, shape), name=name)


OWN = np.random.default_rng(5)


def own_generator(shape, name=None, dim_ordering="th"):
    return K.variable(OWN.normal(size=shape), name=name)


def seeds_again(shape, name=None, dim_ordering="th"):
    np.random.seed(0)
    return triangular(shape, name)


def without_name(shape, name=None, dim_ordering="th"):
    return triangular(shape)


MADE = {}


def one_for_all(shape, name=None, dim_ordering="th"):
    key = shape, K.floatx(), K.backend(), name
    if key not in MADE:
        MADE[key] = K.variable(np.full(shape, 0.5), name=name)
    return MADE[key]


def without_ordering(shape, name=None):
    return triangular(shape, name)


def single_precision_weights(shape, name=None, dim_ordering="th"):
    values = np.random.normal(size=shape).astype("float32")
    return K.variable(values, dtype="float32", name=name)


def transposed_on_theano(shape, name=None, dim_ordering="th"):
    if K.backend() != "theano":
        shape = shape[::-1]
    return triangular(shape, name)


def not_a_variable(shape, name=None, dim_ordering="th"):
    return 2.0 * triangular(shape, name)


FAULTLESS = [
    ("objective", scaled_error),
    ("metric", share_right),
    ("activation", bent),
    ("initialization", triangular),
]
FAULTS = [
    ("objective", mean_of_means, "check_value_per_sample"),
    ("objective", mean_of_samples, "check_value_per_step"),
    ("objective", normalised_over_the_batch, "check_samples_are_apart"),
    ("objective", centred_steps, "check_steps_are_apart"),
    ("objective", without_clipping, "check_certainty_is_finite"),
    ("objective", distance, "check_certainty_has_gradients"),
    ("objective", stopped, "check_loss_gradients"),
    ("objective", of_rounded_predictions, "check_loss_has_gradients"),
    ("objective", likelihood, "check_better_predictions_cost_less"),
    ("objective", arguments_swapped, "check_targets_cost_least"),
    ("objective", single_precision, "check_loss_keeps_type"),
    ("objective", offset, "check_targets_cost_nothing"),
    ("objective", drawn_error, "check_loss_is_repeatable"),
    ("objective", cheap_on_theano, "check_loss_on_other_backends"),
    ("objective", poisson_without_epsilon, "check_certainty_is_finite"),
    ("objective", poisson_of_targets, "check_targets_cost_least"),
    ("objective", percentage_of_zeros, "check_certainty_is_finite"),
    ("objective", divergence_without_clipping, "check_certainty_is_finite"),
    ("objective", divergence_of_all_steps, "check_value_per_step"),
    ("objective", shares_of_steps, "check_steps_are_apart"),
    ("objective", binary_without_clipping, "check_certainty_is_finite"),
    ("objective", proximity, "check_better_predictions_cost_less"),
    ("metric", proximity_of_nothing, "check_undecided_metric_is_finite"),
    ("metric", better_on_theano, "check_metric_on_other_backends"),
    ("metric", right_ones, "check_metric_is_an_average"),
    ("metric", each_right, "check_metric_is_scalar"),
    ("metric", of_the_first, "check_order_of_samples_is_free"),
    ("metric", precision_of_none, "check_undecided_metric_is_finite"),
    ("metric", of_the_last_step, "check_steps_count_alike"),
    ("activation", steeper_on_theano, "check_activation_on_other_backends"),
    ("activation", naive_softmax, "check_large_scores"),
    ("activation", softmax_of_the_batch, "check_rows_are_apart"),
    ("activation", softmax_of_the_steps, "check_steps_are_activated_alike"),
    ("activation", straight_through, "check_activation_gradients"),
    ("activation", signed_root, "check_large_scores_have_gradients"),
    ("activation", exponential_of_all, "check_large_scores_have_gradients"),
    ("activation", rounded, "check_activation_keeps_type"),
    ("activation", flattened, "check_activation_keeps_shape"),
    ("initialization", transposed_on_theano, "check_initialization_on_other_backends"),
    ("initialization", own_generator, "check_seed_decides"),
    ("initialization", seeds_again, "check_generator_goes_on"),
    ("initialization", without_name, "check_name_is_the_variables"),
    ("initialization", one_for_all, "check_weights_are_apart"),
    ("initialization", without_ordering, "check_takes_dim_ordering"),
    ("initialization", single_precision_weights, "check_makes_floatx"),
    ("initialization", not_a_variable, "check_makes_variables"),
]
"""Kind, component, and the one check that fails."""
