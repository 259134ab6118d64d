"""The reader of HDF5 agrees with h5py on what h5py writes, and ends on what refers to
itself."""

import struct
import sys
from contextlib import contextmanager

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of
from oneiros.errors import FileFormatError, OneirosError, UnsafeFileError
from oneiros.saving import Budget
from oneiros_safe_files.hdf5 import open_hdf5
from oneiros_saving.formats.hdf5 import HDF5Format

VERSIONS = ["earliest", "v108", "v110", "latest"]
NAMES = st.text(
    st.characters(
        exclude_characters="/\0", exclude_categories=["Cc", "Cf", "Cs", "Zl", "Zp"]
    ),
    min_size=1,
).filter(lambda name: name.strip("."))
TYPES = st.sampled_from(["<f4", ">f8", "<f2", "|i1", "<u8", ">i4"])
SHAPES = arrays_of.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=6)
ARRAYS = TYPES.flatmap(lambda dtype: arrays_of.arrays(dtype, SHAPES))
STORAGE = st.fixed_dictionaries(
    {},
    optional={
        "compression": st.sampled_from(["gzip"]),
        "shuffle": st.booleans(),
        "fletcher32": st.booleans(),
        "chunks": st.booleans(),
    },
)
ATTRIBUTES = st.dictionaries(NAMES, st.lists(NAMES, min_size=1, max_size=3), max_size=9)


@given(
    st.dictionaries(NAMES, st.tuples(ARRAYS, STORAGE), max_size=20),
    ATTRIBUTES,
    st.sampled_from(VERSIONS),
    st.booleans(),
    st.sampled_from([0, 512, 2048]),
)
def test_everything_that_h5py_writes_is_read_as_it_was(
    tmp_path, arrays, attributes, libver, ordered, user_block
):
    path = tmp_path / "drawn.h5"
    with h5py.File(path, "w", libver=libver, userblock_size=user_block) as file:
        group = file.create_group("group", track_order=ordered)
        for name, (values, storage) in arrays.items():
            group.create_dataset(name, data=values, **stored(values, storage))
        for name, texts in attributes.items():
            group.attrs.create(name, texts, dtype=h5py.string_dtype())
            group.attrs.create(f"{name}_", [text.encode() for text in texts])
            group.attrs[f"{name}1"] = texts[0]
    with open_hdf5(path, Budget()) as root:
        group = root.group("group")
        for name, (values, _) in arrays.items():
            read = group.array(name)
            np.testing.assert_array_equal(read, values)
            assert read.dtype == values.dtype.newbyteorder("=")
        for name, texts in attributes.items():
            assert group.texts(name) == texts
            assert group.texts(f"{name}_") == [text.rstrip("\0") for text in texts]
            assert group.text(f"{name}1") == texts[0]
        assert root.unread() == []


def stored(values, storage):
    """Returns the arguments that h5py takes for values of this shape."""
    if not values.size or not values.ndim:
        return {}
    return {name: value or None for name, value in storage.items()}


ALLOWED = 3_000_000
"""How many calls, and returns from them, reading a small file may take, whatever it
says."""
SIGNATURES = (
    *(b"TREE", b"SNOD", b"HEAP", b"GCOL", b"OHDR", b"OCHK", b"BTHD", b"BTLF"),
    *(b"FRHP", b"FHDB", b"FHIB", b"FAHD", b"FADB"),
)


def write_model(path, libver="earliest", **storage):
    """Writes weights with each kind of structure; 60 names make indexes of two levels
    or heaps."""
    names = [f"w{index}" for index in range(60)]
    with h5py.File(path, "w", libver=libver) as file:
        file.attrs.create("layer_names", ["layer"], dtype=h5py.string_dtype())
        group = file.create_group("layer")
        group.attrs["weight_names"] = [name.encode() for name in names]
        for index in range(20):
            group.attrs[f"a{index}"] = "text"
        for name in names:
            group.create_dataset(name, data=np.arange(12.0).reshape(4, 3), **storage)


@contextmanager
def limited_calls(allowed):
    """Fails what calls more functions than it may."""
    count = 0

    def note(frame, event, argument):
        nonlocal count
        count += 1
        if count > allowed:
            raise AssertionError(f"more than {allowed} calls")

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        yield
    finally:
        sys.setprofile(before)


def read(content, tmp_path):
    """Reads a file, and fails if that takes too many calls."""
    path = tmp_path / "changed.h5"
    path.write_bytes(content)
    with limited_calls(ALLOWED):
        return HDF5Format().read(path, Budget())


def changed(content, position, layout, *values):
    changed = bytearray(content)
    struct.pack_into(layout, changed, position, *values)
    return bytes(changed)


@pytest.fixture
def old(tmp_path):
    write_model(tmp_path / "old.h5", chunks=(2, 3), compression="gzip")
    return (tmp_path / "old.h5").read_bytes()


@pytest.fixture
def new(tmp_path):
    write_model(tmp_path / "new.h5", "latest", chunks=(2, 3))
    return (tmp_path / "new.h5").read_bytes()


def test_both_are_read_unchanged(old, new, tmp_path):
    for content in (old, new):
        ((_, weights),) = read(content, tmp_path).weights
        assert len(weights) == 60
        np.testing.assert_array_equal(weights[-1][1], np.arange(12.0).reshape(4, 3))


def test_a_node_that_is_as_high_as_its_parent(old, tmp_path):
    node, other = old.index(b"TREE"), old.index(b"TREE", old.index(b"TREE") + 4)
    above = changed(changed(old, node + 5, "<BH", 1, 1), node + 32, "<Q", other)
    above = changed(above, other + 4, "<BB", 0, 1)
    with pytest.raises(FileFormatError, match="isn't below its parent"):
        read(above, tmp_path)


def test_blocks_that_share_their_bytes(tmp_path):
    """A small file would be unfolded to a large array, a block again and again."""
    path = tmp_path / "shared.h5"
    values = np.zeros((256, 1024), "u1")
    values[:8] = np.random.RandomState(0).randint(0, 255, (8, 1024))
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = [b"layer"]
        group = file.create_group("layer")
        group.attrs["weight_names"] = [b"w"]
        group.create_dataset("w", data=values, chunks=(8, 1024), compression="gzip")
    content = bytearray(path.read_bytes())
    entries = content.index(b"TREE\x01") + 24
    key_size = 32
    entry_size = key_size + 8
    for start in range(entries, entries + 32 * entry_size, entry_size):
        content[start : start + 4] = content[entries : entries + 4]
        content[start + key_size : start + entry_size] = content[
            entries + key_size : entries + entry_size
        ]
    with pytest.raises(UnsafeFileError, match="bytes read in all is over the limit"):
        read(bytes(content), tmp_path)


@given(st.data())
def test_whatever_a_structure_says_reading_ends(old, new, tmp_path, data):
    """Numbers in structures become addresses of structures, or extreme."""
    content = data.draw(st.sampled_from([old, new]))
    places = [
        place for signature in SIGNATURES for place in occurrences(content, signature)
    ]
    extremes = [0, 1, 2, 255, 0xFFFF, 1 << 31, (1 << 32) - 1, 1 << 63, (1 << 64) - 1]
    for _ in range(data.draw(st.integers(1, 4))):
        position = data.draw(st.sampled_from(places)) + data.draw(st.integers(4, 90))
        width = data.draw(st.sampled_from("BHIQ"))
        value = data.draw(st.sampled_from([*places, *extremes]))
        value %= 1 << 8 * struct.calcsize(width)
        if position + 8 <= len(content):
            content = changed(content, position, f"<{width}", value)
    try:
        read(content, tmp_path)
    except OneirosError as error:
        assert "changed.h5" in str(error)


def occurrences(content, signature):
    place = content.find(signature)
    while place >= 0:
        yield place
        place = content.find(signature, place + 1)
