"""HDF5Matrix and single arrays in files, against h5py, NumPy and PyTables."""

import gc
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oneiros.errors import (
    ArgumentError,
    DataError,
    FileAccessError,
    FileFormatError,
    FileMissingError,
    UnsafeFileError,
)
from oneiros.saving import Budget
from oneiros.utils.io_utils import (
    HDF5Matrix,
    ask_to_proceed_with_overwrite,
    load_array,
    save_array,
)
from small_models import compiled_dense

ROWS = np.arange(60, dtype="float32").reshape(20, 3)
DATA = Path(__file__).parent.parent / "data"


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """A file with the same rows, stored in several ways."""
    path = tmp_path_factory.mktemp("hdf5") / "data.h5"
    with h5py.File(path, "w") as file:
        file["x"] = ROWS
        file["group/deep"] = ROWS
        file.create_dataset("gzip", data=ROWS, compression="gzip", chunks=(4, 2))
        file.create_dataset("lzf", data=ROWS, compression="lzf")
        file["bytes"] = (ROWS * 4).astype("uint8")
        file["soft"] = h5py.SoftLink("/x")
        file["outside"] = h5py.ExternalLink(str(path), "/x")
        file.create_dataset("objects", data=["a"], dtype=h5py.string_dtype())
        file["scalar"] = 3.0
    return str(path)


keys = st.one_of(
    st.integers(-12, 11),
    st.slices(12).filter(lambda key: key.stop is None or key.stop <= 12),
    st.lists(st.integers(-12, 11)),
    st.lists(st.integers(0, 11), min_size=1).map(np.array),
    st.lists(st.booleans(), min_size=12, max_size=12).map(np.array),
)


@pytest.mark.parametrize("name", ["x", "/group/deep", "gzip", "lzf"])
@given(key=keys)
def test_rows_are_those_of_the_array(path, name, key):
    matrix = HDF5Matrix(path, name, start=5, end=17)
    index = np.array(key, int) if isinstance(key, list) else key
    np.testing.assert_array_equal(matrix[key], ROWS[5:17][index])


@pytest.mark.parametrize(
    "key",
    [12, -13, [0, 12], [-13], np.array([12]), slice(0, 13), (0, 1), "a", [0.5], [[1]]],
)
def test_rows_beyond_are_an_index_error(path, key):
    with pytest.raises(IndexError, match="HDF5Matrix"):
        HDF5Matrix(path, "x", start=5, end=17)[key]


def test_it_describes_itself(path):
    matrix = HDF5Matrix(path, "x", 5, 17)
    assert (matrix.start, matrix.end, matrix.normalizer) == (5, 17, None)
    assert len(matrix) == 12 and matrix.shape == (12, 3) and matrix.ndim == 2
    assert matrix.dtype == "float32" and matrix.data.name == "/x"
    np.testing.assert_array_equal(np.asarray(matrix), ROWS[5:17])
    np.testing.assert_array_equal(np.array(list(matrix)), ROWS[5:17])
    assert np.asarray(matrix, "int16").dtype == "int16"


def test_a_normalizer_is_applied_to_what_is_read(path):
    matrix = HDF5Matrix(path, "bytes", normalizer=lambda rows: rows[..., :2] / 255)
    assert matrix.shape == (20, 2) and matrix.dtype == "float64"
    expected = (ROWS * 4).astype("uint8")[:, :2] / 255
    np.testing.assert_array_equal(matrix[[7, 3, 7]], expected[[7, 3, 7]])
    np.testing.assert_array_equal(matrix[4], expected[4])


def test_a_file_is_open_once_and_as_long_as_it_is_used(path):
    one, two = HDF5Matrix(path, "x"), HDF5Matrix(path, "gzip")
    file = HDF5Matrix.refs[path]
    assert file and one.data.file == two.data.file == file
    del one, two, file
    gc.collect()
    assert path not in HDF5Matrix.refs


def test_a_file_that_was_closed_is_opened_again(path):
    matrix = HDF5Matrix(path, "x")
    HDF5Matrix.refs[path].close()
    np.testing.assert_array_equal(HDF5Matrix(path, "x")[:], ROWS)
    model = compiled()
    with pytest.raises(DataError, match="file is closed"):
        model.predict(matrix)


def test_a_file_that_was_replaced_is_opened_anew(tmp_path):
    path = tmp_path / "a.h5"
    save_array(ROWS, path)
    old = HDF5Matrix(path, "data")
    save_array(ROWS + 1, path)
    new = HDF5Matrix(path, "data")
    np.testing.assert_array_equal(old[:], ROWS)
    np.testing.assert_array_equal(new[:], ROWS + 1)


def test_a_relative_path_is_that_of_the_working_folder(tmp_path, monkeypatch):
    matrices = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        monkeypatch.chdir(tmp_path / name)
        save_array(ROWS + len(matrices), "a.h5")
        matrices.append(HDF5Matrix("a.h5", "data"))
    np.testing.assert_array_equal(matrices[1][:], ROWS + 1)


@pytest.mark.parametrize(
    "arguments", [{"start": 21}, {"end": 21}, {"start": 5, "end": 4}]
)
def test_ranges_lie_in_the_array(path, arguments):
    with pytest.raises(ArgumentError, match=r"HDF5Matrix received end=.*array's 20"):
        HDF5Matrix(path, "x", **arguments)


@pytest.mark.parametrize(
    ("name", "error", "message"),
    [
        ("soft", UnsafeFileError, "a soft link is never followed"),
        ("outside", UnsafeFileError, "a link to another file is never followed"),
        ("../x", UnsafeFileError, "leads out"),
        ("objects", UnsafeFileError, "no rows of numbers"),
        ("scalar", UnsafeFileError, "no rows of numbers"),
        ("group", FileFormatError, r"is a group, with \['deep'\]"),
        ("nothing", FileFormatError, "has nothing at '/nothing'"),
    ],
)
def test_what_is_no_array_of_the_file(path, name, error, message):
    with pytest.raises(error, match=message):
        HDF5Matrix(path, name)


def test_data_in_other_files_is_refused(tmp_path):
    (tmp_path / "secret").write_bytes(bytes(80))
    with h5py.File(tmp_path / "a.h5", "w") as file:
        outside = [(str(tmp_path / "secret"), 0, 80)]
        file.create_dataset("x", (10,), "f8", external=outside)
        layout = h5py.VirtualLayout((20, 3), "f4")
        layout[:] = h5py.VirtualSource(str(tmp_path / "b.h5"), "x", (20, 3))
        file.create_virtual_dataset("v", layout)
    for name in ("x", "v"):
        with pytest.raises(UnsafeFileError, match="in another file"):
            HDF5Matrix(tmp_path / "a.h5", name)


def test_no_file_and_no_hdf5(tmp_path):
    with pytest.raises(FileMissingError, match=r"no file .*missing\.h5"):
        HDF5Matrix(tmp_path / "missing.h5", "x")
    (tmp_path / "text").write_text("no HDF5")
    with pytest.raises(FileFormatError, match="isn't HDF5"):
        HDF5Matrix(tmp_path / "text", "x")


def compiled():
    model = compiled_dense(3, 2)
    model.set_weights([np.full((3, 2), 0.01, "float32"), np.zeros(2, "float32")])
    return model


def halved(rows):
    return rows / 64


@pytest.mark.parametrize("shuffle", [False, True])
def test_it_trains_in_any_order(path, shuffle):
    check_training(path, shuffle)


def test_it_trains_as_the_array_does(path):
    check_training(path, "batch")


def check_training(path, shuffle):
    """Checks that training, evaluating and predicting give what they do on arrays."""
    x = HDF5Matrix(path, "x", 2, 16, normalizer=halved)
    y = HDF5Matrix(path, "gzip", 2, 16, normalizer=lambda rows: rows[:, :2] / 64)
    arrays = ROWS[2:16] / 64, ROWS[2:16, :2] / 64
    results = []
    for inputs, targets in ((x, y), arrays):
        model = compiled()
        np.random.seed(3)
        history = model.fit(
            inputs, targets, batch_size=4, nb_epoch=2, shuffle=shuffle, verbose=0
        )
        loss = model.evaluate(inputs, targets, batch_size=5, verbose=0)
        results.append([*history.history["loss"], loss, model.predict(inputs).sum()])
    np.testing.assert_allclose(*results, rtol=1e-5)


# Single arrays


@pytest.mark.parametrize("dtype", ["float32", "int8", "uint16", "bool", "S3", "c8"])
def test_arrays_are_kept_exactly(tmp_path, dtype):
    array = np.arange(12).reshape(3, 4).astype(dtype)
    save_array(array, str(tmp_path / "a.h5"))
    save_array(array, tmp_path / "a.h5")
    content = load_array(tmp_path / "a.h5")
    np.testing.assert_array_equal(content, array)
    assert content.dtype == array.dtype
    assert [each.name for each in tmp_path.iterdir()] == ["a.h5"]


def test_what_pytables_wrote_is_read():
    """PyTables 3.11 wrote the files, as `save_array` of Keras 1 does, but in one small
    chunk."""
    floats = DATA / "pytables_floats.h5"
    np.testing.assert_array_equal(load_array(floats), ROWS)
    np.testing.assert_array_equal(HDF5Matrix(floats, "data")[:], ROWS)
    booleans = load_array(DATA / "pytables_booleans.h5")
    assert booleans.dtype == bool and booleans.tolist() == [True, False, True]


def test_arrays_that_are_none_are_refused(tmp_path):
    with pytest.raises(ArgumentError, match="object"):
        save_array(np.array([None]), tmp_path / "a.h5")
    with pytest.raises(FileMissingError, match=r"a\.h5"):
        load_array(tmp_path / "a.h5")


@pytest.mark.parametrize(
    ("shape", "storage", "message"),
    [
        ((1 << 33,), {}, "claims 68,719,476,736 bytes but stores fewer"),
        ((1 << 33,), {"chunks": (1 << 10,)}, "68,719,476,736 for arrays in all"),
        ((3,), {"chunks": (1 << 28,), "maxshape": (None,)}, "needs 2,147,483,648 byt"),
        ((1, 1 << 33), {"chunks": (1, 1 << 10)}, "needs 68,719,476,736 bytes"),
    ],
)
def test_small_files_that_claim_large_arrays_are_refused(
    tmp_path, shape, storage, message
):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("data", shape, "f8", **storage)
    assert (tmp_path / "a.h5").stat().st_size < 10_000
    with pytest.raises(UnsafeFileError, match=message):
        load_array(tmp_path / "a.h5")


def test_a_budget_says_how_large_an_array_may_be(tmp_path):
    save_array(ROWS, tmp_path / "a.h5")
    with pytest.raises(UnsafeFileError, match="budget=oneiros"):
        load_array(tmp_path / "a.h5", budget=Budget(array_bytes=239))
    content = load_array(tmp_path / "a.h5", budget=Budget(array_bytes=240))
    np.testing.assert_array_equal(content, ROWS)


def test_a_filter_that_is_missing_is_named():
    """PyTables wrote it with Blosc."""
    with pytest.raises(FileFormatError, match=r"filter 32001.*pip install hdf5plugin"):
        load_array(DATA / "pytables_blosc.h5")


def test_the_question_is_asked_until_it_is_answered(monkeypatch):
    asked = []
    answers = iter(["", "maybe", "Yes"])

    def answer(question):
        asked.append(question)
        return next(answers)

    monkeypatch.setattr("builtins.input", answer)
    assert ask_to_proceed_with_overwrite("a.h5") is True
    assert asked[0].startswith("a.h5 exists") and len(asked) == 3
    monkeypatch.setattr("builtins.input", lambda question: "n")
    assert ask_to_proceed_with_overwrite("a.h5") is False


READINGS = {
    "slice": lambda path: HDF5Matrix(path, "data")[:],
    "rows": lambda path: HDF5Matrix(path, "data")[[1, 5]],
    "row": lambda path: HDF5Matrix(path, "data")[1],
    "whole": load_array,
}


@pytest.mark.parametrize("reading", READINGS)
def test_damaged_rows_are_named(tmp_path, reading):
    """h5py's OSError came through."""
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        data = file.create_dataset("data", (20,), "f4", chunks=(20,), compression=9)
        data.id.write_direct_chunk((0,), b"no gzip at all")
    with pytest.raises(FileFormatError, match=r"a\.h5 is damaged.*reading '/data'"):
        READINGS[reading](path)


def test_rows_that_need_more_memory_than_there_is(tmp_path):
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        file.create_dataset("data", (1 << 50,), "f4", chunks=(1024,))
    with pytest.raises(FileAccessError, match=r"a\.h5: Cannot allocate memory"):
        HDF5Matrix(path, "data")[:]
