"""Code written for Keras 2 and 3 gets the line to write, and that line works."""

import re
from importlib import import_module

import numpy as np
import pytest
from oneiros import backend as K
from oneiros import layers, optimizers
from oneiros.engine.layer import Layer
from oneiros.errors import ArgumentError, CapabilityError, ConfigError
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
    "Dense(units=5, kernel_initializer='zeros')": "Dense(output_dim=5, init='zero')",
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
    "Dense(3, kernel_initializer='he_normal')": "Dense(3, init='he_normal')",
    "LSTM(3, dropout=0.2, recurrent_dropout=0.5, return_sequences=True)": (
        "LSTM(3, dropout_W=0.2, dropout_U=0.5, return_sequences=True)"
    ),
    "Convolution2D(8, 3, 3, padding='same', strides=2)": (
        "Convolution2D(8, 3, 3, border_mode='same', subsample=(2, 2))"
    ),
    "Convolution2D(8, 3, 3, dilation_rate=2, name='c')": (
        "AtrousConvolution2D(8, 3, 3, atrous_rate=(2, 2), name='c')"
    ),
    "Convolution2D(8, 3, dilation_rate=2)": (
        "AtrousConvolution2D(8, 3, 3, atrous_rate=(2, 2))"
    ),
    "AtrousConvolution1D(8, 3, dilation_rate=(2,))": (
        "AtrousConvolution1D(8, 3, atrous_rate=2)"
    ),
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


@pytest.mark.parametrize(
    "call", ["Conv1D(8, 3, padding='causal')", "Conv1D(filters=8, padding='causal')"]
)
def test_causal_convolutions_are_padded_by_another_layer(call):
    with pytest.raises(TypeError) as caught:
        eval(call, {}, NAMES)
    assert "border_mode='causal'" not in str(caught.value)
    if "8, 3" in call:
        assert "ZeroPadding1D((n, 0)) before the layer" in str(caught.value)


def test_a_subclass_gets_the_line_with_all_arguments_of_its_own_constructor():
    class Halves(Dense):
        def __init__(self, output_dim, init="zero", **kwargs):
            super().__init__(output_dim, init=init, **kwargs)

    line = re.escape("Write Halves(3, init='one', name='h').")
    with pytest.raises(TypeError, match=line):
        Halves(3, kernel_initializer="ones", name="h")


def test_an_argument_that_no_version_has_comes_first():
    with pytest.raises(TypeError, match="unknown argument 'foo'"):
        Dense(3, kernel_initializer="zeros", foo=1)


def test_a_model_without_output_is_told_so(backend):
    x = Input((3,))
    missing = re.escape("Model(inputs=…): missing a required argument: 'output'")
    with pytest.raises(TypeError, match=missing):
        Model(inputs=x)
    with pytest.raises(TypeError, match=re.escape("Write Model(…, output=…).")):
        Model([x], outputs=x + 1)


def test_sizes_of_a_window_are_counted():
    with pytest.raises(ConfigError, match=r"3 items\. Expected 2: nb_row, nb_col"):
        layers.Convolution2D(8, (3, 3, 3))


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
        ("from oneiros import losses", "write from oneiros import objectives"),
        ("from oneiros import initializers", "from oneiros import initializations"),
        ("from oneiros import Input", "from oneiros.layers import Input"),
        ("from oneiros import Sequential", "from oneiros.models import Sequential"),
        ("from oneiros.layers import Dens", "Did you mean 'Dense'?"),
        ("from oneiros.layers import concatenate", "merge([a, b], mode='concat')"),
        ("from oneiros.layers import ReLU", "Activation(activation='relu')"),
        ("from oneiros.optimizers import schedules", "LearningRateScheduler("),
        ("from oneiros.utils import plot_model", "visualize_util import plot"),
        ("from oneiros.backend import dott", "Did you mean 'dot'?"),
    ],
)
def test_imports_say_what_keras_1_has(line, advice):
    with pytest.raises(ImportError, match=re.escape(advice)):
        exec(line)
    module, name = line.removeprefix("from ").split(" import ")
    assert not hasattr(import_module(module), name)


@pytest.mark.parametrize(
    ("line", "advice"),
    [
        ("from oneiros.losses import mse", "Type: from oneiros.objectives import mse"),
        ("from oneiros.losses import MeanSquaredError", "loss='mean_squared_error'"),
        ("import oneiros.losses", "Keras 1 has oneiros.objectives"),
        ("from oneiros.initializers import Zeros, HeNormal", "write init='he_normal'"),
        ("from oneiros.layers.core.dense import Dense", "from oneiros.layers.core imp"),
        ("from oneiros.layers.merge import add", "merge([a, b], mode='sum')"),
        ("import oneiros.layers.merge", "Type: from oneiros.layers import merge"),
        (
            "from oneiros.utils.vis_utils import plot_model",
            "visualize_util import plot",
        ),
    ],
)
def test_imports_from_modules_of_keras_2_say_what_to_type(line, advice):
    with pytest.raises(ModuleNotFoundError, match=re.escape(advice)):
        exec(line)


def test_a_module_that_nobody_knows_gets_no_advice():
    with pytest.raises(ModuleNotFoundError, match=r"named 'oneiros\.nosuch'$"):
        exec("from oneiros.nosuch import Missing")


def test_names_of_an_import_elsewhere_are_not_taken_for_those_of_a_module(tmp_path):
    (tmp_path / "lazy.py").write_text(
        "import importlib; Dense = importlib.import_module('oneiros.nosuch')"
    )
    with pytest.MonkeyPatch.context() as patch, pytest.raises(ImportError) as caught:
        patch.syspath_prepend(tmp_path)
        exec("from lazy import Dense")
    assert str(caught.value) == "No module named 'oneiros.nosuch'"


KERAS_2_MERGE = {
    "add": "sum",
    "multiply": "mul",
    "average": "ave",
    "maximum": "max",
    "concatenate": "concat",
    "dot": "dot",
}


@pytest.mark.parametrize("name", KERAS_2_MERGE)
def test_what_keras_2_merges_with_is_a_mode(name):
    line = f"merge([a, b], mode={KERAS_2_MERGE[name]!r})"
    a = Input((3,))
    for spelling in (name, name.capitalize()):
        with pytest.raises(CapabilityError, match=re.escape(line)):
            getattr(layers.merge, spelling)([a, a])
        with pytest.raises(AttributeError, match=re.escape(line)):
            getattr(layers, spelling)
    assert K.is_keras_tensor(eval(line, {"merge": layers.merge, "a": a, "b": a}))


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
