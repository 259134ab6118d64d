"""Arguments of the wrong types, and paths that the system can't have, get a sentence of
ours; what Keras 1 took works.
"""

import io
import json
import os
from pathlib import Path

import h5py
import numpy as np
import pytest
from oneiros import backend as K
from oneiros.callbacks import Resume
from oneiros.errors import ArgumentError, ConfigError, FileMissingError, OneirosError
from oneiros.exports import export
from oneiros.layers import Dense
from oneiros.models import Sequential, load_model, model_from_json, model_from_yaml
from oneiros.utils.io_utils import HDF5Matrix, load_array, save_array
from oneiros_cli.file_tools.conversion import convert
from oneiros_cli.file_tools.inspection import inspect_file

HALF = "m\ud800.h5"
LONG = "a" * 300


@pytest.fixture(scope="module")
def model():
    with K.use("theano"):
        return Sequential([Dense(2, input_dim=3, name="d")])


@pytest.fixture
def saved(model, tmp_path, monkeypatch):
    """The path of a saved model, in the current folder."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "m.h5"
    model.save(path)
    return path


def readers(model):
    return {
        "load_model": load_model,
        "load_weights": model.load_weights,
        "by_name": lambda path: model.load_weights(path, by_name=True),
        "inspect": inspect_file,
        "convert": lambda path: convert(path, "new.h5", overwrite=True),
    }


def writers(model, saved):
    return {
        "save": model.save,
        "save_weights": lambda path: model.save_weights(path, overwrite=False),
        "convert": lambda path: convert(saved, path),
        "export": lambda path: export(model, path),
    }


ARRAYS = {
    "save_array": lambda path: save_array(np.zeros(3), path),
    "load_array": load_array,
    "HDF5Matrix": lambda path: HDF5Matrix(path, "data"),
}


class NoPath:
    def __fspath__(self):
        return 5


@pytest.mark.parametrize("name", ARRAYS)
def test_paths_of_single_arrays(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    os.mkfifo("fifo")
    for value in (None, 3, True, 1.5, b"a.h5", ["a.h5"], "a\0b", HALF):
        with pytest.raises(ArgumentError, match=f"{name}: .* must be a path"):
            ARRAYS[name](value)
    with pytest.raises(OneirosError, match=r"isn't a file|is a pipe"):
        ARRAYS[name]("fifo")
    with pytest.raises(OneirosError, match="too long"):
        ARRAYS[name](LONG)
    assert os.listdir() == ["fifo"] and not os.path.isfile("fifo")


def test_only_paths_are_read_or_written(model, saved):
    with h5py.File(saved) as closed:
        pass
    with open(saved, "rb") as file:
        values = [None, 3, True, 1.5, b"m.h5", ["m.h5"], {}, closed, file, np.zeros(2)]
        values += [io.BytesIO(saved.read_bytes()), object(), model, NoPath()]
        actions = [*readers(model).values(), *writers(model, saved).values(), Resume]
        for value in values:
            for action in actions:
                with pytest.raises(ArgumentError, match="must be a path"):
                    action(value)
    assert os.listdir() == ["m.h5"]


@pytest.mark.parametrize("name", ["load_model", "load_weights", "inspect", "convert"])
def test_paths_are_read(model, saved, name):
    for path in ("m.h5", Path("m.h5"), np.str_("m.h5")):
        readers(model)[name](path)


@pytest.mark.parametrize("path", [HALF, HALF.replace(".h5", ".onnx")])
def test_a_name_with_half_of_a_character(model, saved, path):
    actions = [*readers(model).values(), *writers(model, saved).values(), Resume]
    for action in actions:
        with pytest.raises(ArgumentError, match="must be a path"):
            action(path)


@pytest.mark.parametrize("suffix", [".h5", ".onnx", ".json"])
@pytest.mark.parametrize("name", [LONG, "/".join([LONG] * 30)])
def test_a_name_that_is_too_long(model, saved, name, suffix):
    path = f"{name}{suffix}"
    for action in readers(model).values():
        with pytest.raises(FileMissingError, match="There is no file at"):
            action(path)
    for action in writers(model, saved).values():
        with pytest.raises(OneirosError, match=r"too long|would be a text|names no"):
            action(path)
    assert os.listdir() == ["m.h5"]


@pytest.mark.slow
def test_a_run_can_t_be_kept_under_a_name_that_is_too_long(model):
    model.compile("sgd", "mse")
    x = np.zeros((4, 3))
    with K.use("theano"), pytest.raises(ArgumentError, match="too long"):
        model.fit(x, x[:, :2], 2, 1, 0, callbacks=[Resume(LONG)])


@pytest.mark.parametrize("source", ["fifo", "folder", "socket"])
def test_what_is_no_file_is_never_read_or_replaced(model, saved, source):
    make = {"fifo": os.mkfifo, "folder": os.mkdir, "socket": _socket}[source]
    make(source)
    for action in readers(model).values():
        with pytest.raises(FileMissingError, match=r"is a folder|is a pipe"):
            action(source)
    for action in (model.save, model.save_weights, lambda path: convert(saved, path)):
        with pytest.raises(ArgumentError, match=r"isn't a file|suffix"):
            action(source)


def _socket(path):
    import socket

    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path)


@pytest.mark.parametrize("value", [np.zeros(2), 3, "x", b"x", [1], object()])
@pytest.mark.parametrize(
    "argument", ["custom_objects", "functions", "budget", "plugins", "trained_on"]
)
def test_other_arguments_are_checked(golden_dir, value, argument):
    path = golden_dir / "models" / "seq_uncompiled.h5"
    with pytest.raises(OneirosError, match=argument):
        load_model(path, **{argument: value})


@pytest.mark.parametrize("argument", ["dim_ordering", "kernels", "trained_on"])
@pytest.mark.parametrize("value", [np.zeros(2), 3, "x", b"th", ["th"], ()])
def test_arguments_of_convert_are_checked(saved, argument, value):
    with pytest.raises(ArgumentError, match=f"received {argument}="):
        convert(saved, "new.h5", **{argument: value})


def test_texts_may_be_bytes_as_in_keras_1(model):
    with K.use("theano"):
        from_json = model_from_json(model.to_json().encode())
        from_yaml = model_from_yaml(model.to_yaml().encode())
    assert from_json.get_config() == from_yaml.get_config() == model.get_config()


def test_yaml_may_be_an_open_file_as_in_keras_1(model, tmp_path):
    path = tmp_path / "m.yaml"
    path.write_text(model.to_yaml())
    for mode in ("r", "rb"):
        with path.open(mode) as file, K.use("theano"):
            assert model_from_yaml(file).get_config() == model.get_config()
    with pytest.raises(ConfigError, match=r"can't be read: .*closed file"):
        model_from_yaml(file)


def test_a_numpy_text_is_a_text(model):
    with K.use("theano"):
        assert model_from_yaml(np.str_(model.to_yaml())).get_config()
        assert model_from_json(np.str_(model.to_json())).get_config()


@pytest.mark.parametrize("value", [None, 3, b"\xff", ["x"], io.BytesIO(b"\xff"), {}])
def test_what_is_no_text_is_told(value):
    for build in (model_from_json, model_from_yaml):
        with pytest.raises(ConfigError):
            build(value)


@pytest.mark.parametrize("layers", [[], {"name": "s", "layers": []}])
def test_a_model_without_layers_has_no_ordering(tmp_path, layers):
    config = {"class_name": "Sequential", "config": layers}
    source = tmp_path / "m.json"
    source.write_text(json.dumps(config))
    with pytest.raises(ArgumentError, match="has no layers"):
        convert(source, tmp_path / "n.json", dim_ordering="tf")


@pytest.mark.parametrize("budget", [0, 1, "x", [], {}])
def test_a_budget_is_checked_before_a_file_is_read(tmp_path, budget):
    path = tmp_path / "none.h5"
    for action in (load_model, load_array):
        with pytest.raises(ArgumentError, match="budget must be a Budget"):
            action(path, budget=budget)
