"""Checks of regularizers and constraints: functions, or objects that are functions, of
a weight."""

from typing import Any

import numpy as np
from oneiros import backend as K
from oneiros import constraints, regularizers
from oneiros.layers import Dense
from oneiros.models import Sequential, load_model
from oneiros.typing import Array

from oneiros_testing.checks import Subject, check
from oneiros_testing.fixtures import folder
from oneiros_testing.probes import (
    changed_arguments,
    check_equal,
    check_repeatable,
    check_slope,
    computed,
    made,
    name_of,
    no_loss,
    noting,
    numbers,
    with_gradient,
)
from oneiros_testing.watching import touching_nothing

MODULES = {"regularizer": regularizers, "constraint": constraints}
SHAPES = ((5,), (4, 3), (4, 2, 3), (3, 3, 2, 4), (2, 3, 2, 3, 2))
BOTH = ("regularizer", "constraint")


def shapes(subject: Subject) -> list[tuple[int, ...]]:
    """Returns the shapes of weights that it must accept."""
    ranks = subject.declared.get("ranks", (1, 2, 4))
    chosen: list[tuple[int, ...]] = [shape for shape in SHAPES if len(shape) in ranks]
    assert chosen, f"It declares the ranks {ranks}. Weights have ranks from 1 to 5."
    return chosen


def weight() -> Array:
    """Returns a matrix with large and small columns, and a small row."""
    scale = np.outer([0.01, 1.0, 1.0, 1.0], [0.05, 2.0, 8.0])
    return np.asarray(numbers(4, 3) * scale)


@check(*BOTH)
def check_weight_function_can_be_made(subject: Subject) -> None:
    """It can be made with its defaults, or with the arguments that it declares."""
    assert callable(made(subject)), "What it makes isn't a function of a weight."


@check(*BOTH, after="check_weight_function_can_be_made")
def check_constructor_touches_nothing(subject: Subject) -> None:
    """Making it uses no file, network, process or random number."""
    made(subject)
    with touching_nothing():
        made(subject)


@check("regularizer", after="check_weight_function_can_be_made")
def check_penalty_is_scalar(subject: Subject) -> None:
    """The penalty of a weight of any rank is a finite scalar."""
    for shape in shapes(subject):
        function = made(subject)
        with noting(shape):
            value = computed(function, numbers(*shape))
        assert value.shape == () and np.isfinite(value), (
            f"For a weight {shape} it returns {value!r:.80}, expected a number: "
            "K.sum(…) without an axis."
        )


@check(
    "regularizer",
    unless="not_differentiable",
    after=["check_penalty_is_scalar", "check_weight_function_keeps_type"],
    needs="gradients",
)
def check_penalty_gradients(subject: Subject) -> None:
    """The penalty's gradient is the numeric one."""
    function = made(subject)
    check_slope(function, weight())


@check(
    "regularizer",
    unless="not_at_zero",
    after="check_penalty_is_scalar",
    needs="gradients",
)
def check_penalty_of_zeros(subject: Subject) -> None:
    """A weight of zeros, as biases are at first, has a finite penalty and gradient."""
    for shape in shapes(subject):
        zeros = np.zeros(shape)
        run = with_gradient(made(subject), zeros)
        for found in run(zeros):
            assert np.isfinite(found).all(), (
                f"For zeros of shape {shape} the penalty or its gradient is "
                f"{found.ravel()[0]}: add K.epsilon() below a root or a fraction."
            )


@check("regularizer", after="check_penalties_are_apart")
def check_penalty_is_trained(subject: Subject) -> None:
    """The penalty is part of a model's loss: once, as it is."""
    regularizer = made(subject)
    model = _model(subject, W_regularizer=regularizer)
    x, y = _data()
    loss = model.evaluate(x, y, verbose=0)
    expected = computed(regularizer, weight())
    check_equal(loss, expected, "A model's loss has another penalty", 1e-4)


@check("regularizer", after="check_penalty_is_scalar")
def check_penalties_are_apart(subject: Subject) -> None:
    """One object penalizes two weights apart from each other."""
    shared = made(subject)
    weights = [weight(), 2 * weight()]
    variables = map(K.variable, weights)
    penalties = [shared(variable) for variable in variables]
    values = K.function([], penalties)([])
    alone = [computed(made(subject), array) for array in weights]
    check_equal(values, alone, "A second weight changes the penalties", 1e-4)


@check("constraint", after="check_weight_function_can_be_made")
def check_constraint_keeps_shape(subject: Subject) -> None:
    """A constrained weight has the same shape, whatever its rank."""
    for shape in shapes(subject):
        function = made(subject)
        with noting(shape):
            value = computed(function, numbers(*shape))
        assert value.shape == shape, f"It makes the shape {value.shape} of {shape}."


@check("constraint", after="check_constraint_keeps_shape")
def check_constraint_of_zeros(subject: Subject) -> None:
    """A weight of zeros stays finite."""
    for shape in shapes(subject):
        function = made(subject)
        value = computed(function, np.zeros(shape))
        assert np.isfinite(value).all(), (
            f"Zeros of shape {shape} become {value.ravel()[0]}: divide by "
            "K.epsilon() + norm, not by the norm."
        )


@check("constraint", unless="gradual", after="check_constraint_keeps_shape")
def check_constraint_is_idempotent(subject: Subject) -> None:
    """Applied twice, a constraint gives what it gives once."""
    constraint = made(subject)
    once = computed(constraint, weight())
    twice = computed(constraint, once)
    message = (
        "A constrained weight doesn't obey the constraint (one that approaches it step "
        "by step declares the tag gradual)"
    )
    check_equal(twice, once, message, 1e-4)


@check("constraint", after="check_constraint_keeps_shape", needs="gradients")
def check_constraint_binds_in_training(subject: Subject) -> None:
    """A model's weights are the constrained ones after each update."""
    constraint = made(subject)
    free = _model(subject)
    bound = _model(subject, W_constraint=constraint)
    x, y = _data()
    free.train_on_batch(x, y)
    bound.train_on_batch(x, y)
    (updated,) = free.get_weights()
    (found,) = bound.get_weights()
    expected = computed(constraint, updated)
    check_equal(found, expected, "After an update, the weight is another", 1e-4)


@check(*BOTH, after="check_weight_function_can_be_made")
def check_weight_function_keeps_type(subject: Subject) -> None:
    """The result has the type of the weight, float64 included."""
    K.set_floatx("float64")
    function = made(subject)
    value = computed(function, weight())
    assert value.dtype == "float64", f"With floatx float64 it returns {value.dtype}."


@check(*BOTH, unless="random", after="check_weight_function_can_be_made")
def check_weight_function_is_repeatable(subject: Subject) -> None:
    """The same weight gives the same result each time."""
    function = made(subject)
    check_repeatable(function, weight())


@check(*BOTH, after="check_weight_function_can_be_made")
def check_every_argument_matters(subject: Subject) -> None:
    """Each argument changes the result for some weight."""
    changes = changed_arguments(subject)
    function = made(subject, **changes)
    result = computed(function, weight())
    for name in changes:
        others = changes.copy()
        del others[name]
        function = made(subject, **others)
        other = computed(function, weight())
        assert not np.array_equal(other, result), (
            f"With another {name} the result is the same: is it used at all? "
            'conformance = {"changes": {…}} gives values that matter.'
        )


@check(
    *BOTH,
    after=["check_weight_function_can_be_made", "check_says_whether_files_may_use_it"],
)
def check_configuration_is_whole(subject: Subject) -> None:
    """Its configuration has each argument, and an object built from it gives the same
    results."""
    changes = changed_arguments(subject)
    original = made(subject, **changes)
    config = original.get_config()
    module = MODULES[subject.kind]
    found = module.get(dict(config))
    again = found.get_config()
    assert again == config, f"{config} comes back as {again}."
    _check_alike(found, original, f"Built from {config}, it is another one")


@check(*BOTH, after="check_configuration_is_whole")
def check_weight_function_in_a_file(subject: Subject) -> None:
    """A model file keeps it, and the loaded model obeys it."""
    argument = f"W_{subject.kind}"
    changes = changed_arguments(subject)
    original = made(subject, **changes)
    model = _model(subject, **{argument: original})
    with folder() as here:
        path = here / "model.h5"
        model.save(path)
        loaded = load_model(path, {"no_loss": no_loss})
    (layer,) = loaded.layers
    found = getattr(layer, argument)
    _check_alike(found, original, "The loaded model has another one")


@check(*BOTH, after="check_weight_function_can_be_made")
def check_weight_function_by_name(subject: Subject) -> None:
    """A layer finds it by its name, if it can be made without arguments."""
    if subject.declared.get("arguments"):
        return
    module = MODULES[subject.kind]
    found = module.get(name_of(subject))
    _check_alike(found, made(subject), "The name stands for another one")


def _check_alike(found: Any, original: Any, message: str) -> None:
    """Raises AssertionError with a message if two functions of a weight differ."""
    expected = computed(original, weight())
    value = computed(found, weight())
    check_equal(value, expected, message)


def _model(subject: Subject, **arguments: Any) -> Sequential:
    layer = Dense(3, bias=False, input_dim=4, **arguments)
    model = Sequential([layer])
    layer.set_weights([weight()])
    loss = "mse" if subject.kind == "constraint" else no_loss
    model.compile("sgd", loss)
    return model


def _data() -> tuple[Array, Array]:
    return numbers(2, 4), np.zeros((2, 3))
