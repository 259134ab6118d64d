"""Checks of optimizers: what turns a loss and its weights into updates.

Most of them let an optimizer walk down a bowl, from where it starts to where each
weight is 1, and compare walks.
"""

import inspect
from collections.abc import Callable, Collection, Iterable, Iterator
from functools import lru_cache
from typing import Any

import numpy as np
from oneiros import backend as K
from oneiros import optimizers
from oneiros.layers import Dense
from oneiros.models import Sequential, load_model
from oneiros.typing import Array, Tensor

from oneiros_testing.checks import Subject, check, tags_of
from oneiros_testing.fixtures import folder
from oneiros_testing.probes import (
    changed_arguments,
    check_equal,
    made,
    name_of,
    no_loss,
    numbers,
)
from oneiros_testing.watching import touching_nothing

START = {"matrix": 2 + numbers(2, 3, seed=1), "vector": -1 + numbers(3, seed=2)}
"""Weights of several ranks."""
STEPS = 4
MANY_STEPS = 40
SLOPES = {"matrix": 0.5, "vector": -3.0}
"""The gradients of a tilted plane, the same everywhere."""
SWINGS = np.array([-0.9, -0.4, -0.05])
"""Each gradient as a share of the one before it."""
MANY_SWINGS = 12
LIMIT = 0.75
"""A limit of gradients below most of them."""
VALUE = "check_clipvalue_is_honoured"

Weights = dict[str, Tensor]
Loss = Callable[[Weights], Tensor]
Values = dict[str, Array]


@tags_of("optimizer")
def find_tags(component: Any) -> Iterator[str]:
    """Yields `clips` if it accepts limits of gradients, and `lr` and `decay` for
    arguments of these names."""
    parameters = inspect.signature(component).parameters
    kinds = {parameter.kind for parameter in parameters.values()}
    takes_others = inspect.Parameter.VAR_KEYWORD in kinds
    if takes_others or "clipnorm" in parameters:
        yield "clips"
    for name in ("lr", "decay"):
        if name in parameters:
            yield name


def bowl(weights: Weights) -> Tensor:
    """Returns the sum of the squares of each weight's distance from 1."""
    return _sum(K.square(weight - 1.0) for weight in weights.values())


def plane(slopes: dict[str, Any]) -> Loss:
    """Returns a loss with these gradients, wherever the weights are."""

    def loss(weights: Weights) -> Tensor:
        parts = []
        for name, weight in weights.items():
            shape = START[name].shape
            slope = np.broadcast_to(slopes[name], shape)
            parts.append(weight * K.variable(slope))
        return _sum(parts)

    return loss


def _sum(tensors: Iterable[Tensor]) -> Tensor:
    first, *others = map(K.sum, tensors)
    return sum(others, first)


class Walk:
    """The weights on which an optimizer takes steps.

    # Arguments
        optimizer: the optimizer.
        loss: function of the weights.
        names: the weights that it trains.
        constraint: function of a weight, for all of them; None for none.
    """

    def __init__(
        self,
        optimizer: Any,
        loss: Loss = bowl,
        names: Collection[str] = tuple(START),
        constraint: Callable[[Tensor], Tensor] | None = None,
    ):
        self.weights: Weights = {}
        for name in names:
            start = START[name]
            self.weights[name] = K.variable(start, name=name)
        params = list(self.weights.values())
        constraints = {}
        if constraint is not None:
            constraints = dict.fromkeys(params, constraint)
        value = loss(self.weights)
        self.updates = optimizer.get_updates(params, constraints, value)
        self._step = K.function([], [value], self.updates)

    def steps(self, count: int = STEPS) -> Values:
        """Takes steps and returns the weights."""
        for _ in range(count):
            self._step([])
        return {name: K.get_value(weight) for name, weight in self.weights.items()}


def usual(subject: Subject) -> Values:
    """Returns where an optimizer with its own arguments goes."""
    return _usual(subject.component, subject)


@lru_cache(maxsize=8)
def _usual(_: Any, subject: Subject) -> Values:
    walk = Walk(made(subject))
    return walk.steps()


def check_same_walk(actual: Values, expected: Values, message: str) -> None:
    """Raises AssertionError with a message if weights differ."""
    for name, value in expected.items():
        check_equal(actual[name], value, f"{message} ({name})")


@check("optimizer")
def check_optimizer_can_be_made(subject: Subject) -> None:
    """It can be made with its defaults, or with the arguments that it declares."""
    assert hasattr(made(subject), "get_updates"), "It has no get_updates."


@check("optimizer", after="check_optimizer_can_be_made")
def check_constructor_touches_nothing(subject: Subject) -> None:
    """The constructor uses no file, network, process or random number."""
    made(subject)
    with touching_nothing():
        made(subject)


@check("optimizer", after="check_optimizer_can_be_made")
def check_updates_are_pairs(subject: Subject) -> None:
    """`get_updates` returns a pair of a variable and its new value for each weight, and
    no variable twice."""
    walk = Walk(made(subject))
    updated = [id(variable) for variable, _ in walk.updates]
    twice = [
        variable.name for variable, _ in walk.updates if updated.count(id(variable)) > 1
    ]
    assert not twice, f"These variables have two new values: {twice}."
    for name, weight in walk.weights.items():
        assert id(weight) in updated, f"The weight {name!r} has no update."


@check("optimizer", after="check_updates_are_pairs")
def check_loss_falls(subject: Subject) -> None:
    """The loss falls on a convex problem, and each weight moves towards its goal."""
    walk = Walk(made(subject))
    after = walk.steps(MANY_STEPS)
    for name, start in START.items():
        before = np.square(start - 1).sum()
        distances = after[name] - 1
        now = np.square(distances).sum()
        assert np.isfinite(now) and now < before, (
            f"After {MANY_STEPS} steps the loss of {name} is {now:.5g}; it was "
            f"{before:.5g} at the start. Is the step subtracted?"
        )


@check("optimizer", unless="coupled", after="check_optimizers_share_nothing")
def check_weights_are_independent(subject: Subject) -> None:
    """A weight's steps don't depend on the other weights, if their losses don't: the
    weights share no state, and none is updated with the new value of another."""
    together = usual(subject)
    for name in START:
        walk = Walk(made(subject), names=[name])
        message = "Beside other weights, a weight goes another way"
        check_same_walk(together, walk.steps(), message)


@check("optimizer", after="check_weights_are_independent")
def check_updates_are_simultaneous(subject: Subject) -> None:
    """The gradients of all weights are those before the step, and in whatever order the
    weights come, they take the same one."""

    def coupled(weights: Weights) -> Tensor:
        first, second = K.sum(weights["matrix"]), K.sum(weights["vector"])
        product = first * second
        return bowl(weights) + 0.1 * product

    forwards = Walk(made(subject), coupled)
    backwards = Walk(made(subject), coupled, names=["vector", "matrix"])
    message = "In another order, weights go another way"
    check_same_walk(backwards.steps(), forwards.steps(), message)


@check("optimizer", after="check_optimizers_share_nothing")
def check_constraints_bind_new_values(subject: Subject) -> None:
    """Constraints are applied to each weight's new value, after everything else."""

    def half(value: Any) -> Any:
        return 0.5 * value + 3.0

    free = Walk(made(subject))
    bound = Walk(made(subject), constraint=half)
    expected = {name: half(value) for name, value in free.steps(1).items()}
    message = "The weight isn't what the constraint makes of its new value"
    check_same_walk(bound.steps(1), expected, message)


@check("optimizer", tags="clips", after="check_optimizers_share_nothing")
def check_clipnorm_is_honoured(subject: Subject) -> None:
    """`clipnorm` limits the norm of all gradients together, which keep their direction;
    within the limit they stay as they are."""
    scaled = _within(SLOPES)
    _check_limit(subject, {"clipnorm": LIMIT}, SLOPES, scaled)
    small = {name: slope / 2 for name, slope in scaled.items()}
    _check_limit(subject, {"clipnorm": LIMIT}, small, small)


@check("optimizer", tags="clips", after=["check_clipnorm_is_honoured", VALUE])
def check_norm_is_limited_first(subject: Subject) -> None:
    """With both limits, the norm is limited first, and then each element."""
    limits = {"clipnorm": LIMIT, "clipvalue": LIMIT / 2}
    scaled = _within(SLOPES)
    cut = {name: np.clip(s, -LIMIT / 2, LIMIT / 2) for name, s in scaled.items()}
    _check_limit(subject, limits, SLOPES, cut)


def _within(slopes: dict[str, Any]) -> dict[str, Any]:
    """Returns gradients whose norm is the limit."""
    squares = [START[name].size * slope**2 for name, slope in slopes.items()]
    factor = LIMIT / np.sqrt(sum(squares))
    return {name: slope * factor for name, slope in slopes.items()}


@check("optimizer", tags="clips", after="check_optimizers_share_nothing")
def check_clipvalue_is_honoured(subject: Subject) -> None:
    """`clipvalue` limits each element of each gradient."""
    slopes, cut = {}, {}
    for name, start in START.items():
        slopes[name] = 2 * numbers(*start.shape)
        cut[name] = np.clip(slopes[name], -LIMIT, LIMIT)
    _check_limit(subject, {"clipvalue": LIMIT}, slopes, cut)


def _check_limit(
    subject: Subject,
    limits: dict[str, Any],
    slopes: dict[str, Any],
    limited: dict[str, Any],
) -> None:
    """Compares steps under limits with those for gradients that are limited."""
    optimizer = made(subject, **limits)
    found = Walk(optimizer, plane(slopes))
    expected = Walk(made(subject), plane(limited))
    message = (
        f"With {limits}, the steps aren't those of gradients within the limit; take "
        "them from self.get_gradients(loss, params)"
    )
    check_same_walk(found.steps(), expected.steps(), message)


@check("optimizer", tags="lr", after="check_optimizers_share_nothing")
def check_learning_rate_is_a_variable(subject: Subject) -> None:
    """`lr` is a variable: setting its value changes the next steps."""
    optimizer = made(subject)
    walk = Walk(optimizer)
    walk.steps(1)
    rate = getattr(optimizer, "lr", None)
    assert rate is not None, "It has no attribute lr. Write: self.lr = K.variable(lr)"
    try:
        K.set_value(rate, 0.0)
    except Exception as error:
        raise AssertionError(
            f"K.set_value(optimizer.lr, …) fails: {error} Write: self.lr = "
            "K.variable(lr)"
        ) from error
    after = walk.steps(1)["matrix"]
    going_on = Walk(made(subject))
    expected = going_on.steps(2)["matrix"]
    assert not np.array_equal(after, expected), (
        "Setting lr to 0 changes nothing: get_updates must use the variable."
    )


@check("optimizer", tags="decay", after="check_optimizers_share_nothing")
def check_decay_counts_from_zero(subject: Subject) -> None:
    """With a decay, the first step is as long as without one, and the second one is
    shorter: the count begins at 0."""
    loss = plane(SLOPES)
    plain = Walk(made(subject, decay=0.0), loss)
    decaying = Walk(made(subject, decay=1.0), loss)
    first = plain.steps(1)
    message = "With decay=1 the first step is another one: count from 0"
    check_same_walk(decaying.steps(1), first, message)
    second, slower = plain.steps(1), decaying.steps(1)
    for name, place in first.items():
        full = np.abs(second[name] - place)
        step = np.abs(slower[name] - place)
        assert (step < full).all(), "With decay=1 the second step isn't shorter."


@check("optimizer", after="check_updates_are_pairs")
def check_steps_are_counted_once(subject: Subject) -> None:
    """`iterations`, if it has that variable, counts updates, not weights."""
    optimizer = made(subject)
    Walk(optimizer).steps()
    iterations = getattr(optimizer, "iterations", None)
    if iterations is None:
        return
    count = float(K.get_value(iterations))
    assert count in (0, STEPS), f"After {STEPS} updates, iterations is {count:g}."


@check("optimizer", after="check_updates_are_pairs")
def check_zero_gradients_are_finite(subject: Subject) -> None:
    """Gradients of 0 leave finite weights."""
    limits: dict[str, Any] = {"clipnorm": LIMIT} if "clips" in subject.tags else {}
    flat = plane(dict.fromkeys(START, 0.0))
    optimizer = made(subject, **limits)
    walk = Walk(optimizer, flat)
    for name, value in walk.steps(2).items():
        assert np.isfinite(value).all(), (
            f"Gradients of 0 make {name} {value.ravel()[0]}: add an epsilon below the "
            "fraction."
        )


@check("optimizer", unless="random", after="check_updates_are_pairs")
def check_steps_are_repeatable(subject: Subject) -> None:
    """From the same start it takes the same steps."""
    walk = Walk(made(subject))
    again = walk.steps()
    check_same_walk(again, usual(subject), "From the same start it goes another way")


@check("optimizer", after="check_steps_are_repeatable")
def check_optimizers_share_nothing(subject: Subject) -> None:
    """Two optimizers of one class don't share state, even if they take turns."""
    first = Walk(made(subject))
    second = Walk(made(subject))
    for _ in range(STEPS):
        second.steps(2)
        found = first.steps(1)
    message = "Beside another optimizer it goes another way"
    check_same_walk(found, usual(subject), message)


@check("optimizer", after="check_updates_are_pairs")
def check_can_be_compiled_again(subject: Subject) -> None:
    """`get_updates` may be called again, for another model: its state doesn't grow."""
    optimizer = made(subject)
    Walk(optimizer)
    count = len(optimizer.weights)
    Walk(optimizer)
    again = len(optimizer.weights)
    assert again == count, (
        f"It has {count} variables of state after one call of get_updates, and {again} "
        "after the second. Make a new list in get_updates."
    )


@check("optimizer", after="check_optimizers_share_nothing")
def check_state_has_floatx(subject: Subject) -> None:
    """Every variable of its state has the type K.floatx(), float64 included."""
    for floatx in ("float32", "float64"):
        K.set_floatx(floatx)
        optimizer = made(subject)
        walk = Walk(optimizer)
        walk.steps(1)
        others = {
            variable.name: K.dtype(variable)
            for variable, _ in walk.updates
            if K.dtype(variable) in {"float16", "float32", "float64"} - {floatx}
        }
        assert not others, f"With floatx {floatx} these variables are others: {others}."


@check(
    "optimizer",
    after=["check_optimizers_share_nothing", "check_decay_counts_from_zero"],
)
def check_every_optimizer_argument_counts(subject: Subject) -> None:
    """Each number among the arguments changes the steps."""
    changes = changed_arguments(subject)
    end = _end(subject, changes)
    for name in changes:
        others = changes.copy()
        del others[name]
        assert not np.array_equal(_end(subject, others), end), (
            f"With another {name} it takes the same steps: is it used at all? "
            'conformance = {"changes": {…}} gives values that matter.'
        )


def _end(subject: Subject, arguments: dict[str, Any]) -> Array:
    """Returns where a vector ends with these arguments, after gradients that swing and
    shrink: arguments matter that count steps, or weigh gradients against each other."""
    optimizer = made(subject, **arguments)
    slope = K.variable(np.ones(len(SWINGS)))
    walk = Walk(optimizer, lambda weights: K.sum(weights["vector"] * slope), ["vector"])
    for step in range(MANY_SWINGS):
        K.set_value(slope, SWINGS**step)
        end = walk.steps(1)
    return end["vector"]


@check("optimizer", unless="not_saved", after="check_optimizers_share_nothing")
def check_optimizer_configuration(subject: Subject) -> None:
    """Its configuration has every argument, and builds an optimizer that takes the same
    steps."""
    changes: dict[str, Any] = changed_arguments(subject)
    if "clips" in subject.tags:
        changes["clipnorm"] = LIMIT
    original = made(subject, **changes)
    config = original.get_config()
    lacking = sorted(changes.keys() - config.keys())
    assert not lacking, f"get_config() lacks {', '.join(lacking)}; it has {config}."
    again = type(original).from_config(config)
    found = again.get_config()
    assert found == config, f"{config} comes back as {found}."
    expected = Walk(original)
    walk = Walk(again)
    message = f"Built from {config}, it takes other steps"
    check_same_walk(walk.steps(), expected.steps(), message)


@check(
    "optimizer",
    unless="not_saved",
    after=["check_optimizer_configuration", "check_says_whether_files_may_use_it"],
)
def check_training_goes_on(subject: Subject) -> None:
    """A model that is saved between two updates and loaded goes on as if nothing had
    happened: all of the optimizer's state is in the file."""
    arguments = changed_arguments(subject)
    optimizer = made(subject, **arguments)
    model = _model(optimizer)
    _train(model)
    with folder() as here:
        path = here / "model.h5"
        model.save(path)
        loaded = load_model(path)
    _train(model)
    _train(loaded)
    pairs = zip(loaded.get_weights(), model.get_weights(), strict=True)
    for after, expected in pairs:
        message = (
            "A loaded model trains on otherwise: keep the state in variables, in "
            "self.weights"
        )
        check_equal(after, expected, message)


@check("optimizer", after=["check_loss_falls", "check_steps_are_repeatable"])
def check_penalties_are_descended(subject: Subject) -> None:
    """What regularizers add to the loss is part of the gradients."""
    layer = Dense(2, W_regularizer="l2", bias=False, input_dim=3)
    model = Sequential([layer])
    ones = np.ones((3, 2))
    layer.set_weights([ones])
    optimizer = made(subject)
    model.compile(optimizer, no_loss)
    _train(model)
    (weight,) = model.get_weights()
    assert (weight < 1).all(), (
        "Where only a penalty has a gradient, weights don't shrink."
    )


@check("optimizer", after="check_updates_are_pairs")
def check_optimizer_by_name(subject: Subject) -> None:
    """`compile` finds it by its name."""
    if subject.declared.get("arguments"):
        return
    name = name_of(subject)
    found = optimizers.get(name)
    expected = type(made(subject))
    assert type(found) is expected, f"The name stands for {found!r:.80}."
    model = _model(name)
    _train(model)


def _model(optimizer: Any) -> Sequential:
    first = Dense(3, input_dim=3, activation="tanh")
    second = Dense(2)
    model = Sequential([first, second])
    weights = [numbers(*weight.shape) for weight in model.get_weights()]
    model.set_weights(weights)
    model.compile(optimizer, "mse")
    return model


def _train(model: Sequential) -> None:
    x = numbers(4, 3)
    y = numbers(4, 2, seed=2)
    for _ in range(3):
        model.train_on_batch(x, y)
