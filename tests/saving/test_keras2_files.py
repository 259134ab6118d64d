"""Files of Keras 2: a real one wrote them, and they predict and go on training here as
they did there."""

import json
import shutil
from pathlib import Path

import h5py
import numpy as np
import pytest
from genuine_files import Expected
from oneiros import backend as K
from oneiros.errors import ConfigError, FileFormatError, OneirosError, UnknownNameError
from oneiros.layers import LSTM, Dense, Embedding
from oneiros.models import Sequential, load_model, model_from_json
from oneiros.saving import ModelState
from oneiros_old_files.base import Origin
from oneiros_old_files.configs import migrated
from oneiros_old_files.keras2_compilation import stored_compilation
from oneiros_old_files.optimizer_state import UnknownOrderError, matched_state

FOLDER = Path(__file__).parent / "keras2"
EXPECTED = Expected(FOLDER)


def test_there_are_models_of_every_kind():
    assert len(EXPECTED.names) >= 15 and len(EXPECTED.trained) >= 9


@pytest.mark.parametrize("name", EXPECTED.names)
def test_predictions(name):
    EXPECTED.check_predictions(load_model(FOLDER / f"{name}.h5"), name)


@pytest.mark.parametrize("name", EXPECTED.trained)
def test_training_goes_on_where_it_was(name):
    with K.use("tensorflow"):
        EXPECTED.check_training(load_model(FOLDER / f"{name}.h5"), name)


# Weights alone


def test_weights_alone_go_into_layers_made_here():
    with K.use("tensorflow"):
        model = Sequential([Embedding(20, 6, input_length=9, mask_zero=True)])
        model.add(LSTM(5, return_sequences=True, inner_activation="sigmoid"))
        model.add(LSTM(4))
        model.add(Dense(1, activation="sigmoid"))
        with pytest.warns(UserWarning, match="unless it was chosen there, too: LSTM"):
            model.load_weights(FOLDER / "text_lstm_weights.h5")
    assert len(model.layers[1].weights) == 12
    predictions = model.predict(EXPECTED.values["text_lstm/x0"])
    np.testing.assert_allclose(
        predictions, EXPECTED.values["text_lstm_weights/y0"], atol=1e-6
    )


def test_a_group_of_a_file_says_by_itself_that_it_is_of_keras_2():
    with K.use("tensorflow"):
        model = load_model(FOLDER / "conv2d.h5")
        expected = model.get_weights()
        model.set_weights([value * 0 for value in expected])
        with h5py.File(FOLDER / "conv2d.h5") as file:
            model.load_weights_from_hdf5_group(file["model_weights"])
    np.testing.assert_equal(model.get_weights(), expected)


def changed(tmp_path, name="dense", **attributes):
    """Returns a copy of a file with other attributes."""
    path = shutil.copy(FOLDER / f"{name}.h5", tmp_path / "m.h5")
    with h5py.File(path, "r+") as file:
        file.attrs.update(attributes)
    return path


# Older spellings, made of the newer ones


def older(config):
    """Returns a layer's configuration as Keras 2.0 wrote it."""
    if isinstance(config, list):
        return [older(item) for item in config]
    if not isinstance(config, dict):
        return config
    later = (
        "dtype",
        "groups",
        "ragged",
        "time_major",
        "module",
        "registered_name",
        "build_input_shape",
    )
    renamed = {key: older(value) for key, value in config.items() if key not in later}
    if renamed.get("class_name") == "GlorotUniform":
        scaling = {
            "scale": 1.0,
            "mode": "fan_avg",
            "distribution": "uniform",
            "seed": None,
        }
        return {"class_name": "VarianceScaling", "config": scaling}
    if renamed.get("class_name") == "Sequential":
        layers = renamed["config"]["layers"]
        first, *rest = layers
        if first["class_name"] == "InputLayer" and isinstance(rest[0]["config"], dict):
            shape = {"batch_input_shape": first["config"]["batch_input_shape"]}
            layers = [
                {
                    **rest[0],
                    "config": {**rest[0]["config"], **shape, "dtype": "float32"},
                },
                *rest[1:],
            ]
        return {**renamed, "config": layers}
    if renamed.get("class_name") == "Functional":
        return {**renamed, "class_name": "Model"}
    if renamed.get("class_name") == "LeakyReLU":
        number = {"type": "ndarray", "value": renamed["config"]["alpha"]}
        return {**renamed, "config": {**renamed["config"], "alpha": number}}
    return renamed


@pytest.mark.parametrize("name", EXPECTED.names)
def test_configurations_of_keras_2_0_give_the_same_model(name, tmp_path):
    path = changed(tmp_path, name, keras_version=b"2.0.8")
    with h5py.File(path, "r+") as file:
        config = older(json.loads(file.attrs["model_config"]))
        file.attrs["model_config"] = json.dumps(config).encode()
    with K.use("theano"):
        loaded = load_model(path)
        model = load_model(FOLDER / f"{name}.h5")
    assert [type(layer) for layer in loaded.layers] == [
        type(layer) for layer in model.layers
    ]
    np.testing.assert_equal(loaded.get_weights(), model.get_weights())
    text = json.dumps({**config, "keras_version": "2.0.8", "backend": "tensorflow"})
    with K.use("theano"):
        assert model_from_json(text).get_config() == loaded.get_config()


def test_kernels_trained_on_theano_are_flipped(tmp_path):
    path = changed(tmp_path, "conv2d", backend=b"theano")
    with h5py.File(path, "r+") as file:
        for group in file["model_weights"].values():
            names = list(group.attrs.get("weight_names", []))
            for name in names:
                value = group[name][()]
                del group[name]
                group[name[:-2]] = value[::-1, ::-1] if value.ndim == 4 else value
            if names:
                group.attrs["weight_names"] = np.array(
                    [name[:-2].encode() for name in names]
                )
    with K.use("tensorflow"):
        loaded = load_model(path)
        model = load_model(FOLDER / "conv2d.h5")
    np.testing.assert_equal(loaded.get_weights(), model.get_weights())


# What can't be the same here


def layer(cls, **arguments):
    entry = {
        "class_name": cls,
        "config": {"name": "odd", "batch_input_shape": [None, 6, 4], **arguments},
    }
    return json.dumps(
        {"class_name": "Sequential", "config": [entry], "keras_version": "2.2.4"}
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (layer("Dense", units=2, flavour="sweet"), ("'odd'", "flavour='sweet'")),
        (
            layer("Dense", units=2, dtype={"config": {"name": "float16"}}),
            ("'odd'", "float16"),
        ),
    ],
)
def test_an_argument_without_a_counterpart_is_refused_by_name(text, words):
    with pytest.raises(ConfigError) as caught:
        model_from_json(text)
    assert all(word in str(caught.value) for word in words), caught.value


def test_a_layer_without_a_counterpart_is_refused_with_the_way_out():
    with pytest.raises(
        UnknownNameError, match=r"'odd' is a PeepholeLSTM of Keras 2.*custom_objects"
    ):
        model_from_json(layer("PeepholeLSTM", units=2))


def test_a_genuine_gru_that_resets_after_the_product_is_a_layer_of_its_own():
    with K.use("onnx"):
        model = load_model(FOLDER / "gru_reset_after.h5")
    assert type(model.layers[0]).__name__ == "Keras2GRU"


def of_version(tmp_path, version):
    """Returns a copy of the file with a masked Bidirectional, as another release wrote
    it."""
    return changed(tmp_path, "masked_both", keras_version=version)


@pytest.mark.parametrize("version", ["2.21.0", "2.4.0", "2.2.4-tf"])
def test_outputs_of_tf_keras_at_masked_steps_are_zeros(tmp_path, version):
    x = np.ones((1, 5, 3))
    x[:, 3:] = 0
    with K.use("onnx"):
        outputs = load_model(of_version(tmp_path, version)).predict(x)
    is_zero = np.all(outputs == 0, axis=-1)
    assert is_zero.tolist() == [[False, False, False, True, True]]


def test_keras_2_repeats_the_step_before_as_keras_1_does(tmp_path):
    with K.use("onnx"):
        later = load_model(of_version(tmp_path, "2.3.1"))
        model = load_model(of_version(tmp_path, "2.2.4"))
    assert model.loss == "hinge"
    assert later.loss == [{"class_name": "Keras2Hinge", "config": {}}]


def test_zeros_at_masked_steps_don_t_matter_to_a_recurrent_layer(tmp_path):
    with h5py.File(FOLDER / "masked_both.h5") as file:
        text = file.attrs["model_config"]
    stored = json.loads(text)
    last = stored["config"]["layers"][-1]
    steps = last["config"].pop("layer")["config"]
    assert steps["units"] == 1
    last["class_name"] = "SimpleRNN"
    last["config"]["units"] = 1
    with K.use("onnx"):
        model = model_from_json(json.dumps({**stored, "keras_version": "2.21.0"}))
    assert model.output_shape == (None, 1)


def test_metrics_of_several_outputs_go_to_them_by_name():
    sgd = {"class_name": "SGD", "config": {"learning_rate": 0.1}}
    stored = {"optimizer_config": sgd, "loss": "mse", "metrics": [["mae"], []]}
    origin = Origin(2)
    arguments = stored_compilation(stored, origin, ["one", "other"]).arguments
    assert arguments["metrics"] == {"one": ["mae"], "other": []}
    for same in ([["mae"], ["mae"]], [[], []]):
        arguments = stored_compilation({**stored, "metrics": same}, origin).arguments
        assert arguments["metrics"] == same[0]
    for some in ([None, ["mae", "auc"]], {"one": "auc", "other": ["mae"]}):
        compilation = stored_compilation(
            {**stored, "metrics": some}, origin, ["one", "other"]
        )
        assert compilation.arguments["metrics"] == {"one": [], "other": ["mae"]}
        assert compilation.left_out == ["auc"]
    with pytest.raises(ConfigError, match="metrics for 2 outputs"):
        stored_compilation(stored, origin, ["same", "same"])


def test_an_unknown_part_is_named_whatever_its_configuration_is():
    own = {"class_name": "Own", "config": "anything"}
    with pytest.raises(UnknownNameError, match=r"regularizer 'Own'.*custom_objects"):
        model_from_json(layer("Dense", units=2, kernel_regularizer=own))


def test_a_class_of_the_caller_s_gets_the_arguments_as_they_are_stored():
    arguments = {}

    class Own(Dense):
        @classmethod
        def from_config(cls, config):
            arguments.update(config)
            return Dense(3, input_shape=(6, 4))

    with K.use("tensorflow"):
        model_from_json(layer("Dense", units=2, anything=1), {"Dense": Own})
    assert (arguments["units"], arguments["anything"]) == (2, 1)


def test_a_call_with_further_arguments_is_refused():
    entry = {"class_name": "LSTM", "name": "l", "config": {"name": "l", "units": 2}}
    entry["inbound_nodes"] = [[["x", 0, 0, {"constants": ["y", 0, 0]}]]]
    inputs = {"class_name": "InputLayer", "name": "x", "inbound_nodes": []}
    inputs["config"] = {
        "name": "x",
        "batch_input_shape": [None, 4, 2],
        "dtype": "float32",
        "sparse": False,
    }
    config = {"name": "m", "layers": [inputs, entry], "input_layers": [["x", 0, 0]]}
    config["output_layers"] = [["l", 0, 0]]
    text = json.dumps(
        {"class_name": "Model", "config": config, "keras_version": "2.3.1"}
    )
    with (
        K.use("tensorflow"),
        pytest.raises(ConfigError, match="'l' is called with constants"),
    ):
        model_from_json(text)


@pytest.mark.parametrize(
    "config",
    [
        {"kernel_constraint": {"class_name": "MaxNorm", "config": 3}},
        {"kernel_regularizer": {"class_name": "L1L2", "config": 3}},
    ],
)
def test_arguments_of_the_wrong_kind_are_told_with_the_layer(config):
    with K.use("tensorflow"), pytest.raises(ConfigError, match="Dense"):
        model_from_json(layer("Dense", **{"units": 2, **config}))


def test_a_state_of_another_optimizer_is_told(tmp_path):
    path = changed(tmp_path)
    with h5py.File(path, "r+") as file:
        group = file["optimizer_weights"]
        *names, last = group.attrs["weight_names"]
        group.attrs["weight_names"] = names
        del group[last]
    with K.use("tensorflow"), pytest.warns(UserWarning, match="its Adam starts afresh"):
        assert load_model(path).optimizer is not None


def test_a_file_of_a_later_keras_is_refused(tmp_path):
    with pytest.raises(
        FileFormatError, match=r"from Keras '4\.0\.1', but only Keras 1\.0 to 3\.x"
    ):
        load_model(changed(tmp_path, keras_version="4.0.1"))


def test_weights_of_no_version_s_shape_are_told_by_their_shapes(tmp_path):
    path = changed(tmp_path, "text_lstm_weights")
    with h5py.File(path, "r+") as file:
        group = next(group for name, group in file.items() if name.startswith("lstm"))
        name = group.attrs["weight_names"][0]
        del group[name]
        group[name] = np.zeros((6, 21), "float32")
    with K.use("tensorflow"):
        model = Sequential(
            [
                Embedding(20, 6, input_length=9),
                LSTM(5, return_sequences=True),
                LSTM(4),
                Dense(1),
            ]
        )
        with pytest.raises(FileFormatError, match=r"kernel:0 \(6, 21\)"):
            model.load_weights(path)


@pytest.mark.parametrize(
    ("cls", "ordering", "size", "axis", "here"),
    [
        ("Conv2D", "channels_last", [3, 3], [0, 1, 2], [0, 1, 2]),
        ("Conv2D", "channels_first", [3, 3], [0, 1, 2], [2, 3, 1]),
        ("Conv2D", "channels_first", [3, 3], -1, 0),
        ("Conv2DTranspose", "channels_last", [3, 3], 2, 3),
        ("Conv2DTranspose", "channels_first", [3, 3], 2, 0),
        ("Conv1D", "channels_last", [3], [0, 1], [0, 2]),
    ],
)
def test_a_constraint_s_axes_follow_the_kernel_s(cls, ordering, size, axis, here):
    constraint = {"class_name": "MaxNorm", "config": {"max_value": 2, "axis": axis}}
    config = {"name": "c", "filters": 2, "kernel_size": size, "data_format": ordering}
    entry = {"class_name": cls, "config": {**config, "kernel_constraint": constraint}}
    assert migrated(entry, Origin(2))["config"]["W_constraint"] == {
        "name": "MaxNorm",
        "m": 2,
        "axis": here,
    }


@pytest.mark.parametrize(
    "entry",
    [
        ("loss_weights", "x"),
        ("loss_weights", [None]),
        ("loss_weights", [[["mse"]]]),
        ("epsilon", "x"),
        ("epsilon", []),
        ("decay", []),
        ("beta_1", [1, 2]),
        ("beta_2", [1, 2]),
        ("learning_rate", []),
        ("learning_rate", {"a": 1}),
        ("use_ema", True),
        ("loss", {"class_name": "L1L2", "config": {"l1": "x"}}),
        ("loss", {"class_name": 3, "config": [1]}),
        ("loss", 7),
    ],
)
def test_a_training_that_makes_no_sense_leaves_a_model_that_predicts(tmp_path, entry):
    key, value = entry
    path = changed(tmp_path)
    with h5py.File(path, "r+") as file:
        config = json.loads(file.attrs["training_config"])
        (config if key in config else config["optimizer_config"]["config"])[key] = value
        file.attrs["training_config"] = json.dumps(config)
    with (
        K.use("theano"),
        pytest.warns(UserWarning, match="is loaded but not compiled: .* model.compile"),
    ):
        model = load_model(path)
    EXPECTED.check_predictions(model, "dense")


@pytest.mark.parametrize("version", ["²", "9" * 5000, "10", "00"])
def test_versions_that_are_no_numbers_or_too_many_digits_are_no_crash(
    tmp_path, version
):
    path = changed(tmp_path, keras_version=version)
    with K.use("theano"), pytest.raises(OneirosError):
        load_model(path)


def test_a_state_of_some_layers_alone_is_told(tmp_path):
    """Where shapes coincide, it would fit other layers' slots."""
    with K.use("tensorflow"):
        model = Sequential(
            [Dense(2, input_dim=2, name=name) for name in ("one", "two")]
        )
        model.compile("adam", "mse")
        model._make_train_function()
        arrays = [np.ones(shape, "float32") for shape in [(2, 2), 2] * 2]
        slots = [
            ("iter:0", np.int64(3)),
            *[(f"m{i}", array) for i, array in enumerate(arrays)],
        ]
        weights = [("one", [("k", np.ones((2, 2))), ("b", np.ones(2))]), ("three", [])]
        state = ModelState(weights=weights, optimizer_weights=slots)
        origin = Origin(2, "tensorflow")
        with pytest.raises(UnknownOrderError):
            matched_state(model, state, origin, "m.h5")


def test_a_state_that_keras_2_0_sorted_by_the_weights_names(tmp_path):
    """Up to 2.0.5; the layers of this model are called `z` and `a`, one weight `z/y`:
    in an order that isn't its own inverse."""
    name = "dense_legacy_adam"
    path = changed(tmp_path, name, keras_version="2.0.5")
    with h5py.File(path, "r+") as file:
        file.attrs["model_config"] = json.dumps(
            older(json.loads(file.attrs["model_config"]))
        )
        first = file["model_weights/z"]
        first.move("z/bias:0", "z/y:0")
        first.attrs["weight_names"] = [b"z/kernel:0", b"z/y:0"]
        weights = [
            weight
            for layer in file["model_weights"].attrs["layer_names"]
            for weight in file["model_weights"][layer].attrs["weight_names"]
        ]
        group = file["optimizer_weights"]
        steps, *slots = group.attrs["weight_names"]
        order = np.argsort(weights)
        assert list(order) == [3, 2, 0, 1]
        series = [slots[: len(weights)], slots[len(weights) :]]
        sorted_slots = [one[place] for one in series for place in order]
        group.attrs["weight_names"] = [steps, *sorted_slots]
    with K.use("tensorflow"):
        model = load_model(path)
    EXPECTED.check_training(model, name)
