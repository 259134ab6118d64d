"""Input and InputLayer."""

import re

import numpy as np
import pytest
from oneiros import backend as K
from oneiros.engine.layer import Input, InputLayer
from oneiros.errors import ArgumentError, GraphError, ShapeError
from tiny_layers import Shift


def test_shape_and_type():
    x = Input((3, None))
    layer = x._keras_history[0]
    assert x._keras_shape == (None, 3, None) == layer.batch_input_shape
    assert K.dtype(x) == layer.input_dtype == "float32" and not x._uses_learning_phase
    assert Input(batch_shape=(2, 3))._keras_shape == (2, 3)
    assert K.dtype(Input((3,), dtype="int32")) == "int32"
    assert Input(())._keras_shape == (None,)


def test_default_type_is_floatx_at_the_time():
    K.set_floatx("float64")
    try:
        assert K.dtype(Input((3,))) == "float64"
    finally:
        K.set_floatx("float32")


def test_layer_is_built_untrainable_and_named():
    K.reset_uids()
    layer = InputLayer(input_shape=(3,))
    assert (layer.name, layer.built, layer.trainable, layer.weights) == (
        "input_1",
        True,
        False,
        [],
    )
    assert Input((3,), name="words")._keras_history[0].name == "words"
    assert layer.count_params() == 0 and layer.output_shape == (None, 3)


def test_config_is_that_of_keras_1():
    layer = Input((3,), name="a", sparse=False)._keras_history[0]
    expected = {
        "batch_input_shape": (None, 3),
        "input_dtype": "float32",
        "sparse": False,
        "name": "a",
    }
    assert layer.get_config() == expected and list(layer.get_config()) == list(expected)
    assert InputLayer.from_config(expected).get_config() == expected


def test_a_given_tensor_is_used_itself():
    tensor = K.placeholder((None, 3), dtype="float32")
    x = Input(tensor=tensor)
    assert x is tensor and x._keras_shape == (None, 3)
    f = K.function([tensor], [Shift(2.0)(x)])
    np.testing.assert_array_equal(f([np.zeros((1, 3))])[0], [[2.0, 2.0, 2.0]])
    assert Input((3,), tensor=K.placeholder(ndim=2))._keras_shape == (None, 3)
    x = Input((5, 2), tensor=K.placeholder((7, 3)))
    assert x._keras_shape == x._keras_history[0].batch_input_shape == (7, 3)
    assert Input((2,), tensor=K.variable(np.ones((4, 3))))._keras_shape == (4, 3)


def test_an_output_of_a_layer_needs_no_input():
    with pytest.raises(
        GraphError, match=r"an output of Shift 'maker'\. Use it directly"
    ):
        Input(tensor=Shift(name="maker")(Input((3,))))


def test_something_else_than_a_tensor():
    with pytest.raises(ArgumentError, match=r"was called on array\(\["):
        Input(tensor=np.ones(3))


@pytest.mark.parametrize(
    "make", [Input, InputLayer, lambda: InputLayer((3,), (None, 3))]
)
def test_a_shape_is_needed_once(make):
    with pytest.raises(ArgumentError, match=re.escape("Input(shape=(100,))")):
        make()


def test_an_int_is_no_shape():
    with pytest.raises(ShapeError, match=re.escape("write (28,)")):
        Input(28)
