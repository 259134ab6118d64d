"""Constructors of layers.

Each argument arrives where its name says, and integers are integers of Python or
NumPy.
"""

import inspect
import itertools
import re

import numpy as np
import pytest
from oneiros import backend as K
from oneiros import constraints, layers, regularizers
from oneiros.engine.layer import Layer
from oneiros.errors import ArgumentError, ShapeError

BASES = {"Layer", "Recurrent", "ConvRecurrent2D", "Composite", "Wrapper", "InputLayer"}
CLASSES = sorted(
    (
        value
        for name, value in ((name, getattr(layers, name)) for name in dir(layers))
        if inspect.isclass(value)
        and issubclass(value, Layer)
        and value.__module__.startswith("oneiros_layers_")
        and name not in BASES
    ),
    key=lambda cls: cls.__name__,
)
LAYERS = list(dict.fromkeys(CLASSES))
ATTRIBUTES = {
    "weights": "initial_weights",
    "Deconvolution2D.output_shape": "output_shape_",
    "Lambda.output_shape": "_output_shape",
    "Merge.output_shape": "_output_shape",
    "Merge.output_mask": "_output_mask",
}
"""Where an argument is kept, if not under its name."""

FIXED = {
    "Bidirectional.weights": None,
    "Merge.layers": None,
    "Merge.mode": "concat",
    "BatchNormalization.mode": 2,
    "LocallyConnected1D.border_mode": "valid",
    "LocallyConnected2D.border_mode": "valid",
    "border_mode": "same",
    "dim_ordering": "th",
    "consume_less": "gpu",
    "merge_mode": "sum",
    "shared_axes": [1, 3],
    "dims": (2, 1),
    "target_shape": (5, -1),
    "dot_axes": (2, 1),
    "noise_shape": (3, None),
    "arguments": {"times": 3},
    "node_indices": [0, 1],
    "tensor_indices": [1, 0],
}
"""Values of arguments that take few, by class and argument, or by argument alone."""

INTEGERS = (int, int | None)
PER_AXIS = {"subsample", "atrous_rate", "pool_size", "strides", "size", "padding"}


def parameters(cls):
    """The arguments of a class's constructor that are its own."""
    parameters = inspect.signature(cls, eval_str=True).parameters.values()
    return [p for p in parameters if p.kind is not p.VAR_KEYWORD and p.name != "name"]


def required(cls, counter):
    """Values for the arguments that a class must be given."""
    needed = [p for p in parameters(cls) if p.default is p.empty]
    return {p.name: distinct(cls, p, counter) for p in needed}


def distinct(cls, parameter, counter):
    """A value for an argument unlike all others that the counter has given."""
    name = parameter.name
    number = next(counter)
    for key in (f"{cls.__name__}.{name}", name):
        if key in FIXED:
            return FIXED[key]
    if name.endswith("_regularizer"):
        return regularizers.l1(number)
    if name.endswith("_constraint"):
        return constraints.maxnorm(number)
    if parameter.annotation is bool:
        return not parameter.default
    if parameter.annotation is float:
        return number / 1000
    if parameter.annotation in INTEGERS:
        return number
    if name == "layer":
        return layers.LSTM(number)
    if name == "weights":
        return [np.full(2, number)]
    rank = next((int(c) for c in cls.__name__ if c.isdigit()), 0)
    if name == "output_shape" and cls is layers.Deconvolution2D:
        return None
    if name == "cropping":
        pairs = tuple((next(counter), next(counter)) for _ in range(rank))
        return pairs[0] if rank == 1 else pairs
    if name in PER_AXIS and rank > 1:
        return tuple(next(counter) for _ in range(rank))
    if name == "padding":
        return number

    def function(*args, **kwargs):
        return args[0]

    return function


@pytest.mark.parametrize("cls", LAYERS, ids=lambda cls: cls.__name__)
def test_each_argument_arrives_under_its_name(cls):
    counter = itertools.count(2)
    values = {p.name: distinct(cls, p, counter) for p in parameters(cls)}
    layer = cls(**values)
    for name, value in values.items():
        attribute = ATTRIBUTES.get(f"{cls.__name__}.{name}", ATTRIBUTES.get(name, name))
        arrived = vars(layer).get(attribute)
        if isinstance(value, float):
            assert arrived == pytest.approx(value), name
        else:
            assert arrived is value or arrived == value, name


INTEGER_ARGUMENTS = [
    (cls, p.name) for cls in LAYERS for p in parameters(cls) if p.annotation in INTEGERS
]


@pytest.mark.parametrize(
    ("cls", "name"),
    INTEGER_ARGUMENTS,
    ids=[f"{cls.__name__}-{name}" for cls, name in INTEGER_ARGUMENTS],
)
def test_integers_are_of_python_or_numpy_and_no_booleans(cls, name):
    values = required(cls, itertools.count(2))
    value = values.get(name, 2)
    layer = cls(**{**values, name: np.int64(value)})
    assert type(vars(layer)[name]) is int and vars(layer)[name] == value
    for wrong in (True, np.bool_(True), 2.0, "2"):
        with pytest.raises((ArgumentError, TypeError), match=f"{cls.__name__}.*{name}"):
            cls(**{**values, name: wrong})


NO_SIZES = {"axis", "concat_axis", "mode"}
CHOICES = {"border_mode", "consume_less", "dim_ordering", "merge_mode"}


def wrong_values(cls, parameter):
    """Returns values that a constructor can't take for an argument."""
    name = parameter.name
    rank = next((int(c) for c in cls.__name__ if c.isdigit()), 0)
    if name in CHOICES:
        return ["no such"]
    if name == "p" or name.startswith("dropout"):
        return [1.5, -0.1, float("nan"), "0.5"]
    if parameter.annotation is int and name not in NO_SIZES:
        return [0, -1]
    if parameter.annotation is float:
        return ["0.5"]
    if name in PER_AXIS and rank > 1:
        return [2, (1,) * (rank + 1), (-1,) * rank, "same"]
    return []


@pytest.mark.parametrize("cls", LAYERS, ids=lambda cls: cls.__name__)
def test_what_an_argument_cant_be_is_refused_with_the_names_of_both(cls):
    for parameter in parameters(cls):
        for wrong in wrong_values(cls, parameter):
            values = required(cls, itertools.count(2)) | {parameter.name: wrong}
            said = re.escape(f"received {parameter.name}={wrong!r}")
            with pytest.raises(ArgumentError, match=f"{cls.__name__} '.*' {said}"):
                cls(**values)


@pytest.mark.parametrize(
    ("make", "shape"),
    [
        (lambda n: layers.Convolution2D(2, 2, 2, subsample=(n, n)), (8, 8, 1)),
        (lambda n: layers.MaxPooling2D((n, n), strides=(n, n)), (8, 8, 1)),
        (lambda n: layers.UpSampling2D((n, n)), (8, 8, 1)),
        (lambda n: layers.ZeroPadding1D(n), (8, 1)),
        (lambda n: layers.ZeroPadding2D((n, n)), (8, 8, 1)),
        (lambda n: layers.Cropping1D((n, n)), (8, 1)),
        (lambda n: layers.Reshape((n, -1)), (8, 1)),
        (lambda n: layers.PReLU(shared_axes=n), (8, 1)),
        (lambda n: layers.PReLU(shared_axes=[n]), (8, 1)),
    ],
)
def test_integers_in_tuples_are_of_python_or_numpy_and_no_booleans(make, shape):
    K.set_image_dim_ordering("tf")
    for number in (2, np.int64(2), np.uint8(2)):
        layer = make(number)
        layer.create_input_layer((None, *shape))
        first = layer.output_shape
        second = make(2).get_output_shape_for((None, *shape))
        assert first == second
    for wrong in (True, np.bool_(True), 2.0):
        with pytest.raises(ArgumentError):
            make(wrong)


def test_axes_of_merge_may_be_numpy_integers():
    left, right = layers.Input((3, 4)), layers.Input((3, 4))
    joined = layers.merge([left, right], "concat", concat_axis=np.int64(-1))
    assert joined._keras_shape == (None, 3, 8)
    product = layers.merge([left, right], "dot", dot_axes=np.int64(2))
    assert product._keras_shape == (None, 3, 3)
    product = layers.merge([left, right], "dot", dot_axes=(np.int64(1), 1))
    assert product._keras_shape == (None, 4, 4)


@pytest.mark.parametrize("name", ["concat_axis", "dot_axes"])
def test_axes_of_merge_are_no_booleans(name):
    with pytest.raises(TypeError, match=f"Merge '.*' received {name}=True"):
        layers.Merge(**{name: True})


def test_a_size_of_an_input_is_no_boolean():
    with pytest.raises(ShapeError, match=r"received the shape \(True,\)"):
        layers.Dense(2, input_shape=(True,))
