"""Attacks that want memory, time or disk without end (cases 33 to 43, and 51)."""

import gzip
import io
import json
import struct
import tarfile
import zipfile

import h5py
import numpy as np
from bombs import gzip_bomb, zip_bomb, zlib_bomb
from hostile import MIB, attack, harmless
from hostile_files import (
    called,
    dense,
    dense3,
    entries,
    graph,
    keras2,
    layer,
    layer3,
    members3,
    network,
    sequential,
    sequential3,
    start,
    weight_entries,
    write,
    write_keras2,
    write_keras3,
    write_weights,
)
from oneiros import backend as K
from oneiros import config as configs
from oneiros.models import (
    load_model,
    model_from_config,
    model_from_json,
    model_from_yaml,
)
from oneiros.preprocessing.image import load_img
from oneiros.saving import Budget
from oneiros_safe_files.archives import open_zip, unpack_tar, unpack_zip
from oneiros_safe_files.npy import read_npz
from oneiros_safe_files.pickles import read_pickle
from oneiros_safe_files.safetensors_file import read_safetensors
from PIL import Image

BYTES = 1 << 20


def changed(folder, name, change, whole_model=True):
    """Writes a harmless file and lets `change(group of layer d)` make it hostile."""
    path = folder / name
    write(path, sequential(dense())) if whole_model else write_weights(
        path, {"d": [("d_W", np.ones(3)), ("d_b", np.ones(3))]}
    )
    with h5py.File(path, "r+") as file:
        change(file["model_weights/d" if whole_model else "d"])
    return path


def replaced(**kwargs):
    def change(group):
        del group["d_W"]
        group.create_dataset("d_W", **kwargs)

    return change


@attack(33)
def one_array_that_claims_too_much(folder):
    for what, kwargs in {
        "8 PiB": {"shape": (1 << 50,), "dtype": "f8"},
        "2^63 and more": {"shape": (1 << 32, 1 << 32), "dtype": "u1", "chunks": (1, 1)},
        "4 GiB and a byte": {
            "shape": ((4 << 30) + 1,),
            "dtype": "u1",
            "chunks": (1 << 20,),
        },
        "200 MiB, nothing stored": {
            "shape": (200 * BYTES,),
            "dtype": "u1",
            "chunks": (BYTES,),
        },
        "one block of 2 GiB": {
            "shape": (1,),
            "maxshape": (None,),
            "chunks": (1 << 29,),
            "dtype": "f4",
        },
        "many axes": {"shape": (4,) * 30, "dtype": "u1", "chunks": (1,) * 30},
    }.items():
        for whole_model in (True, False):
            path = changed(
                folder, f"{what}{whole_model}.h5", replaced(**kwargs), whole_model
            )
            for entry, action in weight_entries(path, whole_model):
                yield f"{what}, {entry}", action


@attack(34)
def many_arrays_that_claim_too_much_together(folder):
    def many(count, size, **kwargs):
        def change(group):
            group.attrs["weight_names"] = np.array(
                [f"w{i}".encode() for i in range(count)]
            )
            for index in range(count):
                group.create_dataset(
                    f"w{index}", (size,), "u1", chunks=(min(size, BYTES),), **kwargs
                )

        return change

    for what, change in {
        "64 of 4 GiB": many(64, 4 << 30),
        "64 of 8 MiB, compressed": many(64, 8 * BYTES, compression="gzip"),
        "200 of 1 MiB": many(200, BYTES),
    }.items():
        yield from weight_entries(changed(folder, f"{what}.h5", change))

    def layers(file):
        names = [f"l{i}" for i in range(40)]
        file["model_weights"].attrs["layer_names"] = np.array(
            [name.encode() for name in names]
        )
        for name in names:
            group = file["model_weights"].create_group(name)
            group.attrs["weight_names"] = np.array([b"w"])
            group.create_dataset("w", (4 * BYTES,), "u1", chunks=(BYTES,))

    path = changed(folder, "layers.h5", lambda group: layers(group.file))
    yield from weight_entries(path)


@attack(35)
def fill_values(folder):
    for what, kwargs in {
        "256 MiB of sevens": {"shape": (256 * BYTES,), "dtype": "u1", "fillvalue": 7},
        "60 MiB of sevens": {"shape": (60 * BYTES,), "dtype": "u1", "fillvalue": 7},
        "60 MiB in blocks": {
            "shape": (60 * BYTES,),
            "dtype": "u1",
            "fillvalue": 7,
            "chunks": (BYTES,),
        },
    }.items():
        yield from weight_entries(changed(folder, f"{what}.h5", replaced(**kwargs)))


@attack(36)
def compression_bombs(folder):
    def block(data, shape):
        def change(group):
            del group["d_W"]
            made = group.create_dataset(
                "d_W", shape, "u1", chunks=shape, compression="gzip"
            )
            made.id.write_direct_chunk((0,), data)

        return change

    bomb = zlib_bomb(b"", 300 * BYTES)
    path = changed(folder, "block.h5", block(bomb, (BYTES,)))
    for entry, action in weight_entries(path):
        yield f"a block of HDF5, {entry}", action, "FileFormatError", "UnsafeFileError"
    path = changed(folder, "chunk.h5", block(bomb, (300 * BYTES,)))
    for entry, action in weight_entries(path):
        yield f"an array of HDF5, {entry}", action
    (folder / "bomb.zip").write_bytes(zip_bomb({"a": (b"", 300 * BYTES)}))
    yield "zip", lambda: unpack_zip(folder / "bomb.zip", folder / "out", Budget())
    many = {f"{index}": (b"", 8 * BYTES) for index in range(20)}
    (folder / "many.zip").write_bytes(zip_bomb(many))
    yield (
        "zip, together",
        lambda: unpack_zip(folder / "many.zip", folder / "out", Budget()),
    )
    lying = bytearray((folder / "bomb.zip").read_bytes())
    for place in (lying.index(b"PK\x03\x04") + 22, lying.index(b"PK\x01\x02") + 24):
        lying[place : place + 4] = struct.pack("<L", 1000)
    (folder / "lying.zip").write_bytes(lying)
    yield (
        "zip that says it is small",
        lambda: unpack_zip(folder / "lying.zip", folder / "out", Budget()),
        "FileFormatError",
    )
    with zipfile.ZipFile(folder / "larger.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", bytes(BYTES))
    lying = bytearray((folder / "larger.zip").read_bytes())
    for place in (lying.index(b"PK\x03\x04") + 22, lying.index(b"PK\x01\x02") + 24):
        lying[place : place + 4] = struct.pack("<L", BYTES + 1)
    (folder / "larger.zip").write_bytes(lying)
    yield (
        "zip that says it is larger",
        lambda: unpack_zip(folder / "larger.zip", folder / "out", Budget()),
        "FileFormatError",
    )
    for name, data in {"line": b"Np" + b"0" * 100_000_000 + b"1\n."}.items():
        path = folder / f"{name}.pkl.gz"
        path.write_bytes(gzip.compress(data, 1))
        yield f"a pickle's {name}", lambda p=path: read_pickle(p, Budget())
    Image.new("1", (9_500, 9_500)).save(folder / "picture.png")
    for size in (None, (8, 8)):
        yield (
            f"picture of 90 million pixels, {size}",
            lambda size=size: load_img(folder / "picture.png", target_size=size),
        )
    (folder / "overlap.zip").write_bytes(overlapping())
    yield (
        "zip whose members share bytes",
        lambda: unpack_zip(folder / "overlap.zip", folder / "out", Budget()),
    )
    (folder / "directory.zip").write_bytes(end_record(2_000_000, 46 * 2_000_000))
    yield (
        "zip with two million members",
        lambda: open_zip(folder / "directory.zip", Budget()).__enter__(),
    )
    header = io.BytesIO()
    shape = {"descr": "<f8", "fortran_order": False, "shape": (40 * BYTES,)}
    np.lib.format.write_array_header_1_0(header, shape)
    array = (header.getvalue(), 40 * BYTES * 8)
    (folder / "a.npz").write_bytes(zip_bomb({"a.npy": array}))
    yield "npz", lambda: read_npz(folder / "a.npz", Budget())
    member = tarfile.TarInfo("a")
    member.size = 300 * BYTES
    end = 2 * tarfile.BLOCKSIZE
    bomb = gzip_bomb(member.tobuf(tarfile.GNU_FORMAT), member.size + end)
    (folder / "bomb.tar.gz").write_bytes(bomb)
    yield "tar", lambda: unpack_tar(folder / "bomb.tar.gz", folder / "out", Budget())
    header = tarfile.TarInfo("x")
    header.type = tarfile.XHDTYPE
    header.size = 8 << 30
    (folder / "pax.tar").write_bytes(header.tobuf(tarfile.GNU_FORMAT) + bytes(2048))
    yield (
        "tar header that claims 8 GiB",
        lambda: unpack_tar(folder / "pax.tar", folder / "out", Budget()),
    )
    for kind in (b"x", b"g", b"X", b"L", b"K"):
        header.type = kind
        header.size = 100 * BYTES
        path = folder / f"header {kind.decode()}.tar.gz"
        path.write_bytes(gzip_bomb(header.tobuf(tarfile.GNU_FORMAT), header.size))
        yield (
            f"tar with a header {kind.decode()} of 100 MiB",
            lambda path=path: unpack_tar(
                path, folder / "out", Budget(excess_bytes=20 * BYTES)
            ),
        )


@attack(18)
def members_that_only_the_large_record_counts(folder):
    count = 10_000
    fields = (b"PK\x01\x02", *[20, 0, 20, 0] + [0] * 3 + [0x21, 0, 0, 0, 1] + [0] * 6)
    entries = (struct.pack("<4s4B4HL2L5H2L", *fields) + b"a") * count
    start = b"PK\x03\x04" + bytes(26) + b"metadata.json"
    large = struct.pack(
        "<4sQ2H2L4Q",
        b"PK\x06\x06",
        44,
        45,
        45,
        0,
        0,
        *[count] * 2,
        len(entries),
        len(start),
    )
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, len(start + entries), 1)
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 0, 0, 0, len(start), 0)
    path = folder / "large.keras"
    path.write_bytes(start + entries + large + locator + end)
    yield "zip64", lambda: load_model(path)


def end_record(entries, size):
    """Returns the end of a zip archive whose list of members has this size."""
    record = b"PK\x01\x02" + bytes(42)
    return record * 10 + struct.pack(
        "<4s4H2LH", b"PK\x05\x06", 0, 0, entries & 0xFFFF, entries & 0xFFFF, size, 0, 0
    )


def overlapping():
    """Returns an archive whose list names one member twice, at the same place."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("a", b"x" * 100)
        archive.filelist.append(twin(archive.filelist[0], "b"))
    return data.getvalue()


def twin(info, name):
    """Returns the entry of another member at the same place."""
    made = zipfile.ZipInfo(name)
    for field in (
        "header_offset",
        "CRC",
        "compress_size",
        "file_size",
        "compress_type",
        "external_attr",
    ):
        setattr(made, field, getattr(info, field))
    return made


@attack(37, "FileFormatError")
def numpy_headers_that_lie(folder):
    def npy(shape, descr="'<f8'", stored=24, order="False", version=b"\x01\x00"):
        header = (
            f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}".ljust(
                117
            )
            + "\n"
        )
        size = struct.pack("<H" if version == b"\x01\x00" else "<L", len(header))
        return b"\x93NUMPY" + version + size + header.encode("latin-1") + bytes(stored)

    for what, data in {
        "more": npy("(1099511627776,)"),
        "fewer": npy("(2,)"),
        "negative": npy("(-3,)"),
        "overflow": npy("(4611686018427387904, 4)"),
        "huge with a zero": npy("(0, 4611686018427387904, 4)", stored=0),
        "no tuple": npy("3"),
        "code": npy("__import__('os').system('touch canary')"),
        "type that is code": npy("(3,)", "__import__('evil')"),
        "deep": npy("(" * 5000 + ")" * 5000, version=b"\x02\x00"),
        "long header": npy(f"({'1,' * 30000})", version=b"\x02\x00"),
        "version 9": npy("(3,)", version=b"\x09\x00"),
        "bad magic": b"\x93NUMPX" + npy("(3,)")[6:],
        "no characters": npy("(5,)", "'S0'", stored=0),
        "digits": npy(f"(0x{'f' * 9000},)"),
        "old name of a type": npy("(1,)", "'a3'", stored=4),
        "40 MB": npy("(3,)" + " " * 40_000_000, version=b"\x02\x00"),
        "header length": b"\x93NUMPY\x02\x00\xff\xff\xff\x7f{}",
        "records": npy("(1,)", "[('a', '<f8'), ('b', '<f8', (2,))]"),
    }.items():
        path = folder / f"{what}.npz"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("a.npy", data)
        expected = ["UnsafeFileError"] if what == "records" else []
        yield what, lambda p=path: read_npz(p, Budget()), *expected


@attack(38)
def large_texts(folder):
    texts = {
        "deep lists": "[" * 100_000 + "]" * 100_000,
        "deep objects": '{"config":' * 100_000,
        "deep, in a place": '{"class_name": "Sequential", "config": '
        + "[" * 5000
        + "]" * 5000
        + "}",
        "5,000 digits": '{"class_name": "Dense", "config": {"output_dim": '
        + "9" * 5000
        + "}}",
        "a long exponent": '{"a": 1e' + "9" * 5000 + "}",
        "a large exponent": '{"a": 1e400}',
        "a million layers": '{"class_name": "Sequential", "config": ['
        + '{"class_name": "Flatten", "config": {}},' * 1_000_000
        + "{}]}",
        "a million keys": "{" + ",".join(f'"{i}":0' for i in range(1_100_000)) + "}",
    }
    for what, text in texts.items():
        yield f"{what}, json", lambda text=text: model_from_json(text)
        if len(text) < 10_000_000:
            yield (
                f"{what}, yaml",
                lambda text=text: model_from_yaml(text),
                "UnsafeFileError",
                "ConfigError",
            )
        path = write(folder / f"{what}.h5", text=text) if len(text) < 60_000 else None
        if path:
            yield f"{what}, h5", lambda p=path: load_model(p)
    with h5py.File(folder / "long.h5", "w", libver="latest") as file:
        file.attrs.create("model_config", " " * (70 * BYTES), dtype=h5py.string_dtype())
        file.create_group("model_weights").attrs["layer_names"] = np.array([b"d"])
    yield (
        "70 MiB of configuration",
        lambda: load_model(folder / "long.h5"),
        "UnsafeFileError",
        "FileFormatError",
    )
    with h5py.File(folder / "attributes.h5", "w", libver="latest") as file:
        for index in range(20_000):
            file.attrs[f"layer_names{index}"] = 0
        file.attrs["layer_names"] = np.array([b"d"])
    yield (
        "many attributes",
        lambda: load_model(folder / "attributes.h5"),
        "FileFormatError",
        "UnsafeFileError",
    )
    names = np.array([f"{i:06}".encode() for i in range(9000)])
    with h5py.File(folder / "names.h5", "w", libver="latest") as file:
        for index in range(120):
            file.attrs[f"layer_names{index}"] = np.char.add(
                names, f"_{index:03}".encode()
            )
    yield (
        "a million layer names",
        lambda: network().load_weights(folder / "names.h5"),
        "FileFormatError",
        "UnsafeFileError",
    )


@attack(39)
def absurd_arguments(folder):
    image = {"name": "d", "batch_input_shape": [None, 8, 8, 3], "dim_ordering": "tf"}
    huge = 10**12
    for what, config in {
        "output_dim": dense(output_dim=huge),
        "input shape": dense(batch_input_shape=[None, huge]),
        "many layers": {
            "class_name": "Sequential",
            "config": [
                dense(output_dim=100_000),
                *[layer("Dense", name=f"d{i}", output_dim=100_000) for i in range(3)],
            ],
        },
        "filters": layer(
            "Convolution2D", **image, nb_filter=10**10, nb_row=3, nb_col=3
        ),
        "LSTM": layer(
            "LSTM", name="d", output_dim=10**9, batch_input_shape=[None, 3, 4]
        ),
        "stateful LSTM": layer(
            "LSTM",
            name="d",
            output_dim=2,
            stateful=True,
            batch_input_shape=[10**10, 3, 4],
        ),
        "BatchNormalization": layer(
            "BatchNormalization", name="d", batch_input_shape=[None, 10**11]
        ),
        "after repeating": {
            "class_name": "Sequential",
            "config": [
                dense(),
                layer("RepeatVector", name="r", n=10**11),
                layer("Flatten", name="f"),
                layer("Dense", name="e", output_dim=3),
            ],
        },
        "after enlarging": {
            "class_name": "Sequential",
            "config": [
                layer("UpSampling2D", **image, size=[10**5, 10**5]),
                layer("Flatten", name="f"),
                layer("Dense", name="e", output_dim=3),
            ],
        },
        "unrolled": layer(
            "LSTM",
            name="d",
            output_dim=2,
            unroll=True,
            dropout_U=0.5,
            batch_input_shape=[None, 10**6, 2],
        ),
    }.items():
        model_config = (
            config if config["class_name"] == "Sequential" else sequential(config)
        )
        for entry, action in entries(model_config, folder):
            yield (
                f"{what}, {entry}",
                action,
                "UnsafeFileError",
                "ConfigError",
                "OneirosError",
            )
    path = write(
        folder / "small.h5",
        sequential(dense(output_dim=40_000, batch_input_shape=[None, 4000])),
    )
    yield "more than the file's weights", lambda: load_model(path)
    for steps in (-1.0, 1e18, float("inf"), float("nan")):
        path = after_steps(folder / f"nadam{steps}.h5", steps)
        yield f"Nadam after {steps} steps", lambda p=path: load_model(p), "UserWarning"


@attack(39)
def absurd_arguments_of_keras_2(folder):
    huge = 10**10
    step = [None, 4]
    sequence = [None, 9, 3]
    image = [None, 8, 8, 3]
    many = 10**6
    whole = {"filters": many, "kernel_size": [1]}
    twice = {"filters": 2, "kernel_size": [2], "dilation_rate": [huge]}
    deep = {"class_name": "GRUCell", "config": {"units": 3}}
    for _ in range(1000):
        deep = {"class_name": "StackedRNNCells", "config": {"cells": [deep]}}
    sizes = {"height": huge, "width": huge}
    one = {"mean": 0.0, "variance": 1.0, "axis": [1, 2]}
    for what, shape, name, arguments in [
        ("places", step, "CategoryEncoding", {"num_tokens": huge}),
        ("rows", image, "Resizing", sizes),
        ("pixels", [None, huge, huge, 3], "Resizing", {"height": 2, "width": 2}),
        ("cropped", image, "CenterCrop", sizes),
        ("enlarged", image, "UpSampling2D", {"size": huge, "interpolation": "area"}),
        ("constants", [None, 10**6, 10**6], "Normalization", one),
        ("groups", [None, 9, many], "Conv1D", {**whole, "groups": many}),
        ("holes", sequence, "Conv1DTranspose", twice),
        ("cells", sequence, "RNN", {"cell": deep}),
        ("heads", sequence, "EinsumDense", {"equation": "abc,cd->abd", **UNITS}),
    ]:
        config = {"name": "d", "batch_input_shape": shape, **arguments}
        model = keras2(layer(name, **config))
        refusals = ("UnsafeFileError", "ConfigError")
        yield what, lambda model=model: model_from_config(model), *refusals
    sizes = called(layer("TensorOperation", name="s0", operation="shape"), AT_X)
    entries = [start(), sizes]
    for place in range(40):
        double = layer("TensorOperation", name=f"s{place + 1}", operation="concatenate")
        entries.append(called(double, [[f"s{place}", 0, 0]] * 2))
    doubling = graph(entries, outputs=("s40",))
    yield "doubled sizes", lambda: model_from_config(doubling)
    for what, arguments in {
        "a long text": {"operation": "multiply", "operands": ["x" * 9, huge]},
        "a long key": {"operation": "multiply", "operands": [[KEY, 1], huge]},
        "copies": {"operation": "stack", "operands": [[{"input": 0}] * 5_000]},
        "parts": {"operation": "unstack", "settings": {"num": huge, "axis": 1}},
    }.items():
        entry = layer("TensorOperation", batch_input_shape=[None, huge], **arguments)
        refusals = ("ArgumentError", "ConfigError", "UnsafeFileError")
        model = sequential(entry)
        yield what, lambda model=model: model_from_config(model), *refusals


KEY = {"slice": [1]}
AT_X = [["x", 0, 0]]
UNITS = {"output_shape": [None, 10**10]}


def after_steps(path, steps):
    """Writes a model of Keras 2 with Nadam, which has to know the product of its
    momenta of all steps."""
    own = {"name": "d", "units": 3, "batch_input_shape": [None, 4]}
    training = {
        "loss": "mse",
        "optimizer_config": {"class_name": "Nadam", "config": {"learning_rate": 0.1}},
    }
    arrays = {"d": [("kernel:0", np.ones((4, 3), "f4")), ("bias:0", np.zeros(3, "f4"))]}

    def optimizer(group):
        names = ("iter:0", "kernel/m:0", "bias/m:0", "kernel/v:0", "bias/v:0")
        group.attrs["weight_names"] = np.array([name.encode() for name in names])
        for name, shape in zip(names, [(), (4, 3), (3,), (4, 3), (3,)], strict=True):
            group[name] = (
                np.float64(steps) if name == "iter:0" else np.zeros(shape, "f4")
            )

    return write_keras2(
        path, keras2(layer("Dense", **own)), training, arrays, optimizer
    )


@attack(40, "UnsafeFileError", "FileFormatError")
def links_and_groups_without_end(folder):
    def cycle(group):
        group["self"] = group
        group.attrs["weight_names"] = np.array([b"/".join([b"self"] * 40 + [b"d_W"])])

    def deep(group):
        name = b"/".join([b"g"] * 100 + [b"w"])
        group.create_dataset(name, data=np.ones(3))
        group.attrs["weight_names"] = np.array([name])

    def parent(group):
        group["up"] = group.file["/"]
        group.attrs["weight_names"] = np.array([b"up/model_weights/d/" * 20 + b"d_W"])

    def many(group):
        for index in range(6_000):
            group[f"n{index}"] = h5py.SoftLink("/x")
        group.attrs["weight_names"] = np.array([f"n{i}".encode() for i in range(5000)])

    def one_array_often(group):
        for index in range(2000):
            group[f"n{index}"] = group["d_W"]
        group.attrs["weight_names"] = np.array([f"n{i}".encode() for i in range(2000)])

    def described_at_length(group):
        for index in range(1_000):
            group["d_W"].attrs[f"a{index}"] = index
        for index in range(5_000):
            group[f"n{index}"] = group["d_W"]
        group.attrs["weight_names"] = np.array([f"n{i}".encode() for i in range(5000)])

    def long_place(group):
        inner = group.create_group("n" * 30_000)
        for index in range(2_000):
            inner[f"{index}"] = group["d_W"]
        path = f"{inner.name.rpartition('/')[2]}/1"
        group.attrs["weight_names"] = np.array([path.encode()])

    for what, change in {
        "cycle": cycle,
        "deep": deep,
        "described at length": described_at_length,
        "long place": long_place,
        "parent": parent,
        "many": many,
        "one array often": one_array_often,
    }.items():
        yield from weight_entries(changed(folder, f"{what}.h5", change))


@attack(41, "ConfigError", "GraphError", "UnsafeFileError", "ArgumentError")
def graphs_without_end(folder):
    x = start()
    d = dense()
    config = {
        key: value for key, value in d["config"].items() if key != "batch_input_shape"
    }
    own = {"class_name": "Dense", "config": config}

    def named(name):
        return {"class_name": "Dense", "config": {**config, "name": name}}

    cases = {
        "self": [x, called(own, [["d", 0, 0]])],
        "cycle": [x, called(named("a"), [["d", 0, 0]]), called(own, [["a", 0, 0]])],
        "dangling layer": [x, called(own, [["nothing", 0, 0]])],
        "dangling node": [x, called(own, [["x", 7, 0]])],
        "negative node": [x, called(own, [["x", -1, 0]])],
        "dangling tensor": [x, called(own, [["x", 0, 7]])],
        "negative tensor": [x, called(own, [["x", 0, -1]])],
        "huge index": [x, called(own, [["x", 10**30, 0]])],
        "long": [x, called(own, [["x", 0, 0, {}]])],
        "no list": [x, {**called(own), "inbound_nodes": 5}],
        "no name": [x, {"class_name": "Dense", "config": config, "inbound_nodes": []}],
        "entry is no object": [x, 7],
        "twice": [x, called(own, [["x", 0, 0]]), called(own, [["x", 0, 0]])],
    }
    for what, layers in cases.items():
        for entry, action in entries(graph(layers), folder):
            yield f"{what}, {entry}", action
    for what, places in {
        "no input": {"input_layers": []},
        "no output": {"output_layers": []},
        "dangling output": {"output_layers": [["d", 1, 0]]},
        "input that is none": {"input_layers": [["d", 0, 0]]},
        "no places": {"output_layers": None},
    }.items():
        yield (
            what,
            next(entries(with_places([x, called(own, [["x", 0, 0]])], places), folder))[
                1
            ],
        )
    nested = graph(
        [
            start(),
            called(layer("Activation", name="d", activation="relu"), [["x", 0, 0]]),
        ]
    )
    for _ in range(25):
        inner = {"class_name": "Model", "config": {**nested["config"], "name": "d"}}
        both = {
            **called(inner, [["x", 0, 0]]),
            "inbound_nodes": [[["x", 0, 0]], [["d", 1, 0]]],
        }
        nested = graph([start(), both])
        nested["config"]["output_layers"] = [["d", 2, 0]]
    for entry, action in list(entries(nested, folder))[:2]:
        yield f"calls that double, {entry}", action
    merged = [x]
    for index in range(70):
        before = f"m{index - 1}" if index else "x"
        merged.append(
            called(
                layer("Merge", name=f"m{index}", mode="concat", concat_axis=-1),
                [[before, 0, 0]] * 2,
            )
        )
    merged.append(called(own, [["m69", 0, 0]]))
    for entry, action in entries(graph(merged), folder):
        yield f"sizes that double, {entry}", action, "OneirosError"


def with_places(layers, places):
    config = graph(layers)
    config["config"].update(places)
    return config


@attack(42)
def patterns(folder):
    """No pattern is taken from a file.

    Those that texts are searched with take time in proportion.
    """
    for what, text in {
        "backslashes": '{"a": "' + "\\" * 1_000_001,
        "open strings": '{"' + 'a\\"' * 500_000,
        "digits": "1" * 1_000_000 + "x",
        "underscores": "1" + "_" * 1_000_000 + "x",
        "dots": "1." + "_" * 1_000_000 + "e",
    }.items():
        yield (
            f"{what}, json",
            lambda t=text: model_from_json(t),
            "ConfigError",
            "UnsafeFileError",
        )
        yield (
            f"{what}, yaml",
            lambda t=text: model_from_yaml(t),
            "ConfigError",
            "UnsafeFileError",
        )
    for pattern in ("(a+)+$", "([a-z]+)*x", "(.*)*"):
        config = sequential(dense(name="a" * 40 + "!"))
        yield (
            f"{pattern} as a name",
            next(entries(sequential(dense(name=pattern, kernel=pattern)), folder))[1],
            "ConfigError",
        )
        yield (
            f"{pattern} as a key",
            next(entries({**config, "config": {pattern: config}}, folder))[1],
            "ConfigError",
        )


@attack(43, "FileFormatError")
def damaged_and_disguised_files(folder):
    from oneiros_saving.formats.safetensors import SafetensorsFormat

    complete = write(folder / "m.h5", sequential(dense())).read_bytes()
    model = network()
    model.save_weights(folder / "w.safetensors")
    tensors = (folder / "w.safetensors").read_bytes()
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr("config.json", "{}")
    files = {
        **{
            f"cut at {part:.0%}.h5": complete[: int(len(complete) * part)]
            for part in (0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99)
        },
        **{
            f"cut at {part:.0%}.safetensors": tensors[: int(len(tensors) * part)]
            for part in (0.01, 0.1, 0.5, 0.99)
        },
        "empty.h5": b"",
        "zeros.h5": bytes(5000),
        "text.h5": b"not a model",
        "json.h5": json.dumps(sequential(dense())).encode(),
        "magic only.h5": complete[:8],
        "magic and rubbish.h5": complete[:8] + bytes(range(256)) * 20,
        "zip called.h5": archive.getvalue(),
        "zip before HDF5.h5": archive.getvalue() + complete,
        "keras 3.keras": archive.getvalue(),
    }
    for name, data in files.items():
        (folder / name).write_bytes(data)
        allowed = (
            ("FileFormatError", "UnsafeFileError")
            if "cut" in name
            else ("FileFormatError",)
        )
        yield f"{name}, load_model", lambda n=name: load_model(folder / n), *allowed
        yield (
            f"{name}, load_weights",
            lambda n=name: model.load_weights(folder / n),
            *allowed,
        )
    for name, reader in {
        "zeros.h5": read_npz,
        "json.h5": read_pickle,
        "magic only.h5": read_safetensors,
    }.items():
        yield (
            f"{name} as {reader.__name__}",
            lambda n=name, r=reader: r(folder / n, Budget()),
            "FileFormatError",
            "UnsafeFileError",
        )
    created = h5py.h5p.create(h5py.h5p.FILE_CREATE)
    created.set_sizes(4, 4)
    h5py.h5f.create(str(folder / "short addresses.h5").encode(), fcpl=created).close()
    yield (
        "short addresses",
        lambda: load_model(folder / "short addresses.h5"),
        "FileFormatError",
    )
    yield (
        "text as tar",
        lambda: unpack_tar(folder / "text.h5", folder / "out", Budget()),
    )
    path = cut(folder)
    yield "a cut gzip as tar", lambda: unpack_tar(path, folder / "out", Budget())
    yield (
        "tensors of an HDF5 file",
        lambda: SafetensorsFormat().read(folder / "m.h5", Budget()),
        "FileFormatError",
    )


def cut(folder):
    path = folder / "cut.gz"
    path.write_bytes(gzip.compress(bytes(range(256)) * 100)[:100])
    return path


@harmless
def a_polyglot_is_what_it_begins_with(folder):
    write(folder / "m.h5", sequential(dense()))
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr("config.json", "{}")
    data = (folder / "m.h5").read_bytes() + archive.getvalue()
    (folder / "model.keras").write_bytes(data)
    yield "HDF5 before zip", lambda: load_model(folder / "model.keras")


@harmless
def large_but_sane(folder):
    def compressed():
        with h5py.File(folder / "zeros.h5", "r+") as file:
            del file["model_weights/d/d_W"]
            file["model_weights/d"].create_dataset(
                "d_W", data=np.zeros((4, 3000), "f4"), compression="gzip"
            )
            del file["model_weights/d/d_b"]
            file["model_weights/d"].create_dataset(
                "d_b", data=np.zeros(3000, "f4"), compression="gzip"
            )

    write(folder / "zeros.h5", sequential(dense(output_dim=3000)))
    compressed()
    yield "zeros, compressed", lambda: load_model(folder / "zeros.h5")
    for dtype in ("f2", "f8", ">f4"):
        weights = {"d": [("d_W", np.ones((4, 3), dtype)), ("d_b", np.zeros(3, dtype))]}
        path = write(folder / f"{dtype}.h5", sequential(dense()), layers=weights)
        yield dtype, lambda p=path: load_model(p)
    names = [f"l{index}" for index in range(300)]
    stack = [
        dense(name="l0", output_dim=4),
        *(layer("Dense", name=name, output_dim=4) for name in names[1:]),
    ]
    weights = {
        n: [(f"{n}_W", np.eye(4, dtype="f4")), (f"{n}_b", np.zeros(4, "f4"))]
        for n in names
    }
    path = write(folder / "deep.h5", sequential(*stack), layers=weights)
    yield "300 layers", lambda: load_model(path)
    model = configs.layer_from_config
    yield "wide", lambda: model(sequential(dense(output_dim=3_000_000)))
    for steps in (1e8, 1e12):
        path = after_steps(folder / f"{steps}.h5", steps)

        def check(path=path, steps=steps):
            optimizer = load_model(path).optimizer
            assert (
                K.get_value(optimizer.iterations) == steps
                and K.get_value(optimizer.m_schedule) == 0
            )

        yield f"Nadam after {steps} steps", check
    assert MIB == 100


@attack(51)
def files_of_keras_3_without_end(folder):
    kept = {
        name: (data if isinstance(data, bytes) else data.encode(), 0)
        for name, data in members3().items()
    }
    for name in kept:
        head, _ = kept[name]
        path = folder / f"bomb in {name}.keras"
        path.write_bytes(zip_bomb({**kept, name: (head, 80 * BYTES)}))
        yield f"a bomb in {name}", lambda path=path: load_model(path)
        yield (
            f"a bomb in {name}, weights",
            lambda path=path: network().load_weights(path),
        )
    zeros = {"layers/dense/vars/0": np.zeros(40 * BYTES, "u1")}
    both = io.BytesIO()
    with zipfile.ZipFile(both, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members3(arrays=zeros).items():
            archive.writestr(name, data)
    (folder / "both.keras").write_bytes(both.getvalue())
    yield "an array as large as its archive", lambda: load_model(folder / "both.keras")
    huge = 10**12
    for what, config in {
        "units": sequential3(dense3(units=huge)),
        "input": sequential3(dense3(), shape=(None, huge)),
        "embedding": sequential3(
            layer3("Embedding", input_dim=huge, output_dim=9), shape=(None, 3)
        ),
        "filters": sequential3(
            layer3(
                "Conv2D", filters=huge, kernel_size=[9, 9], data_format="channels_last"
            ),
            shape=(None, 9, 9, 3),
        ),
    }.items():
        path = write_keras3(folder / f"{what}.keras", config)
        yield what, lambda path=path: load_model(path)
    nested = dense3()
    for depth in range(150):
        nested = layer3("TimeDistributed", name=f"t{depth}", layer=nested)
    path = write_keras3(folder / "deep.keras", sequential3(nested))
    yield "deep", lambda: load_model(path)
    for inner in ("layer", "cell"):
        weights = io.BytesIO()
        with h5py.File(weights, "w") as file:
            group = file.create_group("layers/dense")
            group[inner] = group
        path = write_keras3(
            folder / f"{inner} in itself.keras",
            sequential3(dense3()),
            model_weights_h5=weights.getvalue(),
        )
        yield f"{inner} in itself", lambda path=path: load_model(path)
    layers = [layer3("StringLookup", name=f"d{i}") for i in range(1_500)]
    many = write_keras3(folder / "many.keras", sequential3(*layers))
    yield "many refusals", lambda: load_model(many), "ConfigError"
