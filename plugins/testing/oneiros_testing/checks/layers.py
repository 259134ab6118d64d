"""What must hold for a layer: how it is made, its shapes and its weights."""

import itertools
from collections.abc import Callable, Iterator
from inspect import signature
from typing import Any

import numpy as np
from oneiros import backend as K
from oneiros.engine.layer import Layer
from oneiros.engine.node import one_or_all, shape_list
from oneiros.errors import ArgumentError, CapabilityError, OneirosError, ShapeError
from oneiros.models import Sequential

from oneiros_testing.checks import check, tags_of
from oneiros_testing.layer_sample import (
    SAMPLES,
    Called,
    LayerSample,
    opened,
    options,
    sample_of,
    shifted,
)
from oneiros_testing.samples import parameters, variations
from oneiros_testing.watching import touching_nothing

FIRST = "check_can_be_made"
"""The check that comes first for each layer."""
TOLD_BY_WEIGHTS = "check_weights_tell_all"
"""The check before those that give the weights of one layer to another one."""
MANY = 12
"""How often a layer is made, so that the numbers in names get a digit more."""


@tags_of("layer")
def found(component) -> Iterator[str]:
    """Yields the tags of a layer that its attributes and arguments show."""
    own_mask = component.compute_mask is not Layer.compute_mask
    if component.supports_masking or own_mask:
        yield "masking"
    for name in ("stateful", "return_sequences", "go_backwards", "unroll"):
        if name in parameters(component):
            yield name


def layer_check(*, after=(), **options: Any) -> Callable[[Any], Any]:
    """Decorator: registers a check of layers, after `check_can_be_made`."""
    return check("layer", after=[FIRST, *after], **options)


def are_equal(one, other) -> bool:
    """Returns whether two lists of arrays are the same."""
    if list(map(np.shape, one)) != list(map(np.shape, other)):
        return False
    return all(np.allclose(a, b, equal_nan=True) for a, b in zip(one, other))


def assert_close(one, other, told: str, tolerance: float = 1e-4):
    """Asserts that two lists of arrays agree; says what is told if they don't."""
    for a, b in zip(one, other, strict=True):
        fault = f"{told}: shapes {a.shape} and {b.shape}"
        assert a.shape == b.shape, fault
        close = np.allclose(a, b, rtol=tolerance, atol=tolerance, equal_nan=True)
        assert close, f"{told}: they differ by up to {np.abs(a - b).max():.3g}"


@check("layer")
def check_can_be_made(subject):
    """It can be made from its arguments, called on inputs, and computed."""
    assert issubclass(subject.component, Layer), "It isn't a subclass of Layer."
    layer = sample_of(subject).make()
    assert isinstance(layer.name, str) and "trainable" in vars(layer)


@layer_check(once=True)
def check_constructor_touches_nothing(subject):
    """The constructor uses no file, network, process or random number."""
    make = sample_of(subject).prepared()
    with touching_nothing():
        make()


@layer_check(once=True)
def check_defaults_stay(subject):
    """Making it leaves the defaults of its arguments as they are."""
    sample = sample_of(subject)
    before = signature(subject.component)
    shown = str(before)
    sample.make()
    assert str(before) == shown, (
        f"Its arguments were {shown}, and are {before} now: all its objects share a "
        "list that is a default. Copy it, or let the default be None."
    )


@layer_check(once=True)
def check_takes_what_every_layer_takes(subject):
    """It takes `name`, `trainable` and `input_shape`, and so can be the first layer of
    a Sequential model."""
    sample = sample_of(subject)
    layer = sample.make(name="of_its_own", trainable=False)
    assert layer.name == "of_its_own", (
        f"It was made with name='of_its_own', and its name is {layer.name!r}. Pass "
        "**kwargs on to super().__init__."
    )
    assert layer.trainable is False, (
        f"It was made with trainable=False, and its trainable is {layer.trainable}. "
        "Pass **kwargs on to super().__init__."
    )
    own = FOR_FIRST & parameters(subject.component).keys()
    if len(sample.shapes) == 1 and sample.is_float and not own:
        shape = sample.shapes[0]
        model = Sequential([sample.make(input_shape=shape)])
        assert model.input_shape == (None, *shape), (
            f"It was made with input_shape={shape}; the model has "
            f"{model.input_shape}. Pass **kwargs on to super().__init__."
        )


FOR_FIRST = {"input_dim", "input_length", "layer", "layers"}


def declared_shapes(layer, shapes):
    """Returns what a layer says about the shapes of its outputs."""
    return shape_list(layer.get_output_shape_for(one_or_all(shapes)))


@layer_check()
def check_output_shape(subject):
    """`get_output_shape_for` returns the shape that the output has, and so it does with
    another value of each argument."""
    sample = sample_of(subject)
    _compare_shapes(sample, sample.base, "")
    for name, _, value in variations(subject.component, sample.arguments):
        if not isinstance(value, bool | str) or name in UNSHAPED:
            continue
        try:
            called = sample.called(sample.make(**{name: value}))
            called.values(sample.arrays())
        except (ArgumentError, ShapeError, CapabilityError):
            continue  # a value that doesn't go with the others
        except Exception as error:
            told = f"With {name}={value!r} it raises {type(error).__name__}: {error}"
            raise AssertionError(
                f"{told}. If it can't take that, raise ArgumentError or ShapeError of "
                "oneiros.errors."
            ) from error
        _compare_shapes(sample, called, f" with {name}={value!r}")


UNSHAPED = ("activation", "init", "inner_activation", "inner_init", "trainable")


def _compare_shapes(sample: LayerSample, called: Called, where: str):
    real = [tuple(array.shape) for array in called.values(sample.arrays())]
    shapes = [(SAMPLES, *shape) for shape in sample.shapes]
    declared = list(map(tuple, declared_shapes(called.layer, shapes)))
    assert declared == real, (
        f"For {one_or_all(shapes)}{where}, get_output_shape_for returns "
        f"{one_or_all(declared)}; the output has {one_or_all(real)}."
    )


@layer_check(after=["check_output_shape"])
def check_output_shape_for_unknown_sizes(subject):
    """`get_output_shape_for` takes every combination of unknown sizes, and returns
    sizes that are right, or None."""
    sample = sample_of(subject)
    shapes = [(SAMPLES, *shape) for shape in sample.shapes]
    real = list(map(tuple, declared_shapes(sample.base.layer, shapes)))
    assert_shapes_fit(sample.base.layer, shapes, real)


def assert_shapes_fit(layer, shapes, real):
    """Asserts that a layer's declared shapes fit those of its outputs for every
    combination of sizes that aren't known; only the batch is unknown if nothing else
    is."""
    axes = range(min(map(len, shapes)))
    combinations = (itertools.combinations(axes, count) for count in (0, *axes))
    for open in itertools.chain(*combinations):
        asked = [opened(shape, open) for shape in shapes]
        try:
            declared = declared_shapes(layer, asked)
        except OneirosError:
            continue  # it says what it needs to know
        wanted = real if open != (0,) else [(None, *shape[1:]) for shape in real]
        fits = all(
            len(one) == len(other) and all(a in (None, b) for a, b in zip(one, other))
            for one, other in zip(declared, wanted, strict=True)
        )
        exact = open not in ((), (0,)) or list(map(tuple, declared)) == wanted
        assert fits and exact and (0 not in open or declared[0][0] is None), (
            f"For {one_or_all(asked)}, get_output_shape_for returns "
            f"{one_or_all(declared)}; for {one_or_all(shapes)} it is "
            f"{one_or_all(real)}."
        )


@layer_check(after=["check_output_shape_for_unknown_sizes", TOLD_BY_WEIGHTS])
def check_unknown_sizes_change_nothing(subject):
    """It computes the same whether the input's sizes are declared, the batch size
    included, or unknown."""
    sample = sample_of(subject)
    arrays = sample.arrays()
    expected = sample.base.values(arrays)
    weights = sample.base.layer.get_weights()
    middle = range(min(map(len, sample.shapes)) - 1)
    for batch, open in ((SAMPLES, ()), (None, tuple(middle))):
        try:
            called = sample.called(batch=batch, open=open)
        except OneirosError:
            continue  # it says what it needs to know
        found = called.layer.get_weights()
        if list(map(np.shape, found)) != list(map(np.shape, weights)):
            continue
        called.layer.set_weights(weights)
        told = (
            f"With the batch size {batch} and the axes {open} unknown, it computes "
            "something else. Use K.shape(x) for sizes, not K.int_shape(x), whose "
            "sizes may be None"
        )
        assert_close(called.values(arrays), expected, told)


@layer_check(unless=["depends_on_batch"], after=["check_predictions_repeat"])
def check_samples_are_independent(subject):
    """The prediction for a sample doesn't depend on the others in its batch."""
    sample = sample_of(subject)
    arrays = sample.arrays(5)
    whole = sample.base.values(arrays)
    parts = [sample.base.values([a[i : i + 1] for a in arrays]) for i in range(5)]
    alone = [np.concatenate(part) for part in zip(*parts, strict=True)]
    told = (
        "Samples alone give other predictions than in a batch: it computes along the "
        "axis of samples. If that is meant, declare the tag depends_on_batch"
    )
    assert_close(alone, whole, told)


@layer_check()
def check_sharing(subject):
    """A second call uses the weights of the first one, and makes none."""
    sample = sample_of(subject)
    called = sample.called()
    before = list(map(id, called.layer.weights))
    sample.called(called.layer)
    after = list(map(id, called.layer.weights))
    assert before == after, (
        f"It had {len(before)} weights after its first call, and {len(after)} after "
        "the second. Make weights in build."
    )


@layer_check(after=["check_sharing"])
def check_layers_share_nothing(subject):
    """Two layers of the class have weights of their own."""
    sample = sample_of(subject)
    one = sample.called().layer.weights
    two = sample.called().layer.weights
    shared = set(map(id, one)) & set(map(id, two))
    assert not shared, (
        "Two layers have the same weights. Make them in build with self.add_weight, "
        "and keep none in an attribute of the class or of the module."
    )


@layer_check(after=["check_layers_share_nothing"])
def check_predictions_repeat(subject):
    """In the test phase, the same input gives the same output, also in another call of
    the layer."""
    sample = sample_of(subject)
    arrays = sample.arrays()
    called = sample.weighted()
    first = called.values(arrays)
    told = (
        "Two predictions for the same input differ. What is random only in training "
        "stands in K.in_train_phase(trained, tested)"
    )
    if "stateful" not in subject.tags or not getattr(called.layer, "stateful", False):
        again = called.values(arrays)
        assert_close(again, first, told, 1e-6)
    other = sample.called(called.layer)
    assert_close(other.values(arrays), first, told, 1e-5)


@layer_check(after=["check_sharing"])
def check_every_variable_is_a_weight(subject):
    """Every variable and layer that it holds in an attribute is among its weights, so
    that it is trained and saved."""
    layer = sample_of(subject).base.layer
    known = set(map(id, layer.weights))
    states = {id(variable) for variable, _ in layer.updates}
    states |= {id(state) for state in getattr(layer, "states", None) or []}
    for name, value in vars(layer).items():
        for part in _leaves(value):
            if isinstance(part, Layer) and part is not layer:
                lost = {id(weight) for weight in part.weights} - known
                assert not lost, (
                    f"The weights of the layer in the attribute {name!r} aren't among "
                    "its weights. Return them from trainable_weights, too."
                )
            elif _is_variable(part) and id(part) not in known | states:
                raise AssertionError(
                    f"The variable in the attribute {name!r} isn't among its weights. "
                    "Make it with self.add_weight."
                )


def _leaves(value) -> Iterator[Any]:
    """Yields what an attribute holds, in lists, tuples and dicts too."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple):
        for part in value:
            yield from _leaves(part)
    else:
        yield value


def _is_variable(value) -> bool:
    backend: Any = K.current()
    return bool(backend.owns(value) and backend.is_variable(value))


@layer_check(
    after=[
        "check_predictions_repeat",
        "check_every_variable_is_a_weight",
        "check_set_weights_restores_get_weights",
        "check_order_of_weights_is_fixed",
    ]
)
def check_weights_tell_all(subject):
    """Two layers made with the same arguments, with the same weights, predict the
    same."""
    sample = sample_of(subject)
    arrays = sample.arrays()
    np.random.seed(99)
    other = sample.called()
    other.layer.set_weights(sample.base.layer.get_weights())
    told = (
        "Another layer with the same arguments and weights predicts something else: "
        "its output depends on an array or number that is no weight. Make it a weight "
        "with self.add_weight(…, trainable=False)"
    )
    assert_close(other.values(arrays), sample.base.values(arrays), told)


@layer_check()
def check_weight_names_differ(subject):
    """No two of its weights have the same name, under which a file stores them."""
    names = [weight.name for weight in sample_of(subject).base.layer.weights]
    twice = sorted({str(name) for name in names if names.count(name) > 1})
    assert not twice, (
        f"Several weights have the name {', '.join(twice)}, so that a file holds one "
        f"of them. Call them f'{{self.name}}_W', f'{{self.name}}_b' and so on."
    )


@layer_check(after=["check_sharing"])
def check_set_weights_restores_get_weights(subject):
    """`set_weights` puts back what `get_weights` returned, in the order of
    `weights`."""
    called = sample_of(subject).called()
    layer = called.layer
    wanted = shifted(layer.get_weights(), 8)
    layer.set_weights(wanted)
    stored = K.batch_get_value(layer.ordered_weights())
    told = (
        "get_weights returns another order, or other values, than set_weights took; a "
        "file would give a weight the values of another one"
    )
    assert_close(layer.get_weights(), wanted, told)
    assert_close(list(stored), wanted, told)


@layer_check(after=["check_set_weights_restores_get_weights"])
def check_weights_argument(subject):
    """The argument `weights`, if it has one, is where its weights begin."""
    if "weights" not in parameters(subject.component):
        return
    sample = sample_of(subject)
    wanted = sample.base.layer.get_weights()
    layer = sample.make(weights=wanted)
    found = sample.called(layer).layer.get_weights()
    told = (
        "It was made with weights=…, and has other ones. Store them as "
        "self.initial_weights, and call self.set_initial_weights() where build ends"
    )
    assert_close(found, wanted, told, 1e-6)


@layer_check(after=["check_sharing"])
def check_seed_repeats_weights(subject):
    """After `np.random.seed` with the same number, the initial weights are the
    same."""
    sample = sample_of(subject)
    made = []
    for _ in range(2):
        K.reset_uids()
        np.random.seed(4)
        made.append(sample.called().layer.get_weights())
    told = (
        "The same seed gives other weights. Draw with np.random, or by an initializer"
    )
    assert_close(made[0], made[1], told, 1e-6)


@layer_check(after=["check_seed_repeats_weights"])
def check_order_of_weights_is_fixed(subject):
    """The order of the weights doesn't depend on the numbers in names."""
    sample = sample_of(subject)
    K.reset_uids()
    made: list[list[Any]] = []
    for _ in range(MANY):
        np.random.seed(4)
        layer = sample.called().layer
        made.append(layer.get_weights())
        told = (
            f"The weights of {layer.name} have another order than those of the first "
            "such layer. Files hold weights in this order: keep the one in which "
            "build makes them"
        )
        assert_close(made[-1], made[0], told)


@layer_check(after=["check_predictions_repeat", "check_every_variable_is_a_weight"])
def check_every_weight_is_used(subject):
    """Each weight that is trained changes the output, or what is added to the loss."""
    sample = sample_of(subject)
    called = sample.weighted()
    weights = called.layer.trainable_weights
    if not weights:
        return
    tensors = [*called.outputs, *called.layer.losses]
    feeds = [*called.inputs, K.learning_phase()]
    function = K.function(feeds, tensors, **options())
    arrays = sample.arrays()
    for weight in weights:
        before = K.get_value(weight)
        values = []
        for change in (0.0, 0.5, -0.5):
            K.set_value(weight, before + np.asarray(change, before.dtype))
            values.append(_flat(function, arrays))
        K.set_value(weight, before)
        first, *others = values
        same = all(np.allclose(first, other, atol=1e-6) for other in others)
        assert not same, (
            f"The weight {weight.name} changes neither the output nor the losses. Use "
            "it in call, or make it with trainable=False."
        )


def _flat(function, arrays):
    return np.concatenate([np.ravel(part) for part in function([*arrays, 0])])


@layer_check(after=["check_every_variable_is_a_weight"])
def check_trainable_is_heeded(subject):
    """With `trainable = False` no weight is trained, none is lost, and with True all
    are back."""
    sample = sample_of(subject)
    frozen_first = sample.make()
    frozen_first.trainable = False
    sample.called(frozen_first)
    assert not frozen_first.trainable_weights, (
        "Made with trainable=False, its weights are trained. Leave self.trainable to "
        "whoever uses the layer."
    )
    layer = sample.called().layer
    trained = set(map(id, layer.trainable_weights))
    every = set(map(id, layer.weights))
    layer.trainable = False
    assert not layer.trainable_weights, (
        f"With trainable=False, {len(layer.trainable_weights)} weights are trained. "
        "Leave trainable_weights to Layer, or return none if self.trainable is False."
    )
    frozen = set(map(id, layer.weights))
    assert frozen == every, (
        "With trainable=False, weights get lost: a file wouldn't hold them. They "
        "belong to non_trainable_weights then."
    )
    layer.trainable = True
    assert set(map(id, layer.trainable_weights)) == trained, (
        "After trainable=False and True again, other weights are trained."
    )
