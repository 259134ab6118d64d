"""HDF5 files have the layout of Keras 1.2.2.

Its own files, read and written again, come out the same.
"""

from pathlib import Path

import h5py
import numpy as np
import pytest
from oneiros.errors import FileFormatError
from oneiros.saving import Budget, ModelState
from oneiros_saving.formats.hdf5 import HDF5Format

MODELS = Path(__file__).resolve().parents[1] / "golden" / "models"
FILES = sorted(MODELS.glob("*.h5"))


def test_there_are_files_of_both_sorts():
    weights_only = [path for path in FILES if path.stem.endswith("_weights")]
    assert (len(FILES), len(weights_only)) == (80, 40)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_genuine_file_read_and_written_comes_out_the_same(path, tmp_path, describe):
    state = HDF5Format().read(path, Budget())
    HDF5Format().write(tmp_path / "copy.h5", state)
    assert describe(tmp_path / "copy.h5") == describe(path)


def test_layers_may_have_the_names_of_keras_3_s_groups(tmp_path):
    named = [("layers/W:0", np.ones((2, 3), "float32"))]
    state = ModelState(weights=[("layers", named), ("cells", [])])
    HDF5Format().write(tmp_path / "w.h5", state)
    read = HDF5Format().read(tmp_path / "w.h5", Budget())
    assert [name for name, _ in read.weights] == ["layers", "cells"]


def test_files_that_newer_h5py_wrote_for_old_keras_are_read(tmp_path):
    """Under h5py 3 Keras 1 stored lists of names with variable length, and JSON as
    UTF-8."""
    with h5py.File(tmp_path / "w.h5", "w") as file:
        file.attrs["layer_names"] = [b"dense_1", b"dropout_1"]
        group = file.create_group("dense_1")
        group.attrs["weight_names"] = [b"dense_1_W"]
        group["dense_1_W"] = np.ones((2, 3), ">f8")
        file.create_group("dropout_1").attrs["weight_names"] = []
        file.attrs["backend"] = "theano é"
    (first, arrays), second = HDF5Format().read(tmp_path / "w.h5", Budget()).weights
    assert (first, second) == ("dense_1", ("dropout_1", []))
    assert arrays[0][1].dtype == np.dtype("float64") and arrays[0][1].dtype.isnative


@pytest.mark.parametrize("attribute", ["layer_names", "weight_names"])
def test_a_name_twice_is_refused(attribute, tmp_path):
    with h5py.File(tmp_path / "w.h5", "w") as file:
        file.attrs["layer_names"] = np.array(
            [b"a", b"a" if attribute == "layer_names" else b"b"]
        )
        for layer in "ab":
            group = file.create_group(layer)
            group.attrs["weight_names"] = np.array(
                [b"w", b"w" if attribute == "weight_names" else b"v"]
            )
            group["w"] = group["v"] = np.zeros(2)
    with pytest.raises(
        FileFormatError, match=rf"w\.h5: '{attribute}' of '.*' names '[aw]' twice"
    ):
        HDF5Format().read(tmp_path / "w.h5", Budget())


def test_an_hdf5_file_of_something_else_is_told_apart(tmp_path):
    with h5py.File(tmp_path / "data.h5", "w") as file:
        file["measurements"] = np.arange(5)
    with pytest.raises(
        FileFormatError,
        match=r"data\.h5 has no 'layer_names' at '/': it isn't a Keras model",
    ):
        HDF5Format().read(tmp_path / "data.h5", Budget())


def test_a_missing_array_is_named(tmp_path):
    with h5py.File(tmp_path / "w.h5", "w") as file:
        file.attrs["layer_names"] = np.array([b"dense_1"])
        file.create_group("dense_1").attrs["weight_names"] = np.array([b"dense_1_W"])
    with pytest.raises(
        FileFormatError, match=r"w\.h5 has nothing at '/dense_1/dense_1_W'"
    ):
        HDF5Format().read(tmp_path / "w.h5", Budget())


def test_the_head_of_a_file_decides_not_its_name():
    head = (MODELS / "seq_opt_adam.h5").read_bytes()[:512]
    assert HDF5Format().recognises(head)
    for other in (b"", b"PK\x03\x04" + head, b"{}", head[1:]):
        assert not HDF5Format().recognises(other)


@pytest.mark.parametrize("letter", ["n", "ü", "層", "🧠"])
def test_long_names_of_layers_in_any_alphabet(letter, tmp_path):
    """HDF5 counts bytes in an attribute, up to 64 KB; beyond, lists of names are
    split."""
    names = [f"{letter * 400}_{number}" for number in range(100)]
    weights = [(name, [(f"{name}_W", np.ones(2))]) for name in names]
    HDF5Format().write(tmp_path / "w.h5", ModelState(weights=weights))
    read = HDF5Format().read(tmp_path / "w.h5", Budget()).weights
    assert [name for name, _ in read] == names
    assert [array for _, ((array, _),) in read] == [f"{name}_W" for name in names]
    with h5py.File(tmp_path / "w.h5") as file:
        parts = sorted(key for key in file.attrs if key.startswith("layer_names"))
        stored = {name.decode() for part in parts for name in file.attrs[part]}
    assert stored == set(names)
