"""The HDF5 reader refuses what a hostile file does, before it takes memory, and says
where and why."""

import os
import resource
import struct
import sys
import zlib

import h5py
import numpy as np
import pytest
from oneiros.errors import FileFormatError, OneirosError, UnsafeFileError
from oneiros.saving import Budget
from oneiros_saving.formats.hdf5.format import HDF5Format

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


def external(group, folder):
    size = len(SECRET)
    group.create_dataset(
        "w", (size,), "uint8", external=[(os.fspath(folder / "secret.txt"), 0, size)]
    )


def virtual(group, folder):
    layout = h5py.VirtualLayout((6,), "f8")
    layout[:] = h5py.VirtualSource(folder / "other.h5", "w", (6,))
    group.create_virtual_dataset("w", layout)


def link(value):
    def change(group, folder):
        group["w"] = value

    return change


def link_layer(value):
    def change(group, folder):
        del group.parent["layer"]
        group.file["layer"] = value

    return change


def names(*values):
    def change(group, folder):
        group.attrs["weight_names"] = np.array(values)
        group["w"] = np.zeros(3)
        group.file["outside"] = np.zeros(3)

    return change


def reference(group, folder):
    group.file["outside"] = np.zeros(3)
    group.create_dataset(
        "w", data=np.array([group.file["outside"].ref], dtype=h5py.ref_dtype)
    )


def many_large(group, folder):
    """Each is small enough by itself, all together are not."""
    group.attrs["weight_names"] = np.array([f"w{i}".encode() for i in range(64)])
    for i in range(64):
        group.create_dataset(
            f"w{i}", (2 * MIB,), "float32", chunks=(MIB // 4,), compression="gzip"
        )


def foreign_filter(group, folder):
    created = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    created.set_chunk((4,))
    created.set_filter(32001, h5py.h5z.FLAG_OPTIONAL, (1, 2))
    space = h5py.h5s.create_simple((4,))
    h5py.h5d.create(group.id, b"w", h5py.h5t.IEEE_F32LE, space, created)


def stored_block(data, shape=(4,), compression="gzip"):
    """An array whose only block holds these bytes, whatever it should unfold to."""

    def change(group, folder):
        item = group.create_dataset(
            "w", shape, "float32", chunks=shape, compression=compression
        )
        item.id.write_direct_chunk((0,) * len(shape), data)

    return change


HOSTILE = {
    "soft link to an array": (link(h5py.SoftLink("/other")), "'/layer/w': a soft link"),
    "link to another file's array": (
        link(h5py.ExternalLink("other.h5", "/w")),
        "'/layer/w': a link to another",
    ),
    "soft link to a layer": (link_layer(h5py.SoftLink("/x")), "'/layer': a soft link"),
    "link to another file's layer": (
        link_layer(h5py.ExternalLink("other.h5", "/layer")),
        "'/layer': a link to an",
    ),
    "data in another file": (
        external,
        "'/layer/w': the array's data is in another file",
    ),
    "virtual array": (virtual, "'/layer/w': the array's data is in another file"),
    "absolute name": (names(b"/outside"), "the name '/outside' leads out"),
    "name of the parent": (names(b"../outside"), "the name '../outside' leads out"),
    "name of the group itself": (names(b"."), "the name '.' leads out"),
    "empty name": (names(b""), "the name '' leads out"),
    "very deep name": (names(b"/".join([b"w"] * 40)), "leads out of its group"),
    "reference": (reference, "doesn't hold plain integers or floats"),
    "texts": (dataset(data=[b"abc"]), "doesn't hold plain integers or floats"),
    "objects": (
        dataset(data=["a"], dtype=h5py.string_dtype()),
        "doesn't hold plain integers or floats",
    ),
    "records": (
        dataset(data=np.zeros(2, "f4,i4")),
        "doesn't hold plain integers or floats",
    ),
    "enumeration": (
        dataset(data=np.zeros(2, bool)),
        "doesn't hold plain integers or floats",
    ),
    "complex numbers": (
        dataset(data=np.zeros(2, complex)),
        "doesn't hold plain integers or floats",
    ),
    "claims 8 PiB": (dataset(shape=(1 << 50,), dtype="f8"), "over the limit"),
    "claims 60 MiB, stores nothing": (
        dataset(shape=(60 * MIB,), dtype="u1", fillvalue=7),
        "stores fewer",
    ),
    "claims more in all": (many_large, "over the limit"),
    "one block of 2 GiB": (
        dataset(shape=(1,), maxshape=(None,), chunks=(1 << 29,), dtype="f4"),
        "over the limit",
    ),
    "a million blocks": (
        dataset(shape=(MIB,), chunks=(1,), dtype="u1"),
        "for steps in all is over the limit",
    ),
    "a missing block": (
        dataset(shape=(9,), chunks=(3,), dtype="f4"),
        "is missing or too long",
    ),
    "filter that HDF5 would load": (foreign_filter, "the HDF5 filter 32001"),
    "block longer than its array": (
        stored_block(bytes(9000)),
        "is missing or too long",
    ),
}


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
    with pytest.raises(UnsafeFileError, match=r"'/layer/n{290}.{0,9}': .* for text in"):
        read(path, text_bytes=60_000)
    with pytest.raises(UnsafeFileError, match=r"'/layer/n{290}.{0,9}': .* for text in"):
        read(path, text_bytes=110_000)


def test_an_array_of_many_names_is_described_once(build):
    """The messages of its header were looked at for each of its names: 20,000 names
    of an array with 150,000 empty messages took minutes."""

    def many(group, folder):
        item = group.create_dataset("w", data=np.zeros(0))
        for index in range(300):
            item.attrs[f"a{index}"] = 0
        for index in range(2000):
            group[f"n{index}"] = item
        group.attrs["weight_names"] = np.array([f"n{i}".encode() for i in range(2000)])

    path = build(many)
    calls = []

    def count(frame, event, argument):
        calls.append(event)

    sys.setprofile(count)
    try:
        HDF5Format().read(path, Budget())
    finally:
        sys.setprofile(None)
    assert len(calls) < 500_000


def test_a_block_that_is_no_gzip_is_damage(build):
    with pytest.raises(FileFormatError, match=r"reading '/layer/w' failed .*gzip"):
        read(build(stored_block(b"no gzip at all")))


def test_a_cycle_of_groups_ends(build):
    def cycle(group, folder):
        group["self"] = group
        group.attrs["weight_names"] = np.array([b"/".join([b"self"] * 20 + [b"w"])])
        group["w"] = np.ones(3)

    ((_, ((_, value),)),) = read(build(cycle)).weights
    np.testing.assert_array_equal(value, np.ones(3))


@pytest.mark.parametrize("libver", ["earliest", "latest"])
def test_texts_that_claim_gigabytes_are_refused_before_hdf5_allocates_them(
    build, libver
):
    def long_text(group, folder):
        group["w"] = np.zeros(3)
        group.file.attrs.create(
            "model_config", "{}" + " " * 48, dtype=h5py.string_dtype("ascii")
        )

    path = build(long_text, libver)
    content = path.read_bytes()
    assert read(path).model_config == {}
    heap = struct.pack("<Q", content.index(b"GCOL"))
    descriptor = content.index(struct.pack("<I", 50) + heap)
    path.write_bytes(
        content[:descriptor] + struct.pack("<I", 1 << 31) + content[descriptor + 4 :]
    )
    with pytest.raises(
        (UnsafeFileError, FileFormatError),
        match=r"for text in all is over the limit|damaged",
    ):
        read(path)


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


@pytest.mark.parametrize("what", ["references", "compounds"])
def test_attributes_of_other_types_are_refused(build, what):
    def change(group, folder):
        group["w"] = np.zeros(3)
        value = group["w"].ref if what == "references" else np.zeros(2, "f4,i4")
        group.attrs.create(
            "weight_names",
            value,
            dtype=h5py.ref_dtype if what == "references" else None,
        )

    with pytest.raises(
        UnsafeFileError, match=r"weight_names of /layer'.*neither text nor numbers"
    ):
        read(build(change))


@pytest.mark.parametrize(
    ("attribute", "value", "message"),
    [
        ("model_config", np.arange(3), "'model_config' of '/' should be one string"),
        ("model_config", "[1]", "'model_config' should be a JSON object"),
        ("layer_names", "layer", "'layer_names' of '/' should be a list of names"),
        ("layer_names", np.arange(3), "'layer_names' of '/' should be a list of names"),
        ("layer_names", np.array([b"\xff\xfe"]), "is not UTF-8"),
    ],
)
def test_attributes_of_the_wrong_sort_are_named(build, attribute, value, message):
    def change(group, folder):
        group["w"] = np.zeros(3)
        group.file.attrs[attribute] = value

    with pytest.raises(FileFormatError, match=message):
        read(build(change))


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


@pytest.mark.parametrize("kept", [0.3, 0.6, 0.95])
def test_truncated_files_are_damage(build, kept):
    path = build(dataset(data=np.zeros(1000)))
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * kept)])
    with pytest.raises(FileFormatError, match=r"model\.h5 is damaged or truncated"):
        read(path)


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


@pytest.mark.parametrize("dtype", ["f2", "<f4", ">f4", "f8", "i1", ">i8", "u2"])
@pytest.mark.parametrize(
    "storage",
    [
        {},
        {"chunks": (2, 3)},
        {"chunks": (2, 3), "compression": "gzip"},
        {"chunks": (2, 3), "compression": "gzip", "shuffle": True, "fletcher32": True},
        {"chunks": (2, 3), "shuffle": True},
        {"chunks": (2, 3), "maxshape": (None, None)},
    ],
    ids=str,
)
def test_harmless_arrays_are_read_exactly(build, dtype, storage):
    values = (np.arange(35).reshape(5, 7) % 100).astype(dtype)
    ((_, ((_, read_back),)),) = read(build(dataset(data=values, **storage))).weights
    np.testing.assert_array_equal(read_back, values)
    assert (
        read_back.dtype == values.dtype.newbyteorder("=") and read_back.flags.writeable
    )


@pytest.mark.parametrize("shape", [(), (0,), (0, 3), (1, 0, 2)])
def test_scalars_and_empty_arrays_are_read(build, shape):
    ((_, ((_, value),)),) = read(build(dataset(data=np.zeros(shape, "f4")))).weights
    assert value.shape == shape


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


def test_a_list_of_names_kept_outside_the_header_is_read(build):
    def many(group, folder):
        group["w"] = np.arange(3.0)
        group.attrs.create("weight_names", ["w"], dtype=h5py.string_dtype())
        for index in range(20):
            group.attrs[f"a{index}"] = index

    ((_, ((_, value),)),) = read(build(many, "latest")).weights
    np.testing.assert_array_equal(value, np.arange(3.0))


def test_highly_compressible_weights_are_read(build):
    zeros = np.zeros((1000, 1000), "f4")
    ((_, ((_, value),)),) = read(
        build(dataset(data=zeros, compression="gzip", chunks=(100, 1000)))
    ).weights
    np.testing.assert_array_equal(value, zeros)


def test_random_damage_is_noticed_or_harmless(golden_dir, tmp_path):
    """Whatever bytes are changed, reading succeeds or says what is wrong.

    Nothing else comes through.
    """
    files = [
        path.read_bytes()
        for path in sorted((golden_dir / "models").glob("seq_opt_*.h5"))
    ]
    random = np.random.RandomState(0)
    outcomes = set()
    for _ in range(400):
        content = bytearray(files[random.randint(len(files))])
        for start in random.randint(len(content) - 8, size=random.choice([1, 2, 8])):
            width = random.choice([1, 2, 8])
            content[start : start + width] = (
                random.choice([0, 255, random.randint(256)], size=width)
                .astype("u1")
                .tobytes()
            )
        (tmp_path / "m.h5").write_bytes(content)
        try:
            outcomes.add(type(HDF5Format().read(tmp_path / "m.h5", Budget())).__name__)
        except OneirosError as error:
            outcomes.add(type(error).__name__)
    assert {"ModelState", "FileFormatError", "UnsafeFileError"} <= outcomes
