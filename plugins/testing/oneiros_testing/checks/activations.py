"""Checks of activations: functions of a tensor that are applied to the outputs of
layers."""

import inspect
from collections.abc import Iterator
from typing import Any

import numpy as np
from oneiros import activations
from oneiros import backend as K
from oneiros.layers import Dense
from oneiros.models import Sequential, model_from_json
from oneiros.typing import Array, Tensor

from oneiros_testing.checks import Subject, check, tags_of
from oneiros_testing.probes import (
    check_equal,
    check_found,
    check_repeatable,
    check_slope,
    computed,
    function_of,
    noting,
    numbers,
    with_gradient,
)
from oneiros_testing.samples import required

SIZES = (2, 2, 3, 6)
RANKS = (2, 3, 4)
LARGE = 200.0
"""A score whose exponential is beyond float32."""


@tags_of("activation")
def find_tags(component: Any) -> Iterator[str]:
    """Yields `with_arguments` for one that a name alone doesn't make."""
    is_class = inspect.isclass(component)
    if is_class or len(list(required(component))) > 1:
        yield "with_arguments"


def extremes() -> list[Array]:
    """Returns large scores of both signs, equal ones, and zeros."""
    signs = np.sign(numbers(2, 6))
    equal = np.full((2, 6), LARGE)
    return [LARGE * signs, equal, 0 * equal]


@check("activation", unless="changes_shape")
def check_activation_keeps_shape(subject: Subject) -> None:
    """The output of a layer has the same shape after the activation, whatever its
    rank."""
    for rank in subject.declared.get("ranks", RANKS):
        shape = SIZES[-rank:]
        with noting(shape):
            value = computed(function_of(subject), numbers(*shape))
        assert value.shape == shape, f"It makes the shape {value.shape} of {shape}."


@check(
    "activation",
    unless="whole_batch",
    after=["check_activation_keeps_shape", "check_activation_is_repeatable"],
)
def check_rows_are_apart(subject: Subject) -> None:
    """A sample's outputs don't depend on the other samples of its batch."""
    x = numbers(4, 6)
    together = computed(function_of(subject), x)
    alone = computed(function_of(subject), x[:1])
    check_equal(together[:1], alone, "A sample alone has other outputs")


@check("activation", unless="whole_sample", after="check_rows_are_apart")
def check_steps_are_activated_alike(subject: Subject) -> None:
    """Steps of a sequence have the outputs that they have as samples."""
    x = numbers(3, 6)
    samples = computed(function_of(subject), x)
    (steps,) = computed(function_of(subject), x[None])
    check_equal(steps, samples, "A step has other outputs than it has as a sample")


@check(
    "activation",
    unless="not_differentiable",
    after="check_activation_keeps_type",
    needs="gradients",
)
def check_activation_gradients(subject: Subject) -> None:
    """The gradient is the numeric one."""

    def squared(x: Tensor) -> Tensor:
        value = function_of(subject)(x)
        return K.square(value)

    check_slope(squared, numbers(2, 6))


@check("activation", after="check_activation_keeps_shape")
def check_large_scores(subject: Subject) -> None:
    """Large scores, and zeros, give no NaN."""
    for x in extremes():
        value = computed(function_of(subject), x)
        assert not np.isnan(value).any(), (
            f"For scores of {x[0].tolist()} it returns {value[0].tolist()}. Subtract "
            "the largest score before an exponential."
        )


@check(
    "activation",
    unless="not_differentiable",
    after="check_large_scores",
    needs="gradients",
)
def check_large_scores_have_gradients(subject: Subject) -> None:
    """Large scores, and zeros, have gradients without NaN."""
    x = numbers(2, 6)
    run = with_gradient(function_of(subject), x)
    for x in extremes():
        _, slope = run(x)
        assert not np.isnan(slope).any(), (
            f"For scores of {x[0].tolist()} the gradient is {slope[0].tolist()}: a "
            "quotient of infinities, or a root or logarithm of 0."
        )


@check("activation")
def check_activation_keeps_type(subject: Subject) -> None:
    """The outputs have the type of the scores, float64 included."""
    K.set_floatx("float64")
    x = numbers(4, 6)
    value = computed(function_of(subject), x)
    assert value.dtype == "float64", f"It makes {value.dtype} of float64."


@check("activation", unless="random")
def check_activation_is_repeatable(subject: Subject) -> None:
    """The same scores give the same outputs each time."""
    x = numbers(4, 6)
    check_repeatable(function_of(subject), x)


@check(
    "activation",
    unless=["changes_shape", "with_arguments"],
    after="check_activation_keeps_shape",
)
def check_activation_in_a_layer(subject: Subject) -> None:
    """A layer takes it by name, its configuration has that name, and the model that is
    built from it predicts the same."""
    name = check_found(subject, activations)
    layer = Dense(6, activation=name, input_dim=6)
    model = Sequential([layer])
    text = model.to_json()
    again = model_from_json(text)
    weights = model.get_weights()
    again.set_weights(weights)
    x = numbers(4, 6)
    expected = model.predict(x)
    check_equal(again.predict(x), expected, "A rebuilt model predicts others")
