"""Models that Keras 2.15 saved, in each form that it writes, predict here as there."""

import json
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest
from oneiros import backend as K
from oneiros.errors import FileFormatError, OneirosError
from oneiros.layers import Keras2BatchNormalization, Layer
from oneiros.models import Model, Sequential, load_model, model_from_json

DATA = Path(__file__).parent / "data"
NAMES = sorted(json.loads((DATA / "index.json").read_text()))
FUNCTIONS = {
    "lambda_mul": lambda x: x * 2 + 1,
    "siamese_lambda": lambda x: K.abs(x[0] - x[1]),
}
"""The functions of layers that files hold as bytecode, which isn't read."""
SUPPLIED = {
    "custom_activation": {"custom_objects": {"my_act": lambda x: x * K.sigmoid(x)}},
    **{
        name: {"functions": {"lambda": {"function": f}}}
        for name, f in FUNCTIONS.items()
    },
}
"""What the caller supplies for a file."""
OF_METRICS = {"loss_metrics": "compiled, but without the metrics AUC, Precision"}
"""The models that are compiled without some of their metrics, and the warning."""
OF_TYPES = {"float64": "here its layers compute in float32"}
"""The models that compute in another type there, and the warning."""


def in_form(suffix):
    """Returns the names of the models that are there in a form."""
    return [name for name in NAMES if (DATA / f"{name}{suffix}").exists()]


@pytest.fixture
def onnx():
    """Runs the test on the engine that compiles nothing."""
    with K.use("onnx"):
        yield


def check(load, name):
    """Checks the predictions of the model that a function loads against those of
    Keras."""
    model = load()
    with np.load(DATA / f"{name}.npz") as values:
        inputs = [values[key] for key in values.files if key[0] == "x"]
        expected = [values[key] for key in values.files if key[0] == "y"]
    outputs = model.predict(inputs if len(inputs) > 1 else inputs[0])
    outputs = outputs if isinstance(outputs, list) else [outputs]
    for output, there in zip(outputs, expected, strict=True):
        np.testing.assert_allclose(output, there, rtol=1e-5, atol=1e-5)


def test_there_are_models_of_every_kind():
    assert len(NAMES) == 96


@pytest.mark.parametrize("name", NAMES)
def test_whole_models_in_hdf5(name):
    check(lambda: loaded(name, ".h5"), name)


def warned(name, words):
    """Returns the context that expects a model's warning, if it has one."""
    if name not in words:
        return nullcontext()
    return pytest.warns(UserWarning, match=words[name])


def loaded(name, suffix):
    """Returns the whole model of a file."""
    with warned(name, OF_METRICS | OF_TYPES):
        return load_model(DATA / f"{name}{suffix}", **SUPPLIED.get(name, {}))


@pytest.mark.parametrize("name", in_form(".keras"))
def test_whole_models_in_archives(name, onnx):
    check(lambda: loaded(name, ".keras"), name)


@pytest.mark.parametrize("name", in_form(".weights.h5"))
def test_weights_by_class_with_a_configuration(name, onnx):
    check(lambda: loaded_in_parts(name, ".weights.h5"), name)


@pytest.mark.parametrize("name", in_form("_w.h5"))
def test_weights_by_name_with_a_configuration(name, onnx):
    check(lambda: loaded_in_parts(name, "_w.h5"), name)


def loaded_in_parts(name, suffix):
    """Returns the model of a configuration, with the weights of a file of their own."""
    with warned(name, OF_TYPES):
        model = model_from_json((DATA / f"{name}.json").read_text())
    model.load_weights(DATA / f"{name}{suffix}")
    return model


def test_weights_of_more_layers_than_a_model_has_are_refused(theano):
    described = json.loads((DATA / "gru_reset_after.json").read_text())
    layers = described["config"]["layers"]
    described["config"]["layers"] = layers[:2]
    model = model_from_json(json.dumps(described))
    with pytest.raises(FileFormatError, match=r"holds weights of \d layers"):
        model.load_weights(DATA / "gru_reset_after.weights.h5")


def test_an_optimizer_that_was_chosen_by_its_name_has_the_defaults_of_keras_2(theano):
    model = load_model(DATA / "opt_rmsprop.keras")
    config = model.optimizer.get_config()
    assert config["lr"] == pytest.approx(0.001)
    assert config["epsilon"] == pytest.approx(1e-7)


def test_a_file_of_float64_is_read_where_that_is_the_type(theano):
    with pytest.warns(UserWarning, match=r"float32.*set_floatx\('float64'\)") as told:
        load_model(DATA / "float64.h5")
    assert len(told) == 1
    K.set_floatx("float64")
    try:
        model = load_model(DATA / "float64.h5")
        with np.load(DATA / "float64.npz") as values:
            outputs = model.predict(values["x0"])
            np.testing.assert_allclose(outputs, values["y0"], rtol=1e-12)
    finally:
        K.set_floatx("float32")


def test_a_model_with_named_inputs_takes_a_dict_of_them(theano):
    model = load_model(DATA / "dict_inputs.h5")
    with np.load(DATA / "dict_inputs.npz") as values:
        outputs = model.predict({"a": values["x0"], "b": values["x1"]})
        np.testing.assert_allclose(outputs, values["y0"], rtol=1e-5, atol=1e-5)


def test_metrics_of_one_of_several_outputs(theano):
    model = load_model(DATA / "multi_output.h5")
    losses = ["loss", "reg_loss", "cls_loss"]
    assert model.metrics_names == [*losses, "cls_categorical_accuracy"]


def test_batch_normalization_over_several_axes_has_weights_of_all_axes(theano):
    """In Keras 2 they have size 1 along the other axes."""
    model = Sequential([Keras2BatchNormalization(axis=[1, 3], input_shape=(4, 5, 3))])
    random = np.random.RandomState(0)
    weights = [random.uniform(0.5, 2, (1, 4, 1, 3)) for _ in range(4)]
    model.set_weights(weights)
    gamma, beta, mean, variance = weights
    x = random.normal(size=(2, 4, 5, 3))
    expected = (x - mean) / np.sqrt(variance + 0.001) * gamma + beta
    np.testing.assert_allclose(model.predict(x), expected, atol=1e-5)


class Doubled(Layer):
    """A layer of the caller's."""

    def call(self, x, mask=None):
        return 2 * x


class Own(Model):
    """A model of the caller's."""


@pytest.mark.parametrize("key", ["shop>Doubled", "Doubled"])
@pytest.mark.parametrize(
    "registered", [{}, {"registered_name": "shop>Doubled", "module": "shop"}]
)
def test_classes_of_the_caller_are_found_with_their_package_and_without(
    key, registered, theano
):
    class_name = "Doubled" if registered else "shop>Doubled"
    shape = {"batch_input_shape": [None, 3], "name": "x"}
    layers = [
        {"class_name": "InputLayer", "name": "x", "config": shape, "inbound_nodes": []},
        {"class_name": class_name, "name": "twice", "config": {"name": "twice"}}
        | {"inbound_nodes": [[["x", 0, 0, {}]]], **registered},
    ]
    ends = {"input_layers": [["x", 0, 0]], "output_layers": [["twice", 0, 0]]}
    config = {"name": "own", "layers": layers, **ends}
    stored = {"class_name": "shop>Own", "config": config, "keras_version": "2.15.0"}
    with pytest.raises(OneirosError, match="pass custom_objects="):
        model_from_json(json.dumps(stored), {key: Doubled})
    model = model_from_json(json.dumps(stored), {key: Doubled, "Own": Own})
    assert type(model) is Own
    np.testing.assert_array_equal(model.predict(np.ones((1, 3))), [[2, 2, 2]])
