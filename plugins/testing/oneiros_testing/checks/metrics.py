"""Checks of metrics: functions of a batch's targets and predictions that return a
scalar."""

import numpy as np
from oneiros import metrics
from oneiros.typing import Array

from oneiros_testing.checks import Subject, check
from oneiros_testing.checks.losses import CLASSES, SAMPLES, STEPS, classes, predictions
from oneiros_testing.probes import (
    check_equal,
    check_found,
    check_repeatable,
    computed,
    copying_model,
    function_of,
    no_loss,
)


def batch(subject: Subject, *axes: int) -> tuple[Array, Array]:
    """Returns targets of one class each, and predictions that are right for half of
    them."""
    count = int(np.prod(axes))
    given, rows = classes(subject, count)
    places = np.arange(count) % 2
    is_right = places[:, None]
    wrong = np.roll(rows, 1, axis=-1)
    chosen = np.where(is_right, rows, wrong)
    noise = 0.3 * predictions(count)
    predicted = 0.7 * chosen + noise
    given = given.reshape(*axes, -1)
    return given, predicted.reshape(*axes, CLASSES)


@check("metric")
def check_metric_is_scalar(subject: Subject) -> None:
    """A metric returns a scalar for a batch."""
    _check_scalar(subject, SAMPLES)


@check("metric", unless="only_matrices", after="check_metric_is_scalar")
def check_metric_of_steps_is_scalar(subject: Subject) -> None:
    """A metric returns a scalar for sequences and images, too."""
    _check_scalar(subject, SAMPLES, STEPS)
    _check_scalar(subject, 2, 2, STEPS)


def _check_scalar(subject: Subject, *axes: int) -> None:
    arrays = batch(subject, *axes)
    value = computed(function_of(subject), *arrays)
    assert value.shape == (), (
        f"For predictions {(*axes, CLASSES)} it returns the shape {value.shape}, "
        "expected a scalar: K.mean(…) without an axis."
    )


@check("metric", after="check_metric_is_scalar")
def check_metric_is_finite(subject: Subject) -> None:
    """It is a number for right and for wrong predictions."""
    _, rows = classes(subject, SAMPLES)
    wrong = np.roll(rows, 1, axis=-1)
    _check_finite(subject, rows)
    _check_finite(subject, wrong)


@check("metric", unless="undefined_at_zero", after="check_metric_is_scalar")
def check_undecided_metric_is_finite(subject: Subject) -> None:
    """It is a number for predictions of zeros, of which none is positive."""
    shape = SAMPLES, CLASSES
    _check_finite(subject, np.zeros(shape))


def _check_finite(subject: Subject, predicted: Array) -> None:
    given, _ = classes(subject, SAMPLES)
    value = computed(function_of(subject), given, predicted)
    assert np.isfinite(value), (
        f"For the predictions {predicted[0].tolist()} it returns {value}. Add "
        "K.epsilon() to what it divides by."
    )


@check("metric", after="check_metric_is_scalar")
def check_metric_is_an_average(subject: Subject) -> None:
    """A batch that has each sample twice has the same value: it isn't a sum over the
    samples."""
    given, predicted = batch(subject, SAMPLES)
    once = computed(function_of(subject), given, predicted)
    given = np.tile(given, (2, 1))
    predicted = np.tile(predicted, (2, 1))
    pair = computed(function_of(subject), given, predicted)
    check_equal(pair, once, "It grows with the number of samples", 1e-4)


@check("metric", unless="ordered", after="check_metric_is_scalar")
def check_order_of_samples_is_free(subject: Subject) -> None:
    """The order of a batch's samples doesn't matter."""
    given, predicted = batch(subject, SAMPLES + 1)
    value = computed(function_of(subject), given, predicted)
    given, predicted = np.flipud(given), np.flipud(predicted)
    turned = computed(function_of(subject), given, predicted)
    check_equal(turned, value, "It depends on the order of the samples")


@check("metric", unless="only_matrices", after="check_metric_of_steps_is_scalar")
def check_steps_count_alike(subject: Subject) -> None:
    """Steps of one sequence count as samples do."""
    given, predicted = batch(subject, STEPS + 1)
    samples = computed(function_of(subject), given, predicted)
    sequence = given[None], predicted[None]
    steps = computed(function_of(subject), *sequence)
    check_equal(steps, samples, "Steps of a sequence have another value than samples")


@check("metric", after="check_metric_is_scalar")
def check_metric_is_repeatable(subject: Subject) -> None:
    """The same batch has the same value each time."""
    arrays = batch(subject, SAMPLES)
    check_repeatable(function_of(subject), *arrays)


@check("metric", unless="class", after="check_metric_is_scalar")
def check_metric_in_a_model(subject: Subject) -> None:
    """`compile(metrics=…)` finds it by name, and `evaluate` returns its value under
    that name."""
    own_name = check_found(subject, metrics)
    given, predicted = batch(subject, SAMPLES)
    model = copying_model(CLASSES)
    model.compile("sgd", no_loss, metrics=[own_name])
    names = model.metrics_names
    assert names == ["loss", own_name], f"Logs have {names}, not {own_name!r}."
    _, value = model.evaluate(predicted, given, verbose=0)
    expected = computed(function_of(subject), given, predicted)
    check_equal(value, expected, "A model's evaluate returns another value", 1e-4)
