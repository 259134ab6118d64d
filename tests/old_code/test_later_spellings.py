"""Code written for Keras 2 and 3 gets the line to write, and that line works."""

import re
from importlib import import_module

import numpy as np
import pytest
from oneiros import backend as K
from oneiros import layers, optimizers
from oneiros.engine.layer import Layer
from oneiros.errors import ArgumentError
from oneiros.layers import Dense, Input
from oneiros.models import Model, Sequential


class Names(dict):
    """The names of layers, looked up as code does: `vars(layers)` would keep them."""

    def __missing__(self, name):
        return getattr(layers, name)


NAMES = Names(Model=Model)

CONSTRUCTORS = {
    "Dense(units=5)": "Dense(output_dim=5)",
    "Dense(units=5, kernel_initializer='zero')": "Dense(output_dim=5, init='zero')",
    "Dense(units=5, use_bias=False)": "Dense(output_dim=5, bias=False)",
    "Dropout(rate=0.5)": "Dropout(p=0.5)",
    "Convolution2D(8, (3, 5))": "Convolution2D(8, 3, 5)",
    "Convolution2D(8, 3)": "Convolution2D(8, 3, 3)",
    "Convolution2D(8, kernel_size=3)": "Convolution2D(8, nb_row=3, nb_col=3)",
    "Convolution2D(filters=8, kernel_size=(3, 5), padding='same')": (
        "Convolution2D(nb_filter=8, nb_row=3, nb_col=5, border_mode='same')"
    ),
    "Convolution2D(8, (3, 3), data_format='channels_first')": (
        "Convolution2D(8, 3, 3, dim_ordering='th')"
    ),
    "Convolution1D(filters=8, kernel_size=3)": (
        "Convolution1D(nb_filter=8, filter_length=3)"
    ),
    "LSTM(units=3, recurrent_dropout=0.2)": "LSTM(output_dim=3, dropout_U=0.2)",
}


@pytest.mark.parametrize("call", CONSTRUCTORS)
def test_constructors_say_the_line_to_write(call):
    with pytest.raises(TypeError) as caught:
        eval(call, {}, NAMES)
    line = re.search(r"Write (.*)\.$", str(caught.value)).group(1)
    assert line == CONSTRUCTORS[call]
    assert isinstance(eval(line, {}, NAMES), Layer)


@pytest.mark.parametrize(
    ("call", "advice"),
    [
        ("Dense(5, kernel_initializer='zero')", "init='zero'"),
        ("LSTM(3, recurrent_dropout=0.2)", "dropout_U=0.2"),
        ("Convolution2D(8, 3, 3, padding='same')", "border_mode='same'"),
        ("Convolution2D(8, 3, 3, strides=(2, 2))", "subsample=(2, 2)"),
        (
            "MaxPooling2D(padding='same', data_format='channels_first')",
            "border_mode='same'",
        ),
    ],
)
def test_arguments_say_what_keras_1_calls_them(call, advice):
    with pytest.raises(TypeError, match=re.escape(advice)):
        eval(call, {}, NAMES)


def test_a_constructor_that_nobody_spells_so_says_what_it_takes():
    with pytest.raises(TypeError) as caught:
        Dense()
    text = str(caught.value)
    assert "missing a required argument: 'output_dim'" in text
    assert "It takes Dense(output_dim, init='glorot_uniform', activation=None" in text


@pytest.mark.parametrize("name", ["Adam", "SGD", "RMSprop"])
def test_optimizers_say_the_line_to_write(name):
    line = rf"Write {name}\(lr=0\.1\)"
    with pytest.raises(TypeError, match=line):
        getattr(optimizers, name)(learning_rate=0.1)
    assert K.get_value(getattr(optimizers, name)(lr=0.1).lr) == pytest.approx(0.1)


@pytest.mark.parametrize("name", ["image_data_format", "set_image_data_format"])
def test_functions_of_k_say_what_keras_1_has(name):
    assert not hasattr(K, name)
    with pytest.raises(AttributeError, match="image_dim_ordering"):
        getattr(K, name)


@pytest.mark.parametrize(
    ("line", "advice"),
    [
        ("from oneiros import losses", "Keras 1 has oneiros.objectives"),
        ("from oneiros import initializers", "Keras 1 has oneiros.initializations"),
        ("from oneiros import Input", "from oneiros.layers import Input"),
        ("from oneiros import Sequential", "from oneiros.models import Sequential"),
        ("from oneiros.layers import Dens", "Did you mean 'Dense'?"),
        ("from oneiros.layers import concatenate", "merge(tensors, mode='concat')"),
        ("from oneiros.backend import dott", "Did you mean 'dot'?"),
    ],
)
def test_imports_say_what_keras_1_has(line, advice):
    with pytest.raises(ImportError, match=re.escape(advice)):
        exec(line)
    module, name = line.removeprefix("from ").split(" import ")
    assert not hasattr(import_module(module), name)


def test_a_layer_whose_call_takes_no_mask_says_what_to_define():
    class OfKeras2(Layer):
        def call(self, inputs):
            return inputs * 2

    with pytest.raises(TypeError, match=r"write call\(self, x, mask=None\)"):
        OfKeras2()(Input((3,)))


def test_a_type_error_inside_a_call_stays_as_it_is():
    class Failing(Layer):
        def call(self, x, mask=None):
            return len(5)

    with pytest.raises(TypeError, match="object of type 'int' has no len"):
        Failing()(Input((3,)))


def test_compile_without_a_loss_says_what_to_write():
    model = Sequential([Dense(3, input_dim=2)])
    with pytest.raises(TypeError, match=r"Write model\.compile\('adam', '"):
        model.compile("adam")
    with pytest.raises(TypeError, match="'loss'"):
        model.compile(optimizer="adam", metrics=["accuracy"])


@pytest.mark.parametrize("argument", ["run_eagerly", "weighted_metrics"])
def test_compile_says_to_leave_out_what_keras_1_does_not_have(argument):
    model = Sequential([Dense(3, input_dim=2)])
    with pytest.raises(ArgumentError, match=f"{argument}'.*Remove it"):
        model.compile("adam", "mse", **{argument: None})


def test_written_calls_leave_out_what_nobody_can_write():
    with pytest.raises(TypeError, match=r"Write Dense\(output_dim=2, weights=…\)\.$"):
        Dense(units=2, weights=[np.ones((3, 2)), np.ones(2)])


def test_functional_models_say_what_computes_classes():
    x = Input((3,))
    model = Model(x, Dense(2)(x))
    assert not hasattr(model, "predict_classes")
    with pytest.raises(AttributeError, match=r"model\.predict\(x\)\.argmax\(axis=-1\)"):
        model.predict_classes(np.ones((1, 3)))
    sequential = Sequential([Dense(2, input_dim=3)])
    sequential.compile("sgd", "mse")
    assert sequential.predict_classes(np.ones((1, 3)), verbose=0).shape == (1,)


def test_constructors_show_their_own_signature():
    import inspect

    assert "output_dim" in inspect.signature(Dense).parameters
    assert K.ndim(Dense(output_dim=2)(Input((3,)))) == 2
