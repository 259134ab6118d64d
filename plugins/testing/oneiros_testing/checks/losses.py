"""Checks of losses: functions of targets and predictions with one value per sample, or
per sample and step."""

import inspect
from collections.abc import Iterator
from typing import Any

import numpy as np
from oneiros import backend as K
from oneiros import objectives
from oneiros.typing import Array

from oneiros_testing.checks import Subject, check, tags_of
from oneiros_testing.probes import (
    check_equal,
    check_found,
    check_repeatable,
    check_slope,
    computed,
    copying_model,
    function_of,
    shares,
    with_gradient,
)

SAMPLES = 4
STEPS = 3
CLASSES = 5
WEIGHTS = np.array([0.0, 1.0, 2.0, 0.5])
RIGHT = 0.97
"""The share that a good prediction gives to the right class."""


@tags_of("objective")
@tags_of("metric")
def find_tags(component: Any) -> Iterator[str]:
    """Yields `sparse` for a function of class numbers, by its name, and `class`."""
    if "sparse" in component.__name__.lower():
        yield "sparse"
    if inspect.isclass(component):
        yield "class"


def targets(subject: Subject, *axes: int) -> Array:
    """Returns targets: distributions over classes, or the numbers of classes."""
    if "sparse" in subject.tags:
        count = np.prod(axes)
        numbers = np.arange(count) % CLASSES
        return numbers.reshape(*axes, 1)
    return shares(*axes, CLASSES, seed=2)


def classes(subject: Subject, count: int) -> tuple[Array, Array]:
    """Returns targets of one class each, and their one-hot rows."""
    numbers = np.arange(count) % CLASSES
    rows = np.eye(CLASSES)[numbers]
    if "sparse" in subject.tags:
        return numbers[:, None], rows
    return rows, rows


def predictions(*axes: int) -> Array:
    """Returns probabilities of the classes."""
    return shares(*axes, CLASSES)


@check("objective")
def check_value_per_sample(subject: Subject) -> None:
    """A loss returns one value per sample; the mean over the samples is the model's."""
    _check_axes(subject, SAMPLES)


@check("objective", unless="only_matrices", after="check_value_per_sample")
def check_value_per_step(subject: Subject) -> None:
    """For sequences and images, a loss returns one value per sample and step. One that
    is for whole samples alone declares the tag only_matrices."""
    _check_axes(subject, SAMPLES, STEPS)
    _check_axes(subject, 2, 2, STEPS)


def _check_axes(subject: Subject, *axes: int) -> None:
    given = targets(subject, *axes)
    value = computed(function_of(subject), given, predictions(*axes))
    assert value.shape == axes, (
        f"For predictions {(*axes, CLASSES)} it returns the shape {value.shape}, "
        f"expected {axes}. Reduce the last axis, and no other: K.mean(…, axis=-1)."
    )


@check("objective", unless="whole_batch", after="check_loss_is_repeatable")
def check_samples_are_apart(subject: Subject) -> None:
    """A sample's loss doesn't depend on the other samples of its batch."""
    given = targets(subject, SAMPLES)
    predicted = predictions(SAMPLES)
    together = computed(function_of(subject), given, predicted)
    alone = computed(function_of(subject), given[:1], predicted[:1])
    message = "A sample has another loss in a batch than it has alone"
    check_equal(together[:1], alone, message)


@check(
    "objective",
    unless="only_matrices",
    after=["check_value_per_step", "check_samples_are_apart"],
)
def check_steps_are_apart(subject: Subject) -> None:
    """A step's loss is that of the same values as a sample."""
    (given,) = targets(subject, 1, STEPS)
    (predicted,) = predictions(1, STEPS)
    samples = computed(function_of(subject), given, predicted)
    sequence = given[None], predicted[None]
    (steps,) = computed(function_of(subject), *sequence)
    check_equal(steps, samples, "A step has another loss than it has as a sample")


@check(
    "objective",
    unless="not_differentiable",
    after=["check_loss_keeps_type", "check_loss_is_repeatable"],
    needs="gradients",
)
def check_loss_has_gradients(subject: Subject) -> None:
    """The gradient by the predictions isn't 0 everywhere, so that a model can learn."""
    given = targets(subject, SAMPLES)
    predicted = predictions(SAMPLES)
    run = with_gradient(function_of(subject), given, predicted)
    _, slope = run(predicted)
    assert slope.any(), (
        "The gradient by the predictions is 0, and so no model learns: rounding, "
        "comparisons and K.stop_gradient have none."
    )


@check(
    "objective",
    unless="not_differentiable",
    after="check_loss_has_gradients",
    needs="gradients",
)
def check_loss_gradients(subject: Subject) -> None:
    """The gradient by the predictions is the numeric one."""
    given = targets(subject, 2)
    check_slope(function_of(subject), given, predictions(2))


@check("objective", after="check_value_per_sample")
def check_certainty_is_finite(subject: Subject) -> None:
    """Predictions of exactly 0 and 1, right or wrong, cost a finite number."""
    given, rows = classes(subject, SAMPLES)
    wrong = np.roll(rows, 1, axis=-1)
    for predicted in (rows, wrong):
        value = computed(function_of(subject), given, predicted)
        assert np.isfinite(value).all(), (
            f"For predictions of 0 and 1 it returns {value.tolist()}. Clip "
            "probabilities to K.epsilon() before a logarithm or a division."
        )


@check(
    "objective",
    unless="not_differentiable",
    after="check_certainty_is_finite",
    needs="gradients",
)
def check_certainty_has_gradients(subject: Subject) -> None:
    """Predictions of exactly 0 and 1, and those equal to their targets, have finite
    gradients."""
    given, rows = classes(subject, SAMPLES)
    run = with_gradient(function_of(subject), given, rows)
    wrong = np.roll(rows, 1, axis=-1)
    for predicted in (rows, wrong):
        _, slope = run(predicted)
        assert np.isfinite(slope).all(), (
            f"For predictions of 0 and 1 the gradient is {slope[0].tolist()}. Roots, "
            "logarithms and divisions have no gradient at 0: add K.epsilon()."
        )


@check("objective", unless="no_order", after="check_certainty_is_finite")
def check_better_predictions_cost_less(subject: Subject) -> None:
    """Predictions near the targets cost less than those of other classes."""
    given, rows = classes(subject, SAMPLES)
    rest = (1 - RIGHT) / CLASSES
    near = RIGHT * rows + rest
    far = np.roll(near, 1, axis=-1)
    good = computed(function_of(subject), given, near)
    bad = computed(function_of(subject), given, far)
    assert good.mean() < bad.mean(), (
        f"Predictions near the targets cost {good.mean():.4g}, wrong ones "
        f"{bad.mean():.4g}: training would make the model worse."
    )


@check(
    "objective",
    unless=["no_order", "margin", "sparse"],
    after="check_better_predictions_cost_less",
)
def check_targets_cost_least(subject: Subject) -> None:
    """No prediction costs less than the target itself."""
    given = shares(SAMPLES, CLASSES, seed=2)
    away = shares(SAMPLES, CLASSES, seed=3) - given
    least = computed(function_of(subject), given, given)
    for share in (0.2, -0.2):
        beside = given + share * away
        cost = computed(function_of(subject), given, beside)
        assert (least <= cost + 1e-6).all(), (
            f"The target itself costs {least.max():.4g}, a prediction beside it "
            f"{cost.min():.4g}. Does it take the targets first, and the predictions "
            "second? A loss that needs a distance, or targets of 0 and 1 alone, "
            "declares the tag margin."
        )


@check("objective", tags="zero_at_targets", after="check_targets_cost_least")
def check_targets_cost_nothing(subject: Subject) -> None:
    """Predictions equal to their targets cost 0."""
    given = targets(subject, SAMPLES)
    value = computed(function_of(subject), given, given)
    nothing = np.zeros(SAMPLES)
    check_equal(value, nothing, "The targets themselves cost something")


@check("objective", after="check_value_per_sample")
def check_loss_keeps_type(subject: Subject) -> None:
    """The loss has the type of the predictions, float64 included."""
    K.set_floatx("float64")
    given = targets(subject, SAMPLES)
    value = computed(function_of(subject), given, predictions(SAMPLES))
    assert value.dtype == "float64", (
        f"With floatx float64 it returns {value.dtype}. Use K.floatx() and Python "
        "numbers, not float32 arrays."
    )


@check("objective", unless="random", after="check_value_per_sample")
def check_loss_is_repeatable(subject: Subject) -> None:
    """The same targets and predictions cost the same each time."""
    given = targets(subject, SAMPLES)
    check_repeatable(function_of(subject), given, predictions(SAMPLES))


@check("objective", unless="class", after="check_value_per_sample")
def check_loss_by_name(subject: Subject) -> None:
    """`compile` finds the loss by its name, and a configuration names it."""
    check_found(subject, objectives)


@check("objective", unless="whole_batch", after="check_samples_are_apart")
def check_loss_is_weighted(subject: Subject) -> None:
    """Sample weights count: a sample of weight 0 changes nothing, and others count by
    their weights."""
    given = targets(subject, SAMPLES)
    predicted = predictions(SAMPLES)
    model = copying_model(CLASSES)
    model.compile("sgd", function_of(subject))
    loss = model.evaluate(predicted, given, sample_weight=WEIGHTS, verbose=0)
    each = computed(function_of(subject), given, predicted)
    counted = WEIGHTS != 0
    weighted = each * WEIGHTS
    expected = weighted.mean() / counted.mean()
    check_equal(loss, expected, "The weighted loss of a model is another one", 1e-4)
