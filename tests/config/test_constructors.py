"""Arguments of all that plugins of Oneiros publish, by the kinds that signatures say.

Text is no number and no truth value, a number with a fraction is no whole one. NumPy's
numbers are numbers; configurations hold Python's, which JSON knows.
"""

import inspect
import json

import numpy as np
import pytest
from oneiros import backend as K
from oneiros import layers, optimizers, registry
from oneiros.errors import ArgumentError, ConfigError, OneirosError
from oneiros.models import Sequential

KINDS = (
    "layer",
    "optimizer",
    "regularizer",
    "constraint",
    "initialization",
    "callback",
)


def ramp(x):
    return K.relu(x)


REQUIRED = {
    "Bidirectional.layer": lambda: layers.LSTM(2, name="inner"),
    "Keras2Bidirectional.layer": lambda: layers.Keras2LSTM(2, name="inner"),
    "Keras2ZeroPadding1D.padding": (1, 0),
    "Keras2ZeroPadding3D.padding": ((1, 0), (0, 1), (1, 1)),
    "RNN.cell": lambda: layers.LSTMCell(2, name="inner"),
    "StackedRNNCells.cells": lambda: [layers.LSTMCell(2, name="inner")],
    "TimeDistributed.layer": lambda: layers.Dense(2, name="inner"),
    "Deconvolution2D.output_shape": (None, 4, 4, 2),
    "InputLayer.input_shape": (3,),
    "Permute.dims": (2, 1),
    "activation": "tanh",
    "bin_boundaries": (0.0, 1.0),
    "filename": "log.csv",
    "filepath": "model.h5",
    "function": lambda: ramp,
    "k": 0.1,
    "operation": "add",
    "p": 0.5,
    "path": "resume.oneiros",
    "rate": 0.1,
    "schedule": lambda: lambda epoch: 0.1,
    "shape": (2, 2),
    "sigma": 0.1,
    "target_shape": (2, 3),
}
"""Values of arguments without a default, by class and argument, or by argument; 2 where
nothing stands here. What is a function makes the value."""

SPECIAL = {"Container", "Model", "Sequential", "TFOptimizer", "tfoptimizer"}
"""What takes no numbers, but layers, tensors, or an object of TensorFlow."""


def published():
    """Gives the kind and the name of each object, once."""
    seen = set()
    for kind in KINDS:
        for name in registry.names(kind):
            owner = registry.find(kind, name)
            if not owner.distribution.startswith("oneiros-"):
                continue
            if owner.reference not in seen and name not in SPECIAL:
                seen.add(owner.reference)
                yield kind, name


def parameters(thing):
    """The arguments of a class or a function."""
    return [
        parameter
        for parameter in inspect.signature(thing, eval_str=True).parameters.values()
        if parameter.kind is parameter.POSITIONAL_OR_KEYWORD
    ]


def kind_of(parameter):
    """Returns the type of an argument that is a number or several, or None."""
    annotation = inspect.formatannotation(parameter.annotation)
    if parameter.name == "verbose":
        return bool
    by_annotation = {"bool": bool, "int": int, "float": float}
    number = by_annotation.get(annotation.removesuffix(" | None"))
    if number is not None:
        return number
    is_number = type(parameter.default) in (bool, int, float, tuple)
    return type(parameter.default) if is_number else None


def value_of(thing, parameter):
    """Returns a value that an argument takes."""
    by_class = f"{thing.__name__}.{parameter.name}"
    value = REQUIRED.get(by_class, REQUIRED.get(parameter.name, 2))
    if parameter.default not in (parameter.empty, None):
        value = parameter.default
    return value() if inspect.isfunction(value) else value


def required(thing):
    """Returns values of the arguments that must be given."""
    return {
        parameter.name: value_of(thing, parameter)
        for parameter in parameters(thing)
        if parameter.default is parameter.empty
        or f"{thing.__name__}.{parameter.name}" in REQUIRED
    }


def as_numpy(value):
    """Returns numbers as those of NumPy."""
    if isinstance(value, tuple):
        return tuple(as_numpy(item) for item in value)
    return {bool: np.bool_, int: np.int64, float: np.float64}[type(value)](value)


THINGS = list(published())
each = pytest.mark.parametrize(
    ("kind", "name"), THINGS, ids=[f"{kind}-{name}" for kind, name in THINGS]
)


@each
def test_texts_and_fractions_are_told_with_the_argument(kind, name):
    thing = registry.resolve(kind, name)
    for parameter in parameters(thing):
        number = kind_of(parameter)
        wrong = ["a", "0"] if number else []
        if number is int:
            wrong.append(2.5)
        if number is float:
            wrong.append(True)
        for value in wrong:
            arguments = {**required(thing), parameter.name: value}
            with pytest.raises((OneirosError, TypeError)) as caught:
                thing(**arguments)
            text = str(caught.value)
            assert f"received {parameter.name}={value!r}. Expected " in text
            assert inspect.isfunction(thing) or text.startswith(thing.__name__)


@each
def test_numbers_of_numpy_are_numbers(kind, name):
    thing = registry.resolve(kind, name)
    numbers = {
        parameter.name: value_of(thing, parameter)
        for parameter in parameters(thing)
        if kind_of(parameter)
    }
    of_numpy = {argument: as_numpy(value) for argument, value in numbers.items()}
    named = {"name": "x", "trainable": np.bool_(True)} if kind == "layer" else {}
    if thing is layers.Merge or thing is layers.InputLayer:
        del named["trainable"]
    clipped = {"clipnorm": np.float64(0.5)} if kind == "optimizer" else {}
    made = thing(**{**required(thing), **of_numpy, **named, **clipped})
    if hasattr(thing, "get_config"):
        text = json.dumps(made.get_config(), default=lambda f: f.__name__)
        twin = thing(**{**required(thing), **numbers, **named, **clipped})
        assert text == json.dumps(twin.get_config(), default=lambda f: f.__name__)


@pytest.mark.parametrize(
    "padding", [np.int64(1), {"left_pad": np.int64(1)}, (np.int8(1), 2)]
)
def test_numbers_inside_of_arguments_are_plain_in_configurations(padding):
    layer = layers.ZeroPadding1D(padding, input_shape=(np.int64(3), 2))
    config = json.loads(json.dumps(layer.get_config()))
    again = layers.ZeroPadding1D.from_config(config)
    assert again.get_output_shape_for((None, 3, 2)) == layer.get_output_shape_for(
        (None, 3, 2)
    )


def test_numbers_in_arguments_of_functions_are_plain_in_configurations():
    layer = layers.Lambda(
        ramp, output_shape=(np.int64(3),), arguments={"n": np.float32(0.5)}, name="x"
    )
    assert layer.arguments["n"].dtype == "float32"
    config = json.dumps(layer.get_config(), default=lambda f: f.__name__)
    assert '"output_shape": [3]' in config and '"arguments": {"n": 0.5}' in config


def test_the_configuration_of_a_model_is_plain():
    model = Sequential(
        [
            layers.Masking(np.float32(0.0), input_shape=(4, 3)),
            layers.GRU(np.int64(2), dropout_U=np.float32(0.25), unroll=np.bool_(False)),
            layers.Dropout(np.float64(0.5)),
            layers.LeakyReLU(np.float16(0.5)),
        ]
    )
    text = json.dumps(model.get_config())
    assert json.loads(text) == json.loads(model.to_json())["config"]


def test_a_boolean_is_no_rate():
    for make in (layers.Dropout, layers.GaussianDropout):
        for value in (True, False):
            with pytest.raises(ArgumentError, match=f"received p={value}. Expected a"):
                make(value)


def test_whether_a_layer_is_trained_is_no_text():
    with pytest.raises(ArgumentError, match="Dense 'd' received trainable='no'"):
        layers.Dense(2, trainable="no", name="d")


@pytest.mark.parametrize("off", [None, 0, False, np.float32(0)])
def test_limits_of_gradients_may_be_off(off):
    optimizer = optimizers.SGD(clipnorm=off, clipvalue=off)
    json.dumps(optimizer.get_config())
    assert not optimizer.clipnorm and not optimizer.clipvalue


def test_limits_of_gradients_are_numbers():
    with pytest.raises(ArgumentError, match="Adam received clipvalue='1'"):
        optimizers.Adam(clipvalue="1")


def test_rates_may_be_variables_that_go_on_being_changed():
    rate = K.variable(0.5)
    assert layers.BatchNormalization(momentum=rate).momentum is rate
    layer = layers.GaussianNoise(rate)
    optimizer = optimizers.Adam(lr=rate)
    assert layer.sigma is rate and optimizer.lr is rate
    K.set_value(rate, 0.25)
    assert layer.get_config()["sigma"] == optimizer.get_config()["lr"] == 0.25
    computed = layers.LeakyReLU(2.0 * rate)
    with pytest.raises(ConfigError, match="can't hold the argument 'alpha'"):
        computed.get_config()


def test_a_rate_may_be_an_array_of_one_number():
    assert optimizers.SGD(lr=np.array([0.5])).get_config()["lr"] == 0.5
