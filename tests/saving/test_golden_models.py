"""Models that Keras 1.2.2 saved predict, evaluate and train on here as they did
there."""

import json
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from comparison import assert_each_close
from oneiros import backend as K
from oneiros.models import load_model, model_from_json
from oneiros_backend_onnx.conversion import model_proto, names_of_states
from onnxruntime import InferenceSession

MODELS = Path(__file__).resolve().parents[1] / "golden" / "models"
INDEX = {
    model["name"]: model
    for model in json.loads((MODELS / "index.json").read_text())["models"]
}

RTOL = 1e-4
ATOL = 1e-5


NAMES = sorted(INDEX)
OWNERS = json.loads((files("oneiros") / "owners.json").read_text())


def owner(kind, name):
    """Returns the distribution that provides a name.

    The kernel has models and inputs itself.
    """
    return OWNERS[kind].get(name, "oneiros-kernel")


def test_the_models_are_counted():
    assert len(NAMES) == 40


class Case:
    """A model that Keras saved, and what it computed."""

    def __init__(self, name):
        self.facts = INDEX[name]
        with np.load(MODELS / f"{name}.npz") as archive:
            self.arrays = dict(archive)
        self.path = MODELS / f"{name}.h5"
        self.x, self.y = self.listed("x"), self.listed("y")
        self.weights = (
            {"sample_weight": self.arrays["sample_weight"]}
            if "sample_weight" in self.arrays
            else {}
        )

    def listed(self, key):
        """The arrays `key0`, `key1`, …"""
        return [
            self.arrays[f"{key}{i}"] for i in range(100) if f"{key}{i}" in self.arrays
        ]

    def predicted(self, model):
        predictions = model.predict(self.x if len(self.x) > 1 else self.x[0])
        return predictions if isinstance(predictions, list) else [predictions]

    def steps(self, model):
        return [
            np.ravel(model.train_on_batch(self.x, self.y, **self.weights))
            for _ in range(3)
        ]


def close(actual, expected):
    assert len(actual) == len(expected) > 0
    assert_each_close(actual, expected, rtol=RTOL, atol=ATOL)


@pytest.mark.parametrize("name", NAMES)
def test_a_saved_model_goes_on_as_it_did(name, backend):
    case = Case(name)
    model = load_model(case.path)
    assert type(model).__name__ == case.facts["class_name"]
    assert model.count_params() == case.facts["count_params"]
    assert [
        weight.name.removesuffix(":0") + ":0"
        for layer in model.weight_layers()
        for weight in layer.weights
    ] == case.facts["weight_names"]
    close(case.predicted(model), case.listed("pred"))
    if "pred0_call2" in case.arrays:
        close(case.predicted(model), [case.arrays["pred0_call2"]])
    model.reset_states()
    if not case.facts["compiled"]:
        assert getattr(model, "optimizer", None) is None
        return
    assert model.metrics_names == case.facts["metrics_names"]
    close(
        [np.ravel(model.evaluate(case.x, case.y, verbose=0, **case.weights))],
        [case.facts["evaluate"]],
    )
    model.reset_states()
    if case.facts.get("resume_losses_after_load"):
        close(case.steps(model), case.facts["resume_losses_after_load"])
        close(model.get_weights(), case.listed("resume_loaded_w"))
    elif case.facts["deterministic_training"]:
        close(case.steps(model), case.facts["resume_losses"])
        close(model.get_weights(), case.listed("resume_w"))


@pytest.mark.parametrize("name", NAMES)
def test_it_predicts_on_the_onnx_backend_and_in_a_file_of_onnx(name):
    case = Case(name)
    with K.use("onnx"):
        model = load_model(case.path)
    predictions = case.predicted(model)
    close(predictions, case.listed("pred"))
    model.reset_states()
    if case.facts["compiled"]:
        losses = model.evaluate(case.x, case.y, verbose=0, **case.weights)
        close([np.ravel(losses)], [case.facts["evaluate"]])
    proto = model_proto(model)
    session = InferenceSession(proto.SerializeToString())
    feeds = fed(session, case.x)
    if model.stateful:
        rows = session.get_inputs()[0].shape[0]
        feeds = {name: array[:rows] for name, array in feeds.items()}
        predictions = [array[:rows] for array in predictions]
    for name in names_of_states(proto):
        feeds[name] = zeros_for(session, name)
    names = [x.name for x in session.get_outputs()][: len(predictions)]
    close(session.run(names, feeds), predictions)


def fed(session, arrays):
    """Returns arrays by the names of the first inputs, in their types."""
    types = {"tensor(float)": "float32", "tensor(int32)": "int32"}
    pairs = zip(session.get_inputs(), arrays, strict=False)
    return {x.name: array.astype(types[x.type]) for x, array in pairs}


def zeros_for(session, name):
    """Returns zeros in the shape of an input."""
    (shape,) = [x.shape for x in session.get_inputs() if x.name == name]
    return np.zeros(shape, "float32")


@pytest.mark.parametrize("name", NAMES)
def test_weights_alone_go_into_a_model_built_from_json(name, backend):
    case = Case(name)
    model = model_from_json((MODELS / f"{name}.json").read_text())
    model.load_weights(MODELS / f"{name}_weights.h5")
    close(case.predicted(model), case.listed("pred"))


MORE = {
    *((name, "shared_axes") for name in ("PReLU", "ParametricSoftplus", "SReLU")),
    *(("BatchNormalization", key) for key in ("beta_init", "gamma_init")),
    *(("Dropout", key) for key in ("noise_shape", "seed")),
    ("SpatialDropout1D", "seed"),
    *(
        (f"{name}{rank}D", "dim_ordering")
        for name in ("UpSampling", "ZeroPadding", "Cropping")
        for rank in "23"
    ),
    *(("ConvLSTM2D", f"{part}_regularizer") for part in "WUb"),
    *(("ConvLSTM2D", key) for key in ("subsample", "dropout_W", "dropout_U")),
    *(("LSTM", key) for key in ("input_dim", "input_length")),
    *(
        (name, key)
        for name in ("Dense", "SimpleRNN", "GRU", "LSTM", "Convolution1D")
        for key in ("batch_input_shape", "input_dtype")
    ),
}
"""What our configurations have besides: arguments that Keras forgot, though its
constructors take them; and, as in Keras itself, the input's shape of a layer that was
loaded and knows it from `input_dim`."""


@pytest.mark.parametrize("name", NAMES)
def test_saved_again_it_is_the_same_file(name, backend, tmp_path, describe_for_keras):
    """Apart from where each object came from, the optimizer's variables that Keras
    forgot, and the names of its variables, which its engine makes up."""
    model = load_model(MODELS / f"{name}.h5")
    model.save(tmp_path / "again.h5")
    actual = describe_for_keras(tmp_path / "again.h5")
    expected = describe_for_keras(MODELS / f"{name}.h5")
    assert optimizer_state(actual) == optimizer_state(expected)
    provenance = json.loads(actual.pop("/@oneiros_provenance")[-1])
    for key in (key for key in provenance if key.startswith("layer:")):
        assert provenance[key]["distribution"] == owner(
            "layer", key.removeprefix("layer:")
        ), key
    assert set(actual) == set(expected)
    for place, content in expected.items():
        if place.endswith("_config"):
            assert actual[place][:-1] == content[:-1], place
            more = set()
            compare(json.loads(actual[place][-1]), json.loads(content[-1]), place, more)
            assert not more - MORE
        else:
            assert actual[place] == content, place


def optimizer_state(layout):
    """Takes an optimizer's state out of a file's description, and returns it in its
    order, without names."""
    names = layout.pop("optimizer_weights@weight_names", [[]])[-1]
    layout.pop("optimizer_weights", None)
    return [layout.pop(f"optimizer_weights/{name.decode()}") for name in names]


def compare(actual, expected, where, more, owner=None):
    """Compares configurations.

    What is in ours alone goes to `more`. Keras stored rates as float32.
    """
    if isinstance(expected, dict):
        owner = expected.get("class_name", owner)
        more |= {(owner, key) for key in set(actual) - set(expected)}
        for key, value in expected.items():
            compare(actual[key], value, f"{where}.{key}", more, owner)
    elif isinstance(expected, list):
        assert len(actual) == len(expected), where
        for index, pair in enumerate(zip(actual, expected, strict=True)):
            compare(*pair, f"{where}[{index}]", more, owner)
    elif isinstance(expected, float):
        assert np.float32(actual) == np.float32(expected), where
    else:
        assert (type(actual), actual) == (type(expected), expected), where
