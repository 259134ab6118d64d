"""Weights in safetensors: a round trip, and another program that reads them."""

import json
import os
import stat
import sys
from contextlib import contextmanager

import numpy as np
import pytest
from oneiros import backend as K
from oneiros.errors import (
    ArgumentError,
    CapabilityError,
    FileFormatError,
    UnsafeFileError,
)
from oneiros.layers import BatchNormalization, Dense
from oneiros.models import Sequential
from oneiros.saving import Budget, ModelState
from oneiros_cli.file_tools.conversion import convert
from oneiros_cli.file_tools.inspection import inspect_file
from oneiros_safe_files import safetensors_file
from oneiros_safe_files.file_access import open_counted
from oneiros_saving.formats.safetensors import SafetensorsFormat
from safetensors import safe_open
from safetensors.numpy import load_file, save_file


@pytest.fixture(autouse=True)
def on_tensorflow():
    with K.use("tensorflow"):
        yield


def network():
    first, last = Dense(3, input_dim=4, name="first"), Dense(2, name="last")
    return Sequential([first, BatchNormalization(name="norm"), last])


def test_weights_come_back_bit_by_bit(tmp_path):
    model, other = network(), network()
    model.save_weights(tmp_path / "w.safetensors")
    other.load_weights(tmp_path / "w.safetensors")
    np.testing.assert_equal(model.get_weights(), other.get_weights())


@pytest.mark.parametrize("suffix", [".h5", ".safetensors"])
@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o027, 0o640)])
def test_files_are_for_those_whom_the_umask_lets(tmp_path, umask, mode, suffix):
    path = tmp_path / f"w{suffix}"
    before = os.umask(umask)
    try:
        network().save_weights(path)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == mode


def test_the_file_that_was_checked_is_read(tmp_path, monkeypatch):
    """Even if another one, or a pipe, takes its place meanwhile."""
    path = tmp_path / "w.safetensors"
    network().save_weights(path)
    size = path.stat().st_size

    @contextmanager
    def exchanged(path, budget):
        with open_counted(path, budget) as opened:
            save_file({"W": np.zeros(3)}, path.with_suffix(".other"))
            path.with_suffix(".other").replace(path)
            yield opened

    monkeypatch.setattr(safetensors_file, "open_counted", exchanged)
    tensors, _ = safetensors_file.read_safetensors(path, Budget())
    assert len(tensors) == 8 and path.stat().st_size < size


def test_a_layer_that_a_file_names_twice(tmp_path):
    tensors = {"a/W": np.zeros(3), "a/b": np.zeros(3)}
    layers = json.dumps([["a", ["W"]], ["a", ["b"]]])
    metadata = {"format": "oneiros-format-safetensors", "layers": layers}
    save_file(tensors, tmp_path / "w.safetensors", metadata)
    with pytest.raises(ArgumentError, match=r"'a' can't be saved.*of another layer"):
        convert(tmp_path / "w.safetensors", tmp_path / "w.h5")


def test_by_name(tmp_path):
    network().save_weights(tmp_path / "w.safetensors")
    other = Sequential(
        [Dense(7, input_dim=3, name="new"), Dense(2, input_dim=3, name="other")]
    )
    with pytest.raises(FileFormatError, match="No name matches"):
        other.load_weights(tmp_path / "w.safetensors", by_name=True)
    part = Sequential([Dense(3, input_dim=4, name="first"), Dense(9, name="new")])
    part.load_weights(tmp_path / "w.safetensors", by_name=True)
    np.testing.assert_array_equal(
        part.get_weights()[0], load_file(tmp_path / "w.safetensors")["first/first_W:0"]
    )


def test_another_program_reads_them(tmp_path):
    model = network()
    model.save_weights(tmp_path / "w.safetensors")
    own = [
        (layer.name, [w.name.removesuffix(":0") for w in layer.weights])
        for layer in model.layers
    ]
    layers = [[layer, [f"{name}:0" for name in names]] for layer, names in own]
    names = [f"{layer}/{weight}" for layer, weights in layers for weight in weights]
    content = load_file(tmp_path / "w.safetensors")
    assert set(content) == set(names)
    for name, value in zip(names, model.get_weights(), strict=True):
        np.testing.assert_array_equal(content[name], value)
    with safe_open(tmp_path / "w.safetensors", "np") as file:
        metadata = file.metadata()
    assert (
        metadata["format"] == "oneiros-format-safetensors"
        and metadata["keras_version"] == "1.2.2"
    )
    assert json.loads(metadata["layers"]) == layers


@pytest.mark.parametrize(
    "dtype",
    ["f2", "f4", "f8", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "?", ">f4"],
)
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 0, 3), (2, 3)])
def test_arrays_of_all_types_and_orders(tmp_path, dtype, shape):
    value = np.asarray(
        np.arange(np.prod(shape, dtype=int)).reshape(shape), dtype, order="F"
    )
    SafetensorsFormat().write(
        tmp_path / "w", ModelState(weights=[("l", [("w", value), ("b", value)])])
    )
    ((_, ((name, read), _)),) = (
        SafetensorsFormat().read(tmp_path / "w", Budget()).weights
    )
    np.testing.assert_array_equal(read, value)
    assert (
        name == "w"
        and read.dtype == value.dtype.newbyteorder("=")
        and read.shape == shape
    )
    assert read.flags.writeable


def test_a_whole_model_is_refused_and_nothing_is_left(tmp_path):
    with pytest.raises(
        ArgumentError, match=r"only weights.*save_weights.*to_json.*\.h5"
    ):
        network().save(tmp_path / "m.safetensors")
    assert list(tmp_path.iterdir()) == []


def test_a_file_of_another_program_is_explained(tmp_path):
    save_file({"a": np.zeros(3)}, tmp_path / "w.safetensors")
    with pytest.raises(
        FileFormatError, match=r"wasn't written by Oneiros.*load_file.*set_weights"
    ):
        network().load_weights(tmp_path / "w.safetensors")


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ("[]", "holds tensors without a layer: l/w"),
        ('[["l", ["w", "v"]]]', "don't match its tensors"),
        ('[["l", ["w", "w"]]]', "don't match its tensors"),
        ('[["l", [1, null]]]', "don't match its tensors"),
        ("[[1, []]]", "holds tensors without a layer: l/w"),
        ("7", "don't match its tensors"),
        ("{", "don't match its tensors"),
    ],
)
def test_metadata_that_don_t_fit(tmp_path, layers, message):
    metadata = {"format": "oneiros-format-safetensors", "layers": layers}
    save_file({"l/w": np.zeros(3)}, tmp_path / "w.safetensors", metadata)
    with pytest.raises(FileFormatError, match=message):
        SafetensorsFormat().read(tmp_path / "w.safetensors", Budget())


def test_metadata_beyond_the_limits_are_refused(tmp_path):
    metadata = {"format": "oneiros-format-safetensors", "layers": "[" * 1000}
    save_file({"l/w": np.zeros(3)}, tmp_path / "w.safetensors", metadata)
    with pytest.raises(UnsafeFileError, match="nests deeper"):
        SafetensorsFormat().read(tmp_path / "w.safetensors", Budget())


def test_more_axes_than_arrays_have_are_refused(tmp_path):
    header = (
        b'{"l/w": {"dtype": "F32", "shape": ['
        + b"1, " * 99
        + b'1], "data_offsets": [0, 4]}}'
    )
    (tmp_path / "w.safetensors").write_bytes(
        len(header).to_bytes(8, "little") + header + bytes(4)
    )
    with pytest.raises(FileFormatError, match="maximum supported dimension"):
        SafetensorsFormat().read(tmp_path / "w.safetensors", Budget())


@pytest.mark.parametrize("name", ["m.json", "m.yaml"])
def test_texts_whose_ninth_byte_is_a_brace_are_texts(name, tmp_path):
    text = {
        "m.json": " " * 8 + '{"class_name": "Sequential", "config": []}',
        "m.yaml": "config: {}\nclass_name: Sequential\n",
    }[name]
    (tmp_path / name).write_text(text)
    assert inspect_file(tmp_path / name).format == name[2:]


def test_without_its_package_it_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "safetensors", None)
    monkeypatch.delitem(
        sys.modules, "oneiros_safe_files.safetensors_file", raising=False
    )
    model = Sequential([Dense(1, input_dim=1)])
    with pytest.raises(CapabilityError, match=r"'oneiros-saving\[safetensors\]'"):
        model.save_weights(tmp_path / "w.safetensors")


def test_a_type_that_the_format_lacks_is_told(tmp_path):
    complex_numbers = {"a": np.ones(2, "complex128")}
    with pytest.raises(ArgumentError, match=r"m\.safetensors can't be written"):
        safetensors_file.write_safetensors(
            tmp_path / "m.safetensors", complex_numbers, {}
        )
