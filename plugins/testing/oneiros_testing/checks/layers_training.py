"""What must hold for a layer in training: gradients, phases, draws, penalties."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from oneiros import backend as K
from oneiros import regularizers

from oneiros_testing.checks.layers import (
    TOLD_BY_WEIGHTS,
    are_equal,
    assert_close,
    layer_check,
)
from oneiros_testing.layer_sample import Called, LayerSample, options, sample_of
from oneiros_testing.probes import RANDOM_NUMBERS
from oneiros_testing.samples import parameters
from oneiros_testing.slopes import Slopes, assert_mean

POINTS = 8
"""How many points are tried, as a difference over a kink says nothing."""
CALLS = 60
"""How often a random layer is called."""
ROUNDS = 3000
"""How many updates bring statistics to what they run to."""
RATES = ("p", "rate", "sigma", "dropout", "dropout_W", "dropout_U")


@contextmanager
def float_type(name: str) -> Iterator[None]:
    """Context manager under which a float type is the default."""
    before = K.floatx()
    K.set_floatx(name)
    try:
        yield
    finally:
        K.set_floatx(before)


@layer_check(after=[TOLD_BY_WEIGHTS])
def check_float64(subject):
    """With `K.set_floatx("float64")` weights and outputs are float64, to all
    digits."""
    single = sample_of(subject)
    weights = single.base.layer.get_weights()
    arrays = single.arrays()
    expected = single.base.values(arrays)
    with float_type("float64"):
        called = sample_of(subject).called()
        for weight in called.layer.weights:
            dtype = K.dtype(weight)
            assert dtype != "float32", (
                f"The weight {weight.name} is {dtype}. Make weights without a type, so "
                "that they have that of K.floatx()."
            )
        called.layer.set_weights(weights)
        values = called.values(sample_of(subject).arrays())
    for value in values:
        if value.dtype.kind == "f":
            assert value.dtype == np.float64, (
                f"The output is {value.dtype}. Write K.cast(x, K.floatx()) where you "
                "wrote a type."
            )
            exact = np.array_equal(value.astype("float32"), value)
            whole = np.array_equal(np.round(value * 8), value * 8)
            assert not exact or whole or not single.is_float, (
                "The output has only the digits of float32: it computes in float32 and "
                "casts what it found. Cast to K.floatx(), or not at all."
            )
    told = "In float64 it computes something else than in float32 with the same weights"
    assert_close(values, expected, told, 1e-3)


@layer_check(after=["check_float64"], needs=["float16"])
def check_float16(subject):
    """With `K.set_floatx("float16")`, where the backend has it, it computes nearly the
    same."""
    single = sample_of(subject)
    arrays = [array * 0.25 if single.is_float else array for array in single.arrays()]
    expected = single.base.values(arrays)
    with float_type("float16"):
        half = sample_of(subject)
        called = half.called()
        called.layer.set_weights(single.base.layer.get_weights())
        kinds = [K.dtype(x) for x in called.inputs]
        values = called.values([x.astype(kind) for x, kind in zip(arrays, kinds)])
    for value in values:
        assert value.dtype.kind != "f" or value.dtype == np.float16, (
            f"The output is {value.dtype}. Write K.cast(x, K.floatx()) where you "
            "wrote a type."
        )
    told = (
        "In float16 it computes something else than in float32. The largest number is "
        "65504 there, and 1e-8 is 0: use K.epsilon()"
    )
    assert_close(values, expected, told, 0.05)


@layer_check(
    unless=["not_differentiable"],
    after=["check_float64", "check_every_weight_is_used", "check_learning_phase"],
    needs=["gradients"],
)
def check_gradients(subject):
    """The gradients for inputs and weights are the slopes that small steps show."""
    with float_type("float64"):
        sample = sample_of(subject)
        called = sample.weighted()
        phases = [0]
        if _learns(called) and not _is_random(sample, called):
            phases = [0, 1]
        points = [(sample.arrays(seed=attempt), None) for attempt in range(POINTS)]
        slopes = slopes_of(called, sample.is_float)
        for phase in phases:
            slopes.compare(phase, points)


def slopes_of(called: Called, moves: bool) -> Slopes:
    """Returns the gradients of a layer in float64, for its weights and, if they move,
    its inputs."""
    weights = called.layer.trainable_weights
    inputs = called.inputs if moves else []
    sources = [*inputs, *weights]
    losses = list(called.layer.losses)
    for y in called.outputs:
        losses.append(K.square(y) * (y + 1.0))
    loss = sum(map(K.sum, losses))
    gradients = K.gradients(loss, sources) if sources else []
    feeds = [*called.inputs, K.learning_phase()]
    function = K.function(feeds, [loss, *gradients], **options())

    def compute(arrays, phase: int):
        loss, *gradients = function([*arrays, phase])
        return loss, gradients

    return Slopes(compute, weights, len(inputs))


def _learns(called: Called) -> bool:
    return any(output._uses_learning_phase for output in called.outputs)


def _random_layer(sample: LayerSample, seed: int = 3) -> Called:
    """Returns a layer whose rates of dropout and noise aren't zero."""
    rates = dict.fromkeys(parameters(sample.component).keys() & set(RATES), 0.4)
    np.random.seed(seed)
    return sample.called(sample.make(**rates))


def _is_random(sample: LayerSample, called: Called) -> bool:
    """Returns whether the training phase draws: its output depends on the seed."""
    arrays = sample.arrays()
    np.random.seed(12)
    other = sample.called()
    other.layer.set_weights(called.layer.get_weights())
    one, two = (each.values(arrays, 1) for each in (called, other))
    again = called.values(arrays, 1)
    return not are_equal(one, two) or not are_equal(one, again)


@layer_check(after=["check_predictions_repeat"])
def check_learning_phase(subject):
    """Its output depends on the learning phase only through `K.in_train_phase` and the
    like, which tell the model so."""
    sample = sample_of(subject)
    called = sample.base
    if not _learns(called):
        function = K.function(called.inputs, called.outputs, **options())
        told = (
            "The output depends on the learning phase, and the model doesn't know. "
            "Write K.in_train_phase(trained, tested) instead of K.learning_phase()"
        )
        values = function(sample.arrays())
        assert_close(values, called.values(sample.arrays()), told)


@layer_check(after=["check_learning_phase", TOLD_BY_WEIGHTS], needs=[RANDOM_NUMBERS])
def check_draws_differ(subject):
    """What it draws at random in training differs from batch to batch."""
    sample = sample_of(subject)
    called = _random_layer(sample, 3)
    if not _learns(called):
        return
    other = _random_layer(sample, 4)
    other.layer.set_weights(called.layer.get_weights())
    arrays = sample.arrays()
    draws = [called.values(arrays, 1) for _ in range(3)]
    if are_equal(draws[0], other.values(arrays, 1)):
        return  # it doesn't draw
    first, *others = draws
    repeated = all(are_equal(first, other) for other in others)
    assert not repeated, (
        "It draws once, when it is called on a tensor. Draw with functions of K, such "
        "as K.random_uniform."
    )


@layer_check(
    after=["check_draws_differ", "check_seed_repeats_weights"], needs=[RANDOM_NUMBERS]
)
def check_seed_repeats_draws(subject):
    """After `np.random.seed` with the same number, training draws the same."""
    sample = sample_of(subject)
    called = _random_layer(sample, 5)
    if not _learns(called):
        return
    arrays = sample.arrays()
    one = called.values(arrays, 1)
    two = _random_layer(sample, 5).values(arrays, 1)
    told = (
        "After np.random.seed with the same number, training draws something else. "
        "Draw with functions of K, without a seed of your own"
    )
    assert_close(one, two, told)


@layer_check(
    unless=["changes_mean"], after=["check_draws_differ"], needs=[RANDOM_NUMBERS]
)
def check_draws_keep_the_mean(subject):
    """Without weights of its own, what it draws in training has the mean that it
    predicts in the test phase."""
    sample = sample_of(subject)
    called = _random_layer(sample)
    if called.layer.weights or not _learns(called) or len(called.outputs) > 1:
        return
    arrays = sample.arrays()
    draws = np.array([called.values(arrays, 1)[0] for _ in range(CALLS)])
    if np.allclose(draws[0], draws[1]):
        return  # it doesn't draw
    expected = called.values(arrays, 0)[0]
    assert_mean(draws, expected)


@layer_check(after=["check_every_variable_is_a_weight"])
def check_regularizers_take_effect(subject):
    """Each regularizer that it accepts adds a penalty, once, for the weights that its
    name tells."""
    sample = sample_of(subject)
    for name in parameters(subject.component):
        if not name.endswith("_regularizer") or name == "activity_regularizer":
            continue
        without = sample.weighted(sample.make(**{name: None}))
        plain = len(without.layer.losses)
        called = sample.weighted(sample.make(**{name: regularizers.l2(1.0)}))
        penalties = called.layer.losses[plain:]
        assert penalties, (
            f"{name} adds nothing to the losses. Pass it to self.add_weight as "
            f"regularizer=self.{name}."
        )
        total = sum(map(float, called.compute(sample.arrays(), penalties)))
        named = named_by(called.layer, name) or called.layer.weights
        squares = [float(np.sum(w**2)) for w in K.batch_get_value(named)]
        part = name.removesuffix("_regularizer")
        counts = range(1, len(squares) + 1)
        chosen = (itertools.combinations(squares, count) for count in counts)
        sums = map(sum, itertools.chain(*chosen))
        assert any(np.isclose(total, each, rtol=1e-3) for each in sums), (
            f"{name}=l2(1.0) adds {total:.4g}; the squares of its weights "
            f"{[weight.name for weight in named]} are {squares}. add_weight adds the "
            f"penalty itself; it is for the weights named {part} or {part}_…."
        )


@layer_check(after=["check_every_variable_is_a_weight"])
def check_activity_regularizer(subject):
    """`activity_regularizer` adds the penalty of its output, once for each call."""
    if "activity_regularizer" not in parameters(subject.component):
        return
    sample = sample_of(subject)
    regularizer = regularizers.activity_l2(0.5)
    called = sample.weighted(sample.make(activity_regularizer=regularizer))
    penalties = called.layer.get_losses_for(called.node.input_tensors)
    assert penalties, (
        "activity_regularizer adds nothing to the losses of the call. Store it as "
        "self.activity_regularizer, as regularizers.get returned it."
    )
    expected = sum(regularizer(output) for output in called.outputs)
    values = called.compute(sample.arrays(), [*penalties, expected])
    told = (
        "activity_regularizer adds another penalty than that of the output. Each call "
        "adds it by itself, so call needn't"
    )
    *added, wanted = map(np.sum, values)
    assert_close([sum(added)], [wanted], told)


@layer_check(after=["check_every_variable_is_a_weight"])
def check_constraints_take_effect(subject):
    """Each constraint that it accepts holds for one of its weights, which its name
    tells."""
    sample = sample_of(subject)
    plain = len(sample.base.layer.constraints)
    for name in parameters(subject.component):
        if name.endswith("_constraint"):
            layer = sample.called(sample.make(**{name: "nonneg"})).layer
            assert len(layer.constraints) > plain, (
                f"{name} holds for no weight. Pass it to self.add_weight as "
                f"constraint=self.{name}, as constraints.get returned it."
            )
            named = named_by(layer, name)
            held = [weight for weight in named if weight in layer.constraints]
            assert held or not named, (
                f"{name} doesn't hold for {named[0].name}, but for another weight."
            )


def named_by(layer, argument: str) -> list[Any]:
    """Returns the weights that an argument such as `W_regularizer` is for, as far as
    their names tell: `dense_1_W`, or `lstm_1_W_i`."""
    part = argument.rpartition("_")[0]
    found = []
    for weight in layer.weights:
        own = str(weight.name).removeprefix(layer.name).strip("_/")
        if own.partition(":")[0] == part or own.startswith(f"{part}_"):
            found.append(weight)
    return found


@layer_check(after=["check_learning_phase"])
def check_updates_belong_to_their_call(subject):
    """Updates and penalties that depend on inputs are added with these inputs."""
    layer = sample_of(subject).base.layer
    alone = [value for _, value in layer.get_updates_for(None)]
    alone += layer.get_losses_for(None)
    if not alone:
        return
    try:
        K.function([K.learning_phase()], alone, **options())([0])
    except Exception as error:
        raise AssertionError(
            "An update or a penalty depends on inputs, and was added without them. "
            "Write self.add_update(pairs, x) or self.add_loss(losses, x)."
        ) from error


@layer_check(after=["check_updates_belong_to_their_call", "check_learning_phase"])
def check_statistics_run_to_the_batch(subject):
    """If a phase of training has weights that aren't trained, such as running means,
    then with one batch over and over, both phases come to compute the same."""
    sample = sample_of(subject)
    called = sample.called()
    layer, arrays = called.layer, sample.arrays(4)
    updates = layer.get_updates_for(called.node.input_tensors)
    if not _learns(called) or not layer.non_trainable_weights:
        return
    if getattr(layer, "stateful", False) or _is_random(sample, called):
        return
    feeds = [*called.inputs, K.learning_phase()]
    step = K.function(feeds, called.outputs, updates=updates, **options())
    trained = called.values(arrays, 1)
    _check_momentum(layer, updates, lambda: step([*arrays, 1]))
    for _ in range(ROUNDS):
        step([*arrays, 1])
    told = (
        "After many batches, the test phase doesn't compute what training does: the "
        "statistics that are kept aren't those of the batch, such as the biased "
        "variance"
    )
    assert_close(called.values(arrays, 0), trained, told, 1e-2)


def _check_momentum(layer, updates, step):
    """Asserts that a momentum is the share of the old statistic that is kept."""
    momentum = getattr(layer, "momentum", None)
    if not isinstance(momentum, float):
        return
    variables = [variable for variable, _ in updates]
    values = []
    for _ in range(3):
        values.append(K.batch_get_value(variables))
        step()
    for first, second, third in zip(*values, strict=True):
        if np.issubdtype(np.asarray(first).dtype, np.floating):
            told = (
                f"With momentum={momentum}, a statistic moves by another share than 1 "
                "- momentum of the way to that of the batch"
            )
            assert_close([third - second], [momentum * (second - first)], told, 1e-3)


@layer_check(
    unless=["not_differentiable"],
    after=["check_gradients", "check_trainable_is_heeded"],
    needs=["gradients"],
)
def check_training_changes_weights(subject):
    """Training changes the weights that are trained, and none with
    `trainable = False`."""
    sample = sample_of(subject)
    arrays = sample.arrays()
    for trainable in (True, False):
        called = sample.weighted()
        layer = called.layer
        layer.trainable = trainable
        model = called.model()
        model.compile("sgd", "mse")
        watched = layer.trainable_weights if trainable else layer._trainable_weights
        before = K.batch_get_value(watched)
        random = np.random.RandomState(5)
        targets = [random.normal(size=y.shape) for y in called.values(arrays)]
        model.fit(arrays, targets, nb_epoch=1, verbose=0)
        after = K.batch_get_value(watched)
        for weight, old, new in zip(watched, before, after, strict=True):
            same = np.array_equal(old, new)
            assert same is not trainable, (
                f"With trainable={trainable}, training "
                f"{'leaves' if trainable else 'changes'} the weight "
                f"{weight.name}."
            )
