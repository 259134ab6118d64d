"""What must hold for functions of tensors on other backends: they compute the same."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from oneiros import backend as K
from oneiros.errors import CapabilityError
from oneiros.typing import Array

from oneiros_testing.checks import Subject, check
from oneiros_testing.checks.initializations import drawn
from oneiros_testing.checks.losses import SAMPLES, predictions, targets
from oneiros_testing.checks.metrics import batch
from oneiros_testing.checks.optimizers import Walk
from oneiros_testing.checks.penalties import weight
from oneiros_testing.probes import (
    ANOTHER_BACKEND,
    check_equal,
    computed,
    function_of,
    made,
    numbers,
    other_backends,
)

TOLERANCE = 1e-4
"""The share of the largest value by which backends may differ in float32."""

Compute = Callable[[Subject], Iterable[Array]]


@check(
    "activation",
    unless="random",
    after=["check_activation_keeps_shape", "check_activation_is_repeatable"],
    needs=ANOTHER_BACKEND,
)
def check_activation_on_other_backends(subject: Subject) -> None:
    """On every other backend that is installed, the outputs are the same."""

    def outputs(there: Subject) -> Iterator[Array]:
        function = function_of(there)
        yield computed(function, numbers(4, 6))

    _check_alike(subject, outputs)


@check(
    "objective",
    unless="random",
    after="check_loss_is_repeatable",
    needs=ANOTHER_BACKEND,
)
def check_loss_on_other_backends(subject: Subject) -> None:
    """On every other backend that is installed, predictions cost the same."""
    given = targets(subject, SAMPLES)

    def costs(there: Subject) -> Iterator[Array]:
        function = function_of(there)
        yield computed(function, given, predictions(SAMPLES))

    _check_alike(subject, costs)


@check("metric", after="check_metric_is_repeatable", needs=ANOTHER_BACKEND)
def check_metric_on_other_backends(subject: Subject) -> None:
    """On every other backend that is installed, a batch has the same value."""
    given, predicted = batch(subject, SAMPLES)

    def values(there: Subject) -> Iterator[Array]:
        function = function_of(there)
        yield computed(function, given, predicted)

    _check_alike(subject, values)


@check(
    "regularizer",
    "constraint",
    unless="random",
    after="check_weight_function_is_repeatable",
    needs=ANOTHER_BACKEND,
)
def check_weight_function_on_other_backends(subject: Subject) -> None:
    """On every other backend that is installed, a weight has the same result."""

    def results(there: Subject) -> Iterator[Array]:
        function = made(there)
        yield computed(function, weight())

    _check_alike(subject, results)


@check(
    "optimizer",
    unless="random",
    after="check_optimizers_share_nothing",
    needs=ANOTHER_BACKEND,
)
def check_steps_on_other_backends(subject: Subject) -> None:
    """On every other backend that is installed, the steps are the same."""

    def steps(there: Subject) -> Iterable[Array]:
        walk = Walk(made(there))
        return walk.steps().values()

    _check_alike(subject, steps)


@check("initialization", after="check_makes_floatx", needs=ANOTHER_BACKEND)
def check_initialization_on_other_backends(subject: Subject) -> None:
    """On every other backend that is installed, it makes weights of the same shape and
    type."""

    def forms(there: Subject) -> Iterator[Array]:
        value = drawn(there, seed=1)
        yield np.array(value.shape)
        yield np.array(value.itemsize)

    _check_alike(subject, forms)


def _check_alike(subject: Subject, compute: Compute) -> None:
    """Raises AssertionError if what is computed differs between backends."""
    expected = list(compute(subject))
    for name in other_backends(subject):
        there = replace(subject, backend=name)
        found = _computed_on(there, compute)
        told = f"On {name} and on {subject.backend}, it gives something else"
        for value, wanted in zip(found, expected):
            check_equal(value, wanted, told, TOLERANCE)


def _computed_on(there: Subject, compute: Compute) -> list[Any]:
    """Returns what is computed on a subject's backend; nothing if the backend says that
    it can't."""
    assert there.backend
    with K.use(there.backend):
        try:
            return list(compute(there))
        except CapabilityError:
            return []
        except Exception as error:
            kind = type(error).__name__
            told = f"On {there.backend}, it raises {kind}: {error}"
            raise AssertionError(told) from error
