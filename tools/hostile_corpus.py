"""Writes the corpus of hostile files: small files of which each attacks a loader of
models in another way.

    python tools/hostile_corpus.py tests/hostile/corpus
    python tools/hostile_corpus.py --large FOLDER

The second writes those that take megabytes, though little of it is information. The
code that some of them carry only creates the file `canary` in the current folder.
"""

from __future__ import annotations

import argparse
import base64
import gzip
import io
import json
import marshal
import pickle
import struct
import tarfile
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np

Build = Callable[[Path], None]
Entry = dict[str, Any]
BUILDS: dict[str, Build] = {}
"""What writes each file, by the file's name."""
LARGE = ("files-20000.zip", "folders-20000.tar", "members-200000.pkl.gz")
"""The files of more than a megabyte."""
GIB = 1 << 30


def hostile(name: str) -> Callable[[Build], Build]:
    """Decorator: registers what writes a file of the corpus."""

    def register(build: Build) -> Build:
        BUILDS[name] = build
        return build

    return register


# Models whose structures in HDF5 are hostile, with configurations of Keras 2, which
# every library reads.


def layer(class_name: str, **config: Any) -> Entry:
    """Returns a layer's configuration."""
    return {"class_name": class_name, "config": config}


def activation(name: str) -> Entry:
    """Returns the configuration of an Activation layer."""
    return layer("Activation", name=name, trainable=True, activation="relu")


def sequential(*layers: Entry, shape: tuple[int | None, ...] = (None, 4)) -> Entry:
    """Returns the configuration of a model of these layers behind an input."""
    first = layer("InputLayer", name="i", batch_input_shape=shape, dtype="float32")
    return layer("Sequential", name="s", layers=[first, *layers])


def write_model(
    path: Path, config: Any, training: Any = None, **attributes: Any
) -> None:
    """Writes a model without weights."""
    with h5py.File(path, "w") as file:
        file.attrs["keras_version"] = "2.15.0"
        file.attrs["backend"] = "tensorflow"
        file.attrs["model_config"] = json.dumps(config)
        if training is not None:
            file.attrs["training_config"] = json.dumps(training)
        for name, value in attributes.items():
            file.attrs[name] = value
        weights = file.create_group("model_weights")
        weights.attrs["layer_names"] = np.zeros(0, "S1")


def write_dense(path: Path, fill: Callable[[h5py.Group], None]) -> None:
    """Writes a model of one Dense layer, whose kernel `fill` writes."""
    dense = layer("Dense", name="d", units=3, activation="linear", use_bias=True)
    write_model(path, sequential(dense))
    with h5py.File(path, "r+") as file:
        weights = file["model_weights"]
        weights.attrs["layer_names"] = [b"d"]
        group = weights.create_group("d")
        group.attrs["weight_names"] = [b"d_W", b"d_b"]
        group["d_b"] = np.zeros(3, "float32")
        fill(group)


def fill_plainly(group: h5py.Group) -> None:
    """Writes a kernel as it should be."""
    group["d_W"] = np.zeros((4, 3), "float32")


@hostile("harmless.h5")
def harmless(path: Path) -> None:
    """None of the attacks: each library should load it."""
    write_dense(path, fill_plainly)


def patched(path: Path, fill: Callable[[h5py.Group], None], *changes: Any) -> None:
    """Writes a model, and then numbers over its structures.

    # Arguments
        changes: tuples of a signature, an offset from it, a layout, and values. The
            text `"itself"` among the values stands for the signature's address.
    """
    write_dense(path, fill)
    content = bytearray(path.read_bytes())
    for signature, offset, layout, *values in changes:
        place = content.index(signature)
        numbers = [place if value == "itself" else value for value in values]
        struct.pack_into(layout, content, place + offset, *numbers)
    path.write_bytes(content)


@hostile("index-own-child.h5")
def own_child(path: Path) -> None:
    """A node of the index of names is its own child."""
    patched(
        path, fill_plainly, (b"TREE", 5, "<BH", 1, 1), (b"TREE", 32, "<Q", "itself")
    )


@hostile("index-own-sibling.h5")
def own_sibling(path: Path) -> None:
    """A node is its own right sibling."""
    patched(path, fill_plainly, (b"TREE", 16, "<Q", "itself"))


@hostile("index-shared-nodes.h5")
def shared_nodes(path: Path) -> None:
    """An index of 11 levels, each node of which names the next one 32 times."""
    write_dense(path, fill_plainly)
    content = path.read_bytes()
    lowest = content.index(b"TREE")
    child = lowest
    nodes = b""
    for level in range(1, 12):
        node = b"TREE" + struct.pack("<BBH16s", 0, level, 32, b"\xff" * 16)
        node += struct.pack("<QQ", 0, child) * 32 + struct.pack("<Q", 8)
        child = len(content) + len(nodes)
        nodes += node
    old_end = struct.pack("<Q", len(content))
    new_end = struct.pack("<Q", len(content) + len(nodes))
    content = content.replace(struct.pack("<Q", lowest), struct.pack("<Q", child))
    path.write_bytes(content.replace(old_end, new_end) + nodes)


@hostile("heap-endless.h5")
def endless_heap(path: Path) -> None:
    """A heap of texts has an object of a huge size."""
    patched(path, fill_plainly, (b"GCOL", 24, "<Q", 1 << 63))


@hostile("heap-of-nothing.h5")
def heap_of_nothing(path: Path) -> None:
    """A heap says that it has no size."""
    patched(path, fill_plainly, (b"GCOL", 8, "<Q", 0))


@hostile("names-endless.h5")
def endless_names(path: Path) -> None:
    """The heap of names claims 2 GiB."""
    patched(path, fill_plainly, (b"HEAP", 8, "<Q", 1 << 31))


@hostile("header-own-continuation.h5")
def own_continuation(path: Path) -> None:
    """The root's header continues in itself."""

    def fill(group: h5py.Group) -> None:
        fill_plainly(group)
        for index in range(40):
            group.file.attrs[f"a{index}"] = "text"

    write_dense(path, fill)
    content = bytearray(path.read_bytes())
    (address,) = struct.unpack_from("<Q", content, 64)
    (size,) = struct.unpack_from("<I", content, address + 8)
    place = address + 16
    while struct.unpack_from("<H", content, place)[0] != 0x10:
        place += 8 + struct.unpack_from("<H", content, place + 2)[0]
    struct.pack_into("<QQ", content, place + 8, address + 16, size)
    path.write_bytes(content)


@hostile("text-of-2-gib.h5")
def long_text(path: Path) -> None:
    """The configuration claims to be 2 GiB long."""
    write_dense(path, fill_plainly)
    content = bytearray(path.read_bytes())
    heap = struct.pack("<Q", content.index(b"GCOL"))
    struct.pack_into("<I", content, content.index(heap) - 4, (1 << 31) - 1)
    path.write_bytes(content)


@hostile("array-of-8-pib.h5")
def huge_array(path: Path) -> None:
    """An array claims 8 PiB and stores nothing."""
    write_dense(
        path, lambda group: group.create_dataset("d_W", (1 << 50,), "f8") and None
    )


@hostile("array-that-unfolds.h5")
def unfolding_array(path: Path) -> None:
    """4 GiB of zeros, compressed."""

    def fill(group: h5py.Group) -> None:
        chunk = (1 << 26,)
        item = group.create_dataset(
            "d_W", (1 << 30,), "f4", chunks=chunk, compression="gzip"
        )
        item[: chunk[0]] = 0

    write_dense(path, fill)


@hostile("blocks-larger-than-the-array.h5")
def large_blocks(path: Path) -> None:
    """400 values in 400 blocks of 16 MiB."""

    def fill(group: h5py.Group) -> None:
        group.create_dataset(
            "d_W",
            (400, 1),
            "u1",
            maxshape=(400, None),
            chunks=(1, 1 << 24),
            compression="gzip",
        )

    write_dense(path, fill)


@hostile("link-to-a-file.h5")
def link_to_a_file(path: Path) -> None:
    """The kernel is a link to another file."""

    def fill(group: h5py.Group) -> None:
        group["d_W"] = h5py.ExternalLink("/etc/hostname", "/")

    write_dense(path, fill)


@hostile("data-in-a-file.h5")
def data_in_a_file(path: Path) -> None:
    """The kernel's data is a file of the system's."""

    def fill(group: h5py.Group) -> None:
        group.create_dataset("d_W", (4, 3), "u1", external=[("/etc/passwd", 0, 12)])

    write_dense(path, fill)


@hostile("virtual-data.h5")
def virtual_data(path: Path) -> None:
    """The kernel is a view of another file."""

    def fill(group: h5py.Group) -> None:
        layout = h5py.VirtualLayout((4, 3), "f4")
        layout[:] = h5py.VirtualSource("/tmp/other.h5", "w", (4, 3))
        group.create_virtual_dataset("d_W", layout)

    write_dense(path, fill)


@hostile("foreign-filter.h5")
def foreign_filter(path: Path) -> None:
    """An array needs a filter, for which HDF5 would load a library."""

    def fill(group: h5py.Group) -> None:
        created = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        created.set_chunk((4, 3))
        created.set_filter(32001, h5py.h5z.FLAG_OPTIONAL, (1, 2))
        space = h5py.h5s.create_simple((4, 3))
        h5py.h5d.create(group.id, b"d_W", h5py.h5t.IEEE_F32LE, space, created)

    write_dense(path, fill)


@hostile("links-to-one-group.h5")
def many_links(path: Path) -> None:
    """2,000 names of one group, which has 300 attributes."""

    def fill(group: h5py.Group) -> None:
        fill_plainly(group)
        for index in range(300):
            group.attrs[f"a{index}"] = "text"
        for index in range(2000):
            group.parent[f"l{index}"] = group

    write_dense(path, fill)


@hostile("group-in-itself.h5")
def own_member(path: Path) -> None:
    """A group is its own member."""

    def fill(group: h5py.Group) -> None:
        fill_plainly(group)
        group["self"] = group
        group.parent["up"] = group.file["/"]

    write_dense(path, fill)


# Configurations


def canary(x: Any) -> Any:
    """Leaves a mark: what an attack would run."""
    open("canary", "w").close()
    return x


def bytecode() -> list[Any]:
    """Returns a function as Keras 2 and 3 store it."""
    code = marshal.dumps(canary.__code__)
    return [base64.encodebytes(code).decode("ascii"), None, None]


def lambda_layer(function: Any, kind: str) -> Entry:
    """Returns the configuration of a Lambda layer."""
    return layer(
        "Lambda",
        name="l",
        trainable=True,
        function=function,
        function_type=kind,
        module="__main__",
        output_shape=None,
        output_shape_type="raw",
        output_shape_module=None,
        arguments={},
    )


def lstm(number: int) -> Entry:
    """Returns the configuration of a small LSTM layer, whose loop takes long to
    build."""
    return layer("LSTM", name=f"l{number}", units=1, return_sequences=True)


def repeated(count: int) -> Entry:
    """Returns the configuration of a model that calls one layer again and again."""
    sources = [["i", 0, 0, {}], *(["d", n, 0, {}] for n in range(count - 1))]
    size = {"name": "i", "batch_input_shape": (None, 4), "dtype": "float32"}
    layers = [
        {**layer("InputLayer", **size), "name": "i", "inbound_nodes": []},
        {
            **layer("Dense", name="d", units=4),
            "name": "d",
            "inbound_nodes": [[source] for source in sources],
        },
    ]
    ends = {"input_layers": [["i", 0, 0]], "output_layers": [["d", count - 1, 0]]}
    return layer("Functional", name="m", layers=layers, **ends)


COMPILED = {
    "optimizer_config": layer("SGD", learning_rate=0.1),
    "loss": "mse",
    "metrics": [],
    "weighted_metrics": None,
    "loss_weights": None,
}
MANY = 4000
"""Layers, classes or metrics where there are too many."""
CONFIGURATIONS: dict[str, tuple[Any, Any]] = {
    "lambda-bytecode": (sequential(lambda_layer(bytecode(), "lambda")), None),
    "lambda-names-a-function": (
        sequential(lambda_layer("os.system", "function")),
        None,
    ),
    "class-of-a-module": (sequential(layer("os>system", command="touch canary")), None),
    "layers-4000": (sequential(*(activation(f"a{n}") for n in range(MANY))), None),
    "classes-unknown-4000": (
        sequential(*(layer(f"U{n}", name=f"u{n}") for n in range(MANY))),
        None,
    ),
    "metrics-unknown-4000": (
        sequential(activation("a")),
        {**COMPILED, "metrics": [f"m{n}" for n in range(MANY)]},
    ),
    "kernel-of-a-terabyte": (
        sequential(layer("Dense", name="d", units=1 << 19), shape=(None, 1 << 19)),
        None,
    ),
    "state-of-gigabytes": (
        sequential(
            layer(
                "ConvLSTM2D",
                name="c",
                filters=1,
                kernel_size=(1, 1),
                recurrent_activation="sigmoid",
                data_format="channels_last",
            ),
            shape=(100, 2, 20_000, 20_000, 1),
        ),
        None,
    ),
    "recurrent-layers-600": (sequential(*map(lstm, range(600)), shape=(1, 3, 4)), None),
    "calls-of-one-layer-3000": (repeated(3000), None),
    "loss-of-a-module": (
        sequential(activation("a")),
        {**COMPILED, "loss": "os.system"},
    ),
    "names-with-control-characters": (
        sequential(activation("a\x1b[31m\u202e\n")),
        None,
    ),
}


def register_configurations() -> None:
    """Registers a file for each of the configurations."""
    for name, (config, training) in CONFIGURATIONS.items():
        BUILDS[f"{name}.h5"] = lambda path, c=config, t=training: write_model(
            path, c, t
        )


register_configurations()


@hostile("nested-1000.h5")
def nested(path: Path) -> None:
    """Models inside each other, 1,000 deep."""
    opening = '{"class_name": "Sequential", "config": {"name": "s", "layers": ['
    text = opening * 1000 + json.dumps(activation("a")) + "]}}" * 1000
    write_model(path, sequential(activation("a")))
    with h5py.File(path, "r+") as file:
        file.attrs["model_config"] = text


@hostile("origins-of-strangers.h5")
def origins(path: Path) -> None:
    """A file that tells whom to trust."""
    origin = {"distribution": "evil-package", "version": "1.0", "api_level": 1}
    record = json.dumps({"layer:Own": origin})
    write_model(path, sequential(layer("Own", name="o")), oneiros_provenance=record)


# Archives of Keras 3


def write_keras3(path: Path, layer: Entry, weights: bytes = b"") -> None:
    """Writes an archive of Keras 3 with a model of one layer."""
    config = {
        "module": "keras",
        "class_name": "Sequential",
        "registered_name": None,
        "config": {"name": "s", "trainable": True, "layers": [layer]},
        "build_config": {"input_shape": [None, 3]},
    }
    if not weights:
        buffer = io.BytesIO()
        h5py.File(buffer, "w").close()
        weights = buffer.getvalue()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        metadata = {"keras_version": "3.12.0", "date_saved": "2026-01-01@00:00:00"}
        archive.writestr("metadata.json", json.dumps(metadata))
        archive.writestr("config.json", json.dumps(config))
        archive.writestr("model.weights.h5", weights)


@hostile("module-of-the-system.keras")
def keras3_module(path: Path) -> None:
    """A layer whose class is a function of Python's."""
    call = {
        "module": "os",
        "class_name": "system",
        "config": "touch canary",
        "registered_name": "system",
    }
    write_keras3(path, call)


@hostile("lambda-bytecode.keras")
def keras3_lambda(path: Path) -> None:
    """A Lambda layer with bytecode."""
    function = {
        "class_name": "__lambda__",
        "config": {"code": bytecode()[0], "defaults": None, "closure": None},
    }
    config = {"name": "l", "trainable": True, "function": function, "arguments": {}}
    write_keras3(
        path,
        {
            "module": "keras.layers",
            "class_name": "Lambda",
            "config": config,
            "registered_name": None,
        },
    )


@hostile("weights-that-unfold.keras")
def keras3_bomb(path: Path) -> None:
    """Weights of a gigabyte, compressed to a megabyte."""
    dense = {
        "module": "keras.layers",
        "class_name": "Dense",
        "config": {"name": "d", "units": 3},
        "registered_name": None,
    }
    write_keras3(path, dense, bytes(GIB // 4))


# Data and texts


@hostile("names-a-function.yaml")
def yaml_call(path: Path) -> None:
    """A tag that calls a function."""
    path.write_text("!!python/object/apply:os.system ['touch canary']\n")


@hostile("aliases.yaml")
def yaml_aliases(path: Path) -> None:
    """References to references, doubling with each line."""
    lines = ["a0: &a0 [x, x]"]
    lines += [f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 40)]
    path.write_text("\n".join(lines))


class Call:
    """What pickle turns into a call."""

    def __reduce__(self) -> Any:
        return open, ("canary", "w")


@hostile("calls-a-function.pkl")
def pickle_call(path: Path) -> None:
    """A pickle that calls a function."""
    path.write_bytes(pickle.dumps(Call()))


@hostile("keys-of-one-hash.pkl")
def pickle_keys(path: Path) -> None:
    """A dict whose keys have one hash."""
    keys = [number * ((1 << 61) - 1) for number in range(1, 5000)]
    path.write_bytes(pickle.dumps(dict.fromkeys(keys)))


@hostile("calls-a-function.npy")
def npy_call(path: Path) -> None:
    """An array of objects."""
    np.save(path, np.array([Call()], object), allow_pickle=True)


@hostile("header-that-claims.npy")
def npy_header(path: Path) -> None:
    """A header of a petabyte."""
    text = b"{'descr': '<f8', 'fortran_order': False, 'shape': (1125899906842624,)}"
    header = text.ljust(118) + b"\n"
    path.write_bytes(
        b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + bytes(64)
    )


@hostile("header-of-exabytes.safetensors")
def safetensors_header(path: Path) -> None:
    """A header whose length is 8 EiB."""
    path.write_bytes(struct.pack("<Q", (1 << 63) - 1) + b"{}")


# Archives


def empty(name: str, kind: bytes = tarfile.REGTYPE) -> bytes:
    """Returns an empty member of a tar archive."""
    member = tarfile.TarInfo(name)
    member.type = kind
    return member.tobuf(tarfile.GNU_FORMAT)


END_OF_TAR = bytes(2 * tarfile.BLOCKSIZE)
DEEP = "/".join("a" * 450)


@hostile("names-of-450-folders.tar.gz")
def deep_tar(path: Path) -> None:
    """300 names of 450 folders each."""
    members = b"".join(empty(f"{number}/{DEEP}") for number in range(300))
    path.write_bytes(gzip.compress(members + END_OF_TAR, mtime=0))


@hostile("files-20000.tar.gz")
def many_files_tar(path: Path) -> None:
    """20,000 empty files."""
    members = b"".join(empty(f"{number}") for number in range(20_000))
    path.write_bytes(gzip.compress(members + END_OF_TAR, mtime=0))


@hostile("folders-20000.tar")
def many_folders_tar(path: Path) -> None:
    """20,000 empty folders, 10 MB."""
    folders = (empty(f"{number}", tarfile.DIRTYPE) for number in range(20_000))
    path.write_bytes(b"".join(folders) + END_OF_TAR)


@hostile("properties-of-all.tar.gz")
def properties_tar(path: Path) -> None:
    """Headers for all members, with 100,000 properties."""
    headers = b"".join(
        tarfile.TarInfo.create_pax_global_header(
            {f"{number}.{key}": "" for key in range(5000)}
        )
        for number in range(20)
    )
    path.write_bytes(gzip.compress(headers + empty("a") + END_OF_TAR, mtime=0))


@hostile("name-that-leads-out.tar")
def leading_out_tar(path: Path) -> None:
    """A file beside the folder into which the archive is unpacked."""
    path.write_bytes(empty("../canary") + END_OF_TAR)


@hostile("link-and-file-behind-it.tar")
def link_tar(path: Path) -> None:
    """A link to another folder, and a file in it."""
    link = tarfile.TarInfo("link")
    link.type = tarfile.SYMTYPE
    link.linkname = ".."
    path.write_bytes(link.tobuf() + empty("link/canary") + END_OF_TAR)


def write_zip(path: Path, members: dict[str, bytes]) -> None:
    """Writes a zip archive whose members have no date."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)


@hostile("names-of-450-folders.zip")
def deep_zip(path: Path) -> None:
    """40 names of 450 folders each."""
    write_zip(path, {f"{number}/{DEEP}": b"" for number in range(40)})


@hostile("files-20000.zip")
def many_files_zip(path: Path) -> None:
    """20,000 empty files."""
    write_zip(path, {f"{number}": b"" for number in range(20_000)})


@hostile("name-that-leads-out.zip")
def leading_out_zip(path: Path) -> None:
    """A file beside the folder into which the archive is unpacked."""
    write_zip(path, {"../canary": b""})


@hostile("members-that-share-bytes.zip")
def sharing_zip(path: Path) -> None:
    """500 names of the same megabyte of zeros, compressed once."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("0"), bytes(1 << 20), zipfile.ZIP_DEFLATED)
        (first,) = archive.filelist
        for number in range(1, 500):
            other = zipfile.ZipInfo(f"{number}")
            for field in ("header_offset", "CRC", "compress_size", "file_size"):
                setattr(other, field, getattr(first, field))
            other.compress_type = first.compress_type
            archive.filelist.append(other)


@hostile("array-that-unfolds.npz")
def unfolding_npz(path: Path) -> None:
    """80 MiB of zeros, compressed."""
    write_zip(path, {"a.npy": npy(np.zeros(80 << 20, "u1"))})


@hostile("calls-a-function.npz")
def npz_call(path: Path) -> None:
    """An array of objects."""
    write_zip(path, {"a.npy": npy(np.array([Call()], object))})


@hostile("axes-30000.npz")
def many_axes(path: Path) -> None:
    """100 arrays of 30,000 axes each."""
    header = b"{'descr': '|u1', 'fortran_order': False, 'shape': (%s)}"
    text = header % (b"1," * 30_000)
    data = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + b"\0"
    write_zip(path, {f"{number}.npy": data for number in range(100)})


def npy(array: Any) -> bytes:
    """Returns an array as a file of NumPy's."""
    file = io.BytesIO()
    np.save(file, array, allow_pickle=True)
    return file.getvalue()


@hostile("unfolds.pkl.gz")
def gzip_bomb(path: Path) -> None:
    """A pickle of 80 MiB of zeros, compressed."""
    path.write_bytes(gzip.compress(pickle.dumps(bytes(80 << 20)), mtime=0))


@hostile("members-200000.pkl.gz")
def many_gzip_members(path: Path) -> None:
    """200,000 empty members of gzip."""
    path.write_bytes(gzip.compress(b"", mtime=0) * 200_000)


# Configurations without weights


@hostile("nested-lists.json")
def nested_lists(path: Path) -> None:
    """50,000 lists inside each other."""
    path.write_text("[" * 50_000)


@hostile("keys-twice.json")
def keys_twice(path: Path) -> None:
    """An object that has a key twice, of which loaders see one or the other."""
    path.write_text('{"class_name": "Sequential", "config": [], "config": [1]}')


@hostile("digits-20000.json")
def long_number(path: Path) -> None:
    """A number of 20,000 digits."""
    path.write_text('{"class_name": "Sequential", "config": %s}' % ("9" * 20_000))


def write_json(path: Path, *layers: Entry, shape: tuple[int | None, ...]) -> None:
    """Writes the configuration of a model of Keras 2."""
    config = {**sequential(*layers, shape=shape), "keras_version": "2.15.0"}
    path.write_text(json.dumps(config))


def convolution(class_name: str, **config: Any) -> Entry:
    """Returns the configuration of a layer with a window of one pixel."""
    window = {"filters": 1, "kernel_size": [1, 1], "strides": [1, 1]}
    return layer(class_name, name="c", padding="valid", **window, **config)


@hostile("lambda-bytecode.json")
def lambda_json(path: Path) -> None:
    """A Lambda layer with bytecode."""
    write_json(path, lambda_layer(bytecode(), "lambda"), shape=(None, 4))


@hostile("kernel-of-a-terabyte.json")
def large_kernel(path: Path) -> None:
    """A kernel of 1 TiB."""
    dense = layer("Dense", name="d", units=1 << 19, activation="linear")
    write_json(path, dense, shape=(None, 1 << 19))


@hostile("orthogonal-6000.json")
def orthogonal(path: Path) -> None:
    """An initial kernel that takes minutes to compute."""
    initial = {"class_name": "Orthogonal", "config": {"gain": 1.0, "seed": None}}
    dense = layer(
        "Dense", name="d", units=6000, activation="linear", kernel_initializer=initial
    )
    write_json(path, dense, shape=(None, 6000))


@hostile("state-of-terabytes.json")
def large_state(path: Path) -> None:
    """A recurrent state of 4 TiB, of a single cell."""
    cell = convolution("ConvLSTM2D", data_format="channels_last", stateful=True)
    write_json(path, cell, shape=(1, 2, 1 << 20, 1 << 20, 1))


@hostile("kernel-for-each-pixel.json")
def local_kernels(path: Path) -> None:
    """A kernel for each pixel of an image of 100,000 by 100,000."""
    local = convolution("LocallyConnected2D", data_format="channels_last")
    write_json(path, local, shape=(None, 100_000, 100_000, 1))


@hostile("flattened-image.json")
def flattened(path: Path) -> None:
    """An image of 300 million values, whose order of axes is to be changed."""
    pooling = layer(
        "MaxPooling2D",
        name="p",
        pool_size=[1, 1],
        strides=[1, 1],
        padding="valid",
        data_format="channels_last",
    )
    flatten = layer("Flatten", name="f", data_format="channels_last")
    write_json(path, pooling, flatten, shape=(None, 10_000, 10_000, 3))


# Interrupted trainings, as Oneiros' callback `Resume` saves them


def write_run(path: Path, state: str, numbers: Any) -> None:
    """Writes a model with the state of its training and an array of that."""
    write_dense(path, fill_plainly)
    with h5py.File(path, "r+") as file:
        training = file.create_group("oneiros_training")
        training.attrs["state"] = state
        training.create_dataset("0", data=numbers, compression="gzip", shuffle=True)


@hostile("run-of-one-list.h5")
def repeated_list(path: Path) -> None:
    """A state that has one list of 100,000 numbers 3,000 times."""
    lists = ", ".join(['{"floats": 0}'] * 3_000)
    write_run(path, f"[{lists}]", np.zeros(100_000))


@hostile("run-of-long-list.h5")
def long_list(path: Path) -> None:
    """A state whose list has 8 million numbers."""
    write_run(path, '[{"floats": 0}]', np.zeros(8_000_000))


@hostile("run-of-deep-lists.h5")
def deep_lists(path: Path) -> None:
    """A state of 10,000 lists inside each other."""
    write_run(path, "[" * 10_000 + "]" * 10_000, np.zeros(1))


def main() -> None:
    """Writes all files, or the large ones."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--large", action="store_true")
    chosen = parser.parse_args()
    folder = chosen.folder
    folder.mkdir(parents=True, exist_ok=True)
    for name, build in BUILDS.items():
        if (name in LARGE) != chosen.large:
            continue
        with tempfile.TemporaryDirectory() as draft:
            build(Path(draft) / name)
            (folder / name).write_bytes((Path(draft) / name).read_bytes())


if __name__ == "__main__":
    main()
