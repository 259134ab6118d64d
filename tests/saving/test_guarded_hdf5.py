"""The HDF5 reader refuses what a hostile file does, before it takes memory, and says
where and why."""

import resource
import zlib

import h5py
import numpy as np
import pytest
from oneiros.errors import FileFormatError, UnsafeFileError
from oneiros.saving import Budget
from oneiros_saving.formats.hdf5 import HDF5Format

MIB = 1 << 20
SECRET = b"top secret " * 3


@pytest.fixture
def build(tmp_path):
    """Writes a file of one layer with one weight, which `change(group, path)` then
    makes hostile."""

    def make(change, libver="earliest"):
        path = tmp_path / "model.h5"
        (tmp_path / "secret.txt").write_bytes(SECRET)
        with h5py.File(tmp_path / "other.h5", "w") as other:
            other["w"] = np.arange(6.0)
            other.create_group("layer").attrs["weight_names"] = np.array([b"w"])
            other["layer/w"] = np.arange(6.0)
        with h5py.File(path, "w", libver=libver) as file:
            file.attrs["layer_names"] = np.array([b"layer"])
            group = file.create_group("layer")
            group.attrs["weight_names"] = np.array([b"w"])
            change(group, tmp_path)
        return path

    return make


def read(path, **budget):
    """Reads a file and checks that memory didn't run away meanwhile."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    try:
        return HDF5Format().read(path, Budget(**budget))
    finally:
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        assert grown < 100 * 1024


def dataset(**kwargs):
    return lambda group, folder: group.create_dataset("w", **kwargs)


def link_layer(value):
    def change(group, folder):
        del group.parent["layer"]
        group.file["layer"] = value

    return change


def stored_block(data, shape=(4,), compression="gzip"):
    """An array whose only block holds these bytes, whatever it should unfold to."""

    def change(group, folder):
        item = group.create_dataset(
            "w", shape, "float32", chunks=shape, compression=compression
        )
        item.id.write_direct_chunk((0,) * len(shape), data)

    return change


HOSTILE = {
    "a million blocks": (
        dataset(shape=(MIB,), chunks=(1,), dtype="u1"),
        "for steps in all is over the limit",
    ),
    "a missing block": (
        dataset(shape=(9,), chunks=(3,), dtype="f4"),
        "is missing or too long",
    ),
    "block longer than its array": (
        stored_block(bytes(9000)),
        "is missing or too long",
    ),
}
"""What the attacks of tests/hostile leave to this file."""


@pytest.mark.parametrize("attack", HOSTILE)
def test_hostile_files_are_refused(attack, build):
    change, reason = HOSTILE[attack]
    with pytest.raises(
        UnsafeFileError, match=r"model\.h5, at '.*Nothing was read or built\."
    ) as refusal:
        read(build(change))
    assert reason in str(refusal.value)


def test_a_block_can_t_unfold_to_more_than_its_array(build):
    with pytest.raises(
        FileFormatError,
        match=r"damaged: a block of '/layer/w' has \d+ bytes, not 1048576",
    ):
        read(build(stored_block(zlib.compress(bytes(1 << 27), 9), (MIB // 4,))))


def test_what_unfolding_a_block_takes_is_accounted_for(build):
    """The array, and beside it the block before and after a filter: 64 MiB of zeros in
    one block took 128 MiB besides the array."""
    path = build(
        dataset(data=np.ones(8 * MIB, "u1"), chunks=(8 * MIB,), compression="gzip")
    )
    with pytest.raises(UnsafeFileError, match=r"of a block in all .*excess_bytes"):
        read(path, excess_bytes=15 * MIB)
    ((_, ((_, stored),)),) = read(path, excess_bytes=17 * MIB).weights
    assert stored.shape == (8 * MIB,) and stored.all()


def test_blocks_beyond_the_end_of_an_array_count_as_it_does(build):
    """60 values in as many blocks of 60 MB took 8 s."""
    path = build(
        dataset(
            data=np.ones((4, 1), "u1"),
            maxshape=(4, None),
            chunks=(1, MIB),
            compression="gzip",
        )
    )
    with pytest.raises(UnsafeFileError, match=r"4,194,304 for arrays in all is over"):
        read(path, excess_bytes=4 * MIB - 10_000)
    ((_, ((_, stored),)),) = read(path, excess_bytes=4 * MIB).weights
    assert stored.shape == (4, 1) and stored.all()


def test_gigabytes_that_follow_a_block_are_not_read(build):
    block = zlib.compress(bytes(16)) + bytes(500)
    ((_, ((_, stored),)),) = read(build(stored_block(block))).weights
    assert stored.shape == (4,) and not stored.any()


def test_an_attribute_that_nobody_asks_for_may_be_anything(build):
    def shared(group, folder):
        group["w"] = np.zeros(3)
        group["type"] = np.dtype("f4")
        group.attrs.create("note", 1.0, dtype=group["type"])

    assert read(build(shared)).weights


def test_paths_count_as_texts(build):
    """1,000 weights of a layer with a name of 1 MB took 1.9 GB, as what wasn't read
    did."""

    def many(group, folder):
        weights = [f"{index}" for index in range(50)]
        inner = group.create_group("n" * 1000)
        for name in weights:
            inner[name] = np.zeros(3)
        group.attrs["weight_names"] = np.array(
            [f"{'n' * 1000}/{name}".encode() for name in weights[:25]]
        )

    path = build(many)
    assert len(read(path, text_bytes=130_000).unread) == 25
    reason = r"'/layer/n{290}.{0,9}': .* for text in"
    for text_bytes in (40_000, 90_000):
        with pytest.raises(UnsafeFileError, match=reason):
            read(path, text_bytes=text_bytes)


def test_a_block_that_is_no_gzip_is_damage(build):
    with pytest.raises(FileFormatError, match=r"reading '/layer/w' failed .*gzip"):
        read(build(stored_block(b"no gzip at all")))


def test_a_text_of_more_bytes_than_the_budget_is_refused(build):
    def long_text(group, folder):
        group["w"] = np.zeros(3)
        group.file.attrs["model_config"] = '{"a": "' + "x" * 5000 + '"}'

    path = build(long_text)
    assert len(read(path, text_bytes=6000).model_config["a"]) == 5000
    with pytest.raises(
        UnsafeFileError,
        match=r"model_config of /'.*over the limit of 4,000 \(Budget\.text_bytes",
    ):
        read(path, text_bytes=4000)


def test_a_group_where_an_array_should_be(build):
    with pytest.raises(
        FileFormatError, match="'/layer/w' should be an array and is a group"
    ):
        read(build(lambda group, folder: group.create_group("w")))


def test_an_array_where_a_group_should_be(build):
    with pytest.raises(
        FileFormatError, match="'/layer' should be a group and is an array"
    ):
        read(build(link_layer(np.zeros(3))))


def test_a_larger_budget_is_an_argument_of_the_call(build):
    path = build(
        dataset(data=np.zeros(80 * MIB // 8), compression="gzip", chunks=(MIB // 8,))
    )
    with pytest.raises(
        UnsafeFileError,
        match=r"Budget\.excess_bytes.*pass a larger `budget=oneiros\.saving\.Budget",
    ):
        read(path)
    state = HDF5Format().read(path, Budget(excess_bytes=100 * MIB))
    assert state.weights[0][1][0][1].nbytes == 80 * MIB


def test_a_block_that_skipped_the_filter_is_read(build):
    def stored_plain(group, folder):
        item = group.create_dataset(
            "w", (4,), "float32", chunks=(4,), compression="gzip"
        )
        item.id.write_direct_chunk(
            (0,), np.arange(4, dtype="f4").tobytes(), filter_mask=1
        )

    ((_, ((_, value),)),) = read(build(stored_plain)).weights
    np.testing.assert_array_equal(value, np.arange(4))
