"""Looking at a file without building it or importing what it names."""

import json
from contextlib import suppress
from pathlib import Path

import h5py
import numpy as np
import pytest
from hostile_files import layer, sequential, write_config
from hypothesis import given, settings
from hypothesis import strategies as st
from oneiros import backend as K
from oneiros import plugins, registry
from oneiros.activations import relu
from oneiros.engine.layer import Layer
from oneiros.errors import ConfigError, FileFormatError, FileMissingError, OneirosError
from oneiros.layers import Dense, Lambda
from oneiros.models import Sequential, model_from_json
from oneiros_cli.file_tools.inspection import inspect_file
from processes import run_python

MODELS = Path(__file__).resolve().parents[1] / "golden" / "models"
INDEX = json.loads((MODELS / "index.json").read_text(encoding="utf-8"))["models"]
OWN = {"ScaleLayer", "my_loss", "swishlike"}


def one_layer(class_name, **arguments):
    return sequential(layer(class_name, **arguments))


# What is found


@pytest.mark.parametrize("golden", INDEX, ids=lambda golden: golden["name"])
def test_what_keras_said_of_its_models_is_found_in_its_files(golden):
    inspection = inspect_file(MODELS / f"{golden['name']}.h5")
    assert (inspection.holds, inspection.format, inspection.keras_version) == (
        "a whole model",
        "hdf5",
        "1.2.2",
    )
    assert (inspection.model, inspection.parameters) == (
        golden["class_name"],
        golden["count_params"],
    )
    names = [layer.where for layer in inspection.layers]
    assert set(golden["layer_names"]) <= {name.rpartition("/")[2] for name in names}
    assert {each.name for each in inspection.missing} <= OWN
    assert inspection.loads == (not golden["custom_objects"] and not inspection.refused)
    stored = {weight.name for layer in inspection.layers for weight in layer.weights}
    with h5py.File(MODELS / f"{golden['name']}.h5") as file:
        groups = file["model_weights"].values()
        assert stored == {
            name.decode() for group in groups for name in group.attrs["weight_names"]
        }


def test_layers_are_described_as_far_as_their_arguments_tell():
    inspection = inspect_file(MODELS / "seq_conv2d_th.h5")
    first, pooling, *_ = inspection.layers
    assert (first.where, first.class_name) == ("convolution2d_1", "Convolution2D")
    assert first.input_shape == "(None, 2, 8, 8)"
    assert [(weight.name, weight.shape, weight.dtype) for weight in first.weights] == [
        ("convolution2d_1_W:0", (3, 2, 3, 3), "float32"),
        ("convolution2d_1_b:0", (3,), "float32"),
    ]
    assert (pooling.input_shape, pooling.parameters) == ("", 0)
    assert (
        inspection.optimizer_weights == 17
        and inspection.training["loss"] == "categorical_crossentropy"
    )
    assert inspection.trained_on == "tensorflow"


def test_connections_of_a_graph():
    layers = {
        layer.where: layer
        for layer in inspect_file(MODELS / "nested_model_in_model.h5").layers
    }
    assert layers["inner"].inbound == ["input_1", "input_2"] and layers[
        "inner/inner_d2"
    ].inbound == ["inner_d1"]
    assert layers["inner"].parameters == 43 and layers["inner/inner_d1"].parameters == 0
    assert layers["input_1"].input_shape == "(None, 4)"


def test_weights_alone_and_configurations_alone(tmp_path):
    inspection = inspect_file(MODELS / "seq_conv2d_th_weights.h5")
    assert (inspection.holds, inspection.model, inspection.parameters) == (
        "weights",
        None,
        172,
    ) and inspection.loads
    config = inspect_file(MODELS / "seq_conv2d_th.json")
    assert (config.holds, config.format, config.model) == (
        "a configuration",
        "json",
        "Sequential",
    )
    assert [layer.where for layer in config.layers] == [
        layer.where for layer in inspect_file(MODELS / "seq_conv2d_th.h5").layers
    ]


def test_kernels_of_what_is_saved_here_are_tensorflows(tmp_path):
    with K.use("theano"):
        Sequential([Dense(2, input_dim=3)]).save(tmp_path / "m.h5")
    inspection = inspect_file(tmp_path / "m.h5")
    assert (inspection.trained_on, inspection.kernels) == ("theano", "tensorflow")


def keras_2(*layers):
    """Returns a configuration of Keras 2, with initializers as it has them."""
    scaling = {"class_name": "VarianceScaling", "config": {"scale": 1.0}}
    entries = []
    for class_name, arguments in layers:
        initializer = {} if "layer" in arguments else {"kernel_initializer": scaling}
        entries.append({"class_name": class_name, "config": arguments | initializer})
    return {"class_name": "Sequential", "config": {"name": "s", "layers": entries}}


def test_of_keras_2_only_the_layers_that_cannot_be_read_are_refused(tmp_path):
    config = keras_2(
        ("Conv2D", {"name": "c", "filters": 3, "kernel_size": [2, 2]}),
        ("Peephole", {"name": "a"}),
        ("GRU", {"name": "g", "units": 2, "reset_after": True}),
        ("TimeDistributed", {"name": "t", "layer": keras_2(("Odd", {"name": "o"}))}),
        ("Dense", {"name": "d", "units": 3}),
    )
    inspection = inspect_file(
        write_config(tmp_path / "m.h5", config, keras_version="2.2.4")
    )
    assert [(layer.where, layer.class_name) for layer in inspection.layers] == [
        ("c", "Convolution2D"),
        ("a", "Peephole"),
        ("g", "Keras2GRU"),
        ("t", "TimeDistributed"),
        ("t/Sequential", "Sequential"),
        ("t/Sequential/o", "Odd"),
        ("d", "Dense"),
    ]
    assert inspection.missing == [] and not inspection.loads
    assert [refusal.where for refusal in inspection.refused] == ["a", "t/Sequential/o"]


def test_what_a_model_of_keras_2_was_compiled_with(tmp_path):
    path = write_config(
        tmp_path / "m.h5",
        keras_2(("Dense", {"name": "d", "units": 3, "batch_input_shape": [None, 4]})),
        keras_version="2.2.4",
    )
    adam = {"class_name": "Adam", "config": {"lr": 0.5, "amsgrad": False}}
    training = {"optimizer_config": adam, "loss": "mse", "metrics": ["acc"]}
    with h5py.File(path, "r+") as file:
        file.attrs["training_config"] = json.dumps(training)
    inspection = inspect_file(path)
    assert inspection.training["optimizer_config"]["class_name"] == "Adam"
    assert inspection.training["optimizer_config"]["config"]["lr"] == 0.5
    assert (inspection.training["loss"], inspection.uncompiled, inspection.loads) == (
        "mse",
        "",
        True,
    )
    adam["config"]["amsgrad"] = True
    with h5py.File(path, "r+") as file:
        file.attrs["training_config"] = json.dumps(training)
    inspection = inspect_file(path)
    optimizer = inspection.training["optimizer_config"]
    assert (optimizer["class_name"], inspection.uncompiled) == ("Keras2Adam", "")
    assert optimizer["config"]["amsgrad"]
    adam["config"]["use_ema"] = True
    with h5py.File(path, "r+") as file:
        file.attrs["training_config"] = json.dumps(training)
    inspection = inspect_file(path)
    assert inspection.loads and "use_ema=True" in inspection.uncompiled
    assert inspection.training == training


def test_json_within_a_string_of_json(tmp_path):
    """`json.dump(model.to_json(), file)` writes it so."""
    with K.use("theano"):
        model = Sequential([Dense(2, input_dim=3, name="d")])
    (tmp_path / "m.json").write_text(json.dumps(model.to_json()))
    inspection = inspect_file(tmp_path / "m.json")
    assert (inspection.model, inspection.format, inspection.loads) == (
        "Sequential",
        "json",
        True,
    )
    with K.use("theano"):
        text = (tmp_path / "m.json").read_text()
        assert model_from_json(text).get_config() == model.get_config()
    (tmp_path / "m.json").write_text('"text"')
    with pytest.raises((ConfigError, FileFormatError)):
        inspect_file(tmp_path / "m.json")


def test_the_origin_of_what_is_missing_is_told(tmp_path):
    record = {
        "layer:Dense": {"distribution": "oneiros-layers-core", "version": "9.9"},
        "layer:Loud": {"distribution": "their-lab", "version": "2.0"},
    }
    config = one_layer("Loud", name="a", activation="relu")
    inspection = inspect_file(
        write_config(tmp_path / "m.h5", config, oneiros_provenance=json.dumps(record))
    )
    (missing,) = inspection.missing
    assert (missing.name, missing.where) == (
        "Loud",
        ["a"],
    ) and "their-lab 2.0" in missing.origin
    assert not inspection.loads


def test_values_that_are_no_numbers_are_counted(tmp_path):
    model = Sequential([Dense(2, input_dim=3, name="d")])
    model.set_weights([np.array([[1, np.nan], [np.inf, 2], [3, 4]]), np.zeros(2)])
    model.save(tmp_path / "m.h5")
    kernel, bias = inspect_file(tmp_path / "m.h5").layers[0].weights
    assert (kernel.unusual, bias.unusual) == (2, 0)


# What would be refused


@pytest.mark.parametrize(
    "value",
    [["4wEAAAA=", None, None], "<lambda>", {"class_name": "__function__", "name": "f"}],
)
@pytest.mark.parametrize("argument", ["function", "output_shape"])
def test_functions_that_no_file_holds(argument, value, tmp_path):
    config = one_layer(
        "Lambda", name="l", **{argument: value, f"{argument}_type": "lambda"}
    )
    outer = one_layer("TimeDistributed", name="t", layer=config["config"][0])
    (refusal,) = inspect_file(write_config(tmp_path / "m.h5", outer)).refused
    assert (
        refusal.where == "t/l"
        and f"functions={{'l': {{'{argument}': fn}}}}" in refusal.reason
    )


def test_functions_of_plugins_are_fine(tmp_path):
    with K.use("theano"):
        Sequential([Lambda(relu, input_shape=(3,))]).save(tmp_path / "m.h5")
    assert inspect_file(tmp_path / "m.h5").loads


def test_an_imported_class_tells_itself(tmp_path):
    class Open(Layer):
        loadable = True

    class Closed(Open):
        pass

    with (
        registry.register("layer", "Open", Open),
        registry.register("layer", "Closed", Closed),
    ):
        refused = [
            inspect_file(write_config(tmp_path / "m.h5", one_layer(n))).refused
            for n in ("Open", "Closed")
        ]
    assert [len(each) for each in refused] == [0, 1]


@pytest.mark.parametrize(
    "name",
    ["os.system", "K", "SGD", "relu", "../../x", "oneiros_saving.saving:load_model"],
)
def test_names_that_are_no_layers_are_missing(name, tmp_path):
    (missing,) = inspect_file(write_config(tmp_path / "m.h5", one_layer(name))).missing
    assert (missing.kind, missing.name) == ("layer", name)


# What can't be looked at


SMALL = (
    "finder",
    "manifest",
    "migrations",
    "constraint",
    "optimizer",
    "regularizer",
    "keras_1_0",
    "user_warnings",
)
"""Modules that inspecting, and starting Python, imports: finders of `keras` and
`theano`, manifests, tables, base classes and what these need."""


def test_nothing_that_a_file_names_is_imported(tmp_path):
    files = [
        *MODELS.glob("*_th.h5"),
        MODELS / "func_multi_io.h5",
        MODELS / "seq_conv2d_th.json",
    ]
    evil = write_config(tmp_path / "m.h5", one_layer("antigravity"))
    code = """
import json, sys
from oneiros_cli.file_tools.inspection import inspect_file
for path in sys.argv[1:]:
    inspect_file(path).asdict()
print(json.dumps(sorted(sys.modules)))
"""
    done = run_python(code, *files, evil)
    imported = set(json.loads(done.stdout))
    engines = {"pytensor", "tensorflow", "jax", "numba", "antigravity"}
    allowed = ("cli.file_tools", "old_files", "safe_files", "saving", "training.parts")
    modules = {
        entry.reference.partition(":")[0]
        for kind in (
            "layer",
            "activation",
            "initialization",
            "objective",
            "optimizer",
            "backend",
            "regularizer",
        )
        for providers in plugins.manager().entries[kind].values()
        for entry in providers
        if entry.distribution != "oneiros-kernel"
    }
    assert len(modules) > 20 and not imported & (engines | modules)
    own = {name for name in imported if name.startswith("oneiros_")}
    unexpected = {
        name
        for name in own
        if not name.startswith(tuple(f"oneiros_{part}" for part in allowed))
        and name.rpartition(".")[2] not in SMALL
        and "." in name
    }
    assert unexpected == set()


WORDS = st.sampled_from(["Model", "Sequential", "Dense", "Lambda", "relu", "x"])
KEYS = st.sampled_from(
    ["class_name", "config", "layers", "inbound_nodes", "name", "function", "layer"]
)
ODD = st.recursive(
    WORDS | st.none() | st.integers(-1, 3) | st.booleans(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner),
    max_leaves=30,
)


@settings(max_examples=100)
@given(st.fixed_dictionaries({"class_name": WORDS, "config": ODD}), ODD)
def test_configurations_of_any_shape_are_survived(tmp_path, config, training):
    path = write_config(tmp_path / "m.h5", config, training={"loss": training})
    with suppress(OneirosError):
        assert len(inspect_file(path).layers) <= json.dumps(config).count("class_name")


def test_what_is_no_model_file(tmp_path):
    with pytest.raises(FileMissingError):
        inspect_file(tmp_path / "none.h5")
    for content, said in (
        (b"\x7fELF", "isn't a model file"),
        (b"PK\x03\x04", "isn't a zip archive"),
        (b'{"class_name"', "isn't JSON"),
        (b"{\xff", "UTF-8"),
    ):
        (tmp_path / "m.bin").write_bytes(content)
        with pytest.raises((ConfigError, FileFormatError), match=said):
            inspect_file(tmp_path / "m.bin")
    (tmp_path / "list.json").write_text('{"layers": []}')
    with pytest.raises(
        FileFormatError, match=r"list\.json isn't a model's configuration"
    ):
        inspect_file(tmp_path / "list.json")
