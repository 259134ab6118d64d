"""Data sets of strangers.

What NumPy and pickle wrote is read exactly, as long as it is plain data.
"""

import collections
import gzip
import pickle
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oneiros.errors import ArgumentError, FileFormatError, UnsafeFileError
from oneiros.saving import Budget
from oneiros_safe_files.npy import read_npz
from oneiros_safe_files.pickles import read_pickle

DTYPES = ("?", "i1", "u2", ">i4", "f2", "f4", ">f8", "c8", "S3", "U2")


def values(dtype, shape):
    return np.arange(np.prod(shape, dtype=int)).reshape(shape).astype(dtype)


def same(actual, expected):
    np.testing.assert_array_equal(actual, expected)
    assert (
        actual.dtype.newbyteorder("=") == expected.dtype.newbyteorder("=")
        and actual.shape == expected.shape
    )
    assert actual.flags.writeable


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 0, 3), (2, 3)])
def test_arrays_are_read_exactly(tmp_path, dtype, shape):
    arrays = {
        "c": values(dtype, shape),
        "f": np.asarray(values(dtype, shape), order="F"),
    }
    np.savez(tmp_path / "a.npz", **arrays)
    np.savez_compressed(tmp_path / "b.npz", **arrays)
    for name, value in arrays.items():
        same(read_npz(tmp_path / "a.npz", Budget())[name], value)
        same(read_npz(tmp_path / "b.npz", Budget())[name], value)
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        (tmp_path / "a.pkl").write_bytes(pickle.dumps(arrays, protocol))
        content = read_pickle(tmp_path / "a.pkl", Budget())
        for name, value in arrays.items():
            same(content[name], value)


def test_the_golden_arrays_are_read(golden_dir):
    content = read_npz(golden_dir / "layers.npz", Budget())
    with np.load(golden_dir / "layers.npz") as expected:
        assert set(content) == set(expected.files)
        for name in expected.files:
            np.testing.assert_array_equal(content[name], expected[name])


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.integers(0, 300)
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary()
)
VALUES = st.recursive(
    SCALARS,
    lambda values: (
        st.lists(values)
        | st.lists(values).map(tuple)
        | st.dictionaries(SCALARS, values)
        | st.sets(SCALARS)
    ),
)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_plain_data_is_what_python_unpickles(tmp_path, protocol):
    path = tmp_path / "d.pkl"

    @given(VALUES)
    def check(value):
        shared = [value, [value]]
        path.write_bytes(pickle.dumps([shared, shared, value], protocol))
        read = read_pickle(path, Budget())
        assert repr(read) == repr(pickle.loads(path.read_bytes()))
        assert read[0] is read[1]

    check()


def test_what_python_2_pickled_is_read(tmp_path):
    """`([[1, 2]], 'label', u'x', array([1, 2], int16), int64(3))` as Python 2.7 and
    NumPy 1.11 pickled it."""
    array = b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntS'b'\ntR"
    order = b"(I3\nS'<'\nNNNI-1\nI-1\nI0\ntb"
    state = (
        b"(I1\n(I2\ntcnumpy\ndtype\n(S'i2'\nI0\nI1\ntR"
        + order
        + b"I00\nS'\\x01\\x00\\x02\\x00'\ntb"
    )
    scalar = (
        b"cnumpy.core.multiarray\nscalar\n(cnumpy\ndtype\n(S'i8'\nI0\nI1\ntR" + order
    )
    number = b"S'\\x03\\x00\\x00\\x00\\x00\\x00\\x00\\x00'\ntR"
    data = (
        b"((lp0\n(lp1\nI1\naI2\naaS'label'\nVx\n"
        + array
        + state
        + scalar
        + number
        + b"t."
    )
    (tmp_path / "d.pkl").write_bytes(data)
    lists, label, text, big_endian, three = read_pickle(tmp_path / "d.pkl", Budget())
    assert (lists, label, text, three) == ([[1, 2]], b"label", "x", 3)
    same(big_endian, np.array([1, 2], "i2"))
    assert read_pickle(tmp_path / "d.pkl", Budget(), encoding="latin1")[1] == "label"


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (collections.OrderedDict(a=1), "collections.OrderedDict"),
        (print, "builtins.print"),
    ],
)
def test_other_objects_are_refused_by_name(tmp_path, value, name):
    (tmp_path / "d.pkl").write_bytes(
        pickle.dumps(value, 2).replace(b"__builtin__", b"builtins")
    )
    with pytest.raises(UnsafeFileError, match=rf"refers to '{name}'.*numpy\.savez"):
        read_pickle(tmp_path / "d.pkl", Budget())


@pytest.mark.parametrize("end", [b"", b"x", b"N."])
def test_truncated_and_continued_pickles_are_damage(tmp_path, end):
    data = pickle.dumps({"a": list(range(100))})
    (tmp_path / "d.pkl").write_bytes(data[:-1] if end == b"" else data + end)
    with pytest.raises(FileFormatError, match="damaged"):
        read_pickle(tmp_path / "d.pkl", Budget())


def test_a_refusal_shows_no_characters_that_control_a_terminal(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("\x1b[2Jx\n2026 forged.npy", b"")
    with pytest.raises(UnsafeFileError) as refusal:
        read_npz(tmp_path / "a.npz", Budget())
    assert str(refusal.value).isprintable()


def test_budgets_bound_arrays(tmp_path):
    np.savez(tmp_path / "a.npz", np.zeros(1000))
    (tmp_path / "a.pkl").write_bytes(pickle.dumps(np.zeros(1000)))
    for read, name in ((read_npz, "a.npz"), (read_pickle, "a.pkl")):
        with pytest.raises(
            UnsafeFileError, match=r"over the limit of 4,000 \(Budget\.array_bytes"
        ):
            read(tmp_path / name, Budget(array_bytes=4000))


def test_a_pickle_may_have_gzip_around_it(tmp_path):
    path = tmp_path / "d.pkl.gz"
    path.write_bytes(gzip.compress(pickle.dumps(list(range(1000)))))
    assert read_pickle(path, Budget()) == list(range(1000))
    with pytest.raises(UnsafeFileError, match=r"over the limit"):
        read_pickle(path, Budget(excess_bytes=100))
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(FileFormatError, match="damaged"):
        read_pickle(path, Budget())


def test_texts_that_python_2_wrote_in_lines_are_read(tmp_path):
    """`{'café': 1}` in Latin-1, as Python 2 pickled it with protocol 0."""
    (tmp_path / "d.pkl").write_bytes(b"(dp0\nS'caf\\xe9'\np1\nI1\ns.")
    path = tmp_path / "d.pkl"
    assert read_pickle(path, Budget(), encoding="latin1") == {"caf\xe9": 1}
    assert read_pickle(path, Budget()) == {b"caf\xe9": 1}


def test_arrays_of_lists_are_read_if_the_caller_says_so(tmp_path):
    lists = np.empty(3, object)
    lists[:] = [[1, 2], [], ["a"]]
    np.savez(tmp_path / "d.npz", lists=lists, numbers=np.arange(3))
    content = read_npz(tmp_path / "d.npz", Budget(), objects=True)
    assert content["lists"].tolist() == lists.tolist()
    assert content["numbers"].tolist() == [0, 1, 2]
    with pytest.raises(UnsafeFileError, match="holds object"):
        read_npz(tmp_path / "d.npz", Budget())
    lists[1] = print
    np.savez(tmp_path / "d.npz", lists=lists)
    with pytest.raises(UnsafeFileError, match=r"refers to 'builtins\.print'"):
        read_npz(tmp_path / "d.npz", Budget(), objects=True)


@pytest.mark.parametrize(
    "header",
    [b"{", b"((((", b"'''", b"{'descr': '<f4', 'shape': (1,", b"[][0]", b"\xff\xfe"],
)
def test_headers_that_python_can_t_read_are_damage(tmp_path, header):
    text = header.ljust(118) + b"\n"
    content = b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("b.npy", content + bytes(16))
    with pytest.raises(FileFormatError, match=r"at 'b\.npy', is damaged or not"):
        read_npz(tmp_path / "a.npz", Budget())


@pytest.mark.parametrize("field", list(vars(Budget())))
@pytest.mark.parametrize("value", ["x", [], None, True, -1, float("nan")])
def test_a_limit_that_is_no_number_is_named(field, value):
    message = f"Budget received {field}=.*Expected a number of at least 0, such as"
    with pytest.raises(ArgumentError, match=message):
        Budget(**{field: value})


def test_limits_may_be_numbers_of_numpy(tmp_path):
    budget = Budget(array_bytes=np.int16(200), excess_bytes=np.int16(100))
    np.savez(tmp_path / "a.npz", a=np.ones(1, "int8"))
    assert read_npz(tmp_path / "a.npz", budget)["a"] == 1
    assert Budget(seconds=np.float32(0.5), steps=0).seconds == 0.5
