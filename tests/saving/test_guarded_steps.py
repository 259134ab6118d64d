"""Small files can't ask for very many files, parts or operations; what genuine files
have is read.
"""

import gzip
import io
import itertools
import pickle
import struct
import tarfile
import tracemalloc
import zipfile

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oneiros.errors import FileFormatError, UnsafeFileError
from oneiros.saving import Budget
from oneiros_cli.file_tools.inspection import inspect_file
from oneiros_safe_files import archives, json_text, yaml_text
from oneiros_safe_files.archives import open_zip, unpack_tar, unpack_zip
from oneiros_safe_files.budget import Quota
from oneiros_safe_files.file_access import read_text
from oneiros_safe_files.hdf5_format.heaps import FractalHeap, LocalHeap
from oneiros_safe_files.hdf5_format.layout import (
    CHUNKED,
    Layout,
    find_chunks,
    parse_filters,
    parse_layout,
)
from oneiros_safe_files.hdf5_format.source import Source
from oneiros_safe_files.hdf5_format.types import Attribute, Datatype
from oneiros_safe_files.npy import read_npz
from oneiros_safe_files.pickles import read_pickle

BLOCK = 512
LONG_NAME = b"L"


def zipped(names, content=b""):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            archive.writestr(name, content)
    return buffer.getvalue()


def unpacked(unpack, data, tmp_path):
    path = tmp_path / "archive"
    path.write_bytes(data)
    return unpack(path, tmp_path / "unpacked", Budget())


NAMES = list(map(str, range(400)))


def test_a_data_set_of_many_small_files_is_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "PATHS_WITHOUT_SIZE", 30)
    content = np.random.RandomState(0).bytes(200)
    folder = unpacked(unpack_zip, zipped(NAMES, content), tmp_path)
    assert len(list(folder.iterdir())) == len(NAMES)


def test_names_behind_names_are_damage(tmp_path):
    header = tarfile.TarInfo("././@LongLink")
    header.type = LONG_NAME
    header.size = BLOCK
    data = (header.tobuf() + b"a" * BLOCK) * 1500
    with pytest.raises(FileFormatError, match="isn't an archive"):
        unpacked(unpack_tar, gzip.compress(data), tmp_path)


@given(
    parts=st.lists(st.binary(max_size=40), min_size=1, max_size=6),
    padding=st.integers(0, 3),
)
def test_gzip_files_of_several_members_are_read_like_one(
    tmp_path_factory, parts, padding
):
    path = tmp_path_factory.mktemp("gzip") / "data.pkl"
    data = pickle.dumps(parts)
    third = len(data) // 3 + 1
    pieces = [data[start : start + third] for start in range(0, len(data), third)]
    path.write_bytes(b"".join(map(gzip.compress, [b"", *pieces])) + b"\0" * padding)
    assert read_pickle(path, Budget()) == parts


@pytest.mark.parametrize("end", [1, 9, -9, -1])
def test_a_gzip_file_that_ends_early_is_damage(tmp_path, end):
    path = tmp_path / "data.pkl"
    member = gzip.compress(pickle.dumps(list(range(100))))
    path.write_bytes(member + member[:end])
    with pytest.raises(FileFormatError, match="damaged"):
        read_pickle(path, Budget())


def test_a_header_by_python_2_is_read_without_a_word(tmp_path):
    path = tmp_path / "data.npz"
    header = b"{'descr': '<f4', 'fortran_order': False, 'shape': (1L, 1L), }"
    start = b"\x93NUMPY\1\0" + struct.pack("<H", len(header)) + header
    path.write_bytes(zipped(["a.npy"], start))
    with pytest.raises(FileFormatError, match=r"stores 0 bytes.*\(1, 1\) of float32"):
        read_npz(path, Budget())
    path.write_bytes(zipped(["a.npy"], start + bytes(4)))
    assert read_npz(path, Budget())["a"].shape == (1, 1)


@pytest.mark.parametrize("before", ["", "\ufeff", "# a\n", "# a\u2028"])
def test_directives_that_rename_tags_are_refused(before):
    """190 lists whose tags began with 16 MB took 2.5 GB; 200 directives, seconds."""
    with pytest.raises(UnsafeFileError, match="a directive that renames tags"):
        yaml_text.loads(f"{before}%TAG !a! tag:a\n--- !a!x [1]\n")
    assert yaml_text.loads("%YAML 1.1\n---\n'%TAG'\n") == "%TAG"


def test_names_of_a_group_share_no_bytes(tmp_path):
    """3,000 names that end alike took 572 MB from a file of 320 kB."""
    names = b"a" * 1000 + b"\0"
    heap = struct.pack("<4s4xQ8xQ", b"HEAP", len(names), 32) + names
    quota = Quota(tmp_path, Budget(), len(heap))
    found = LocalHeap(Source(io.BytesIO(heap), quota), 0)
    assert found.name(0) == b"a" * 1000
    with pytest.raises(ValueError, match="share bytes"):
        found.name(1)


def test_attributes_of_a_group_share_no_bytes(tmp_path):
    """4,000 attributes that overlap took 1.9 GB from a file of 0.6 MB."""
    size = 1024
    header = struct.Struct("<4sxHHxI8x8x8x8x8x8x8x8x8x8x8x8xHQQHHQH")
    start = header.size
    heap = header.pack(b"FRHP", 8, 0, size, 4, size, size, 16, 1, start, 0)
    block = b"FHDB".ljust(size, b"a")
    quota = Quota(tmp_path, Budget(), len(heap + block))
    found = FractalHeap(Source(io.BytesIO(heap + block), quota), 0)
    assert found.object(struct.pack("<BHH", 0, 24, 1000)) == b"a" * 1000
    with pytest.raises(ValueError, match="share bytes"):
        found.object(struct.pack("<BHH", 0, 25, 999))


def test_a_filter_is_applied_once():
    """31 times the same one took 4 s for a file of 78 kB."""
    shuffle = struct.pack("<HHH", 2, 0, 0)
    assert parse_filters(bytes([2, 1]) + shuffle) == [2]
    with pytest.raises(ValueError, match="a filter twice"):
        parse_filters(bytes([2, 2]) + shuffle * 2)


def test_texts_without_characters_need_memory():
    empty = Datatype("text", 0, np.dtype("S1"))
    assert Attribute(empty, (1 << 40,), b"").nbytes() == 1 << 40


def test_blocks_of_many_axes_are_steps(tmp_path):
    """97,000 blocks of 31 axes took 1 s and 52 MB."""
    path = tmp_path / "w.h5"
    with h5py.File(path, "w", libver="latest") as file:
        file.attrs["layer_names"] = [b"l"]
        group = file.create_group("l")
        group.attrs["weight_names"] = [b"w"]
        values = np.ones((1,) * 30 + (900,), "i1")
        group.create_dataset("w", data=values, chunks=(1,) * 31)
    with pytest.raises(UnsafeFileError, match=r"3,\d\d\d for steps in all"):
        inspect_file(path, Budget(steps=2_700))
    assert inspect_file(path, Budget(steps=9_000)).parameters == 900


def test_places_of_blocks_that_have_one_hash(tmp_path):
    """30,000 of them in one dict took 7 s: only those inside the array are kept."""
    hash_of_all = (1 << 61) - 1
    places = itertools.product([number * hash_of_all for number in range(8)], repeat=4)
    key = struct.Struct("<II6QQ")
    entries = b"".join(key.pack(1, 0, 0, *place, 0, 0) for place in places)
    node = struct.pack("<4sBBH16x", b"TREE", 1, 0, len(entries) // key.size) + entries
    quota = Quota(tmp_path, Budget(), len(node))
    layout = Layout(CHUNKED, 0, chunks=(1,) * 5)
    found = find_chunks(Source(io.BytesIO(node), quota), layout, (3, 1, 1, 1, 1), 1)
    assert list(found) == [(0,) * 5]


def test_the_sizes_of_a_block_are_numbers_of_64_bits():
    body = bytes([4, CHUNKED, 0, 2, 9]) + bytes(100)
    with pytest.raises(ValueError, match="have 9 bytes"):
        parse_layout(body)


def test_a_long_text_of_yaml_is_no_number():
    """To look for a number in 4 MB took 250 MB."""
    text = "0:" * 2000 + "x"
    assert yaml_text.loads(f"a: {text}") == {"a": text}
    assert yaml_text.loads("a: 190:20:30") == {"a": 685230}
    assert yaml_text.loads(f"a: '{'1' * 2000}'") == {"a": "1" * 2000}
    with pytest.raises(UnsafeFileError, match="isn't a finite number"):
        yaml_text.loads(f"a: {'1' * 2000}")


@pytest.mark.parametrize("escapes", ["", "\\ud83d\\ude00"])
def test_json_is_read_without_copies(escapes):
    """A text of 32 MB with one rare character took 400 MB."""
    text = f'{{"a": "\U0001f600{escapes}"{" " * 1_000_000}}}'
    tracemalloc.start()
    assert len(json_text.loads(text)["a"]) == 1 + bool(escapes)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < len(text) / 10


@pytest.mark.parametrize(
    "text", ['"\\uDc00"', '[{"\\ud83d": 1}]', '{"a": ["\\uD83d"]}']
)
def test_halves_of_characters_are_found_everywhere(text):
    with pytest.raises(UnsafeFileError, match="half of a character"):
        json_text.loads(text)


def test_texts_have_8_mb_by_default(tmp_path):
    """With a rare character, and copies in what is parsed twice, they take 96 MB."""
    path = tmp_path / "text"
    path.write_bytes(b" " * 7_500_000)
    assert len(read_text(path, Budget())) == 7_500_000
    path.write_bytes(b" " * 8_000_001)
    with pytest.raises(UnsafeFileError, match=r"limit of 7,500,000 \(Budget.text_by"):
        read_text(path, Budget())


def test_a_text_in_an_archive_is_counted_before_it_is_read(tmp_path):
    path = tmp_path / "texts.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("large", bytes(9 << 20))
        archive.writestr("small", b"a")
    with open_zip(path, Budget()) as archive:
        assert archive.read_text("small") == b"a"
        with pytest.raises(UnsafeFileError, match=r"at 'large': 9,437,185 for text"):
            archive.read_text("large")


@pytest.mark.parametrize(
    ("budget", "advice"),
    [
        (Budget(steps=1000), r"Budget\.steps\).*pass a larger `budget"),
        (Budget(steps=1 << 30), r"the file's size\).*restore it from a copy"),
    ],
)
def test_a_larger_budget_is_advised_only_where_it_helps(tmp_path, budget, advice):
    quota = Quota(tmp_path / "m.h5", budget, size=100)
    with pytest.raises(UnsafeFileError, match=advice):
        quota.spend_steps(20_000)
