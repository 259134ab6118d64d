"""How `fuzz_files.py` changes model files.

Their bytes, their structure, and the texts inside them.
"""

import copy
import json
import random
import re
import shutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np

ODD_TEXTS = (
    "",
    "a",
    "..",
    "/",
    "../../x",
    "None",
    "\0",
    "\ud800",
    "x" * 5000,
    "é",
    "Dense",
    "Lambda",
    "eval",
    "softmax",
    "l2",
    "float16",
    "object",
    "http://127.0.0.1:9/x",
    "NaN",
    "model_weights",
    "0",
    "relu:relu",
    "oneiros:x",
    "{}",
    "[",
)
ODD_VALUES = (
    None,
    True,
    False,
    0,
    1,
    -1,
    2,
    3,
    7,
    255,
    1000,
    10**6,
    10**9,
    2**31,
    2**63,
    2**64,
    10**12,
    10**30,
    -(2**63),
    0.5,
    -0.0,
    1e-30,
    1e30,
    1e300,
    [],
    {},
    [None],
    [0],
    [[]],
    [1, 2, 3],
    {"a": 1},
    {"name": "l2"},
    {"class_name": "Dense"},
    {"class_name": "Dense", "config": {}},
    ["lambda", None, None],
    [None, 0, 0],
)
ODD_BYTES = (
    b"\0",
    b"\xff" * 8,
    b"\0" * 8,
    b"\xff",
    b"\x7f",
    b"\x80",
    b"\x01\0\0\0",
    b"{",
    b"}",
    b'"',
    b"[",
    b",",
    b"!!",
)
YAML_PARTS = (
    "!!python/object/apply:os.system [x]",
    "!!python/tuple ",
    "!!binary ",
    "&a ",
    "*a",
    "*id001",
    "&id001 ",
    "<<: *a",
    "? ",
    "- - ",
    "|\n",
    ">\n",
    "...",
    "---\n",
    "%TAG ! x",
    "!!set ",
    "!!int ",
    "!!float ",
    "!!bool ",
    "2001-01-01",
    ".inf",
    "~",
    "!!python/object/apply:numpy.core.multiarray.scalar ",
    "!!python/object/apply:numpy.dtype ",
    "!x ",
    "{",
    "[",
    ": ",
    "# ",
)
NUMBERS = (
    np.nan,
    np.inf,
    -np.inf,
    -1.0,
    -0.0,
    0.5,
    -0.5,
    1e-45,
    1e38,
    1e300,
    1e12,
    2.0**31,
    2.0**53,
    2.0**63,
    -(2.0**63),
    2.0**64,
)
KERAS2_PARTS = {
    "L1L2": ("l1", "l2"),
    "L2": ("l2",),
    "MaxNorm": ("max_value", "axis"),
    "MinMaxNorm": ("min_value", "max_value", "rate", "axis"),
    "UnitNorm": ("axis",),
    "NonNeg": ("axis",),
    "VarianceScaling": ("scale", "mode", "distribution", "seed"),
    "Constant": ("value",),
    "GlorotUniform": ("seed",),
    "Adam": ("learning_rate", "decay", "epsilon", "beta_1"),
    "MeanSquaredError": ("reduction", "name"),
    "MeanMetricWrapper": ("fn", "name"),
    "ExponentialDecay": ("initial_learning_rate",),
    "LSTMCell": ("units", "activation"),
    "TensorShape": ("items",),
    "__tuple__": ("items",),
}
"""Classes that Keras 2 stores inside others, and arguments of theirs."""
DTYPES = ("f2", "f4", "f8", ">f4", "i1", "i8", "u2", "?", "S3", "c8", "f4,i4")

Random = random.Random
Tree = Any
SIGNATURES = re.compile(
    rb"\x89HDF|TREE|SNOD|HEAP|GCOL|OHDR|OCHK|BTHD|BTIN|BTLF|FRHP|FHDB|FHIB|FAHD|FADB"
)
"""What the structures of HDF5 begin with."""
CONTINUATION = 0x10
"""The kind of a message that says where an object header continues."""
EXTREMES = (0, 1, 2, 255, 1 << 15, (1 << 16) - 1, 1 << 31, 1 << 63, (1 << 64) - 1)


def change_bytes(data: bytes, rng: Random) -> bytes:
    """Changes a few bytes, or takes out, repeats or adds a part."""
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 4, 8))):
        start = rng.randrange(len(changed) + 1)
        size = min(rng.choice((1, 1, 2, 4, 8, 64, 512)), len(changed) - start)
        what = rng.choice((0, 0, 0, 1, 1, 1, 2, 3, 4, 5, 5, 5, 6))
        if what == 0:
            changed[start : start + size] = rng.randbytes(size)
        elif what == 1:
            value = rng.choice(ODD_BYTES)
            changed[start : start + len(value)] = value
        elif what == 2:
            del changed[start : start + size]
        elif what == 3:
            changed[start:start] = changed[start : start + size]
        elif what == 4:
            changed[start:start] = rng.choice(ODD_BYTES)
        elif what == 5 and size:
            changed[start] ^= 1 << rng.randrange(8)
        elif rng.random() < 0.2:
            del changed[start:]
    return bytes(changed)


def change_records(data: bytes, rng: Random) -> bytes:
    """Changes numbers in the structures of an HDF5 file to addresses of structures, or
    to extreme ones: behind signatures, and in the messages of old object headers, which
    have none."""
    changed = bytearray(data)
    places = [match.start() for match in SIGNATURES.finditer(data)]
    messages = [place for header in headers(data) for place in parts(data, *header)]
    for _ in range(rng.choice((1, 1, 2, 4))):
        place = rng.choice(places) + rng.randrange(4, 96)
        if messages and rng.random() < 0.5:
            place = rng.choice(messages) + rng.randrange(40)
        width = rng.choice((1, 2, 4, 8))
        value = rng.choice((*places, *messages, *EXTREMES)) % (1 << 8 * width)
        if place + width <= len(changed):
            changed[place : place + width] = value.to_bytes(width, "little")
    return bytes(changed)


def headers(data: bytes) -> list[tuple[int, int]]:
    """Returns the places and lengths of the messages in object headers of version 1:
    the root's, and those that symbol tables name."""
    addresses = {number(data, 64, 8)}
    for node in re.finditer(b"SNOD", data):
        for entry in range(number(data, node.start() + 6, 2)):
            addresses.add(number(data, node.start() + 16 + 40 * entry, 8))
    return [
        (address + 16, number(data, address + 8, 4))
        for address in sorted(addresses)
        if data[address : address + 2] == b"\1\0"
    ]


def parts(data: bytes, place: int, length: int) -> Iterator[int]:
    """Yields the places of the messages in a block, and in those that continue it."""
    end = min(place + length, len(data))
    while place + 8 <= end:
        yield place
        if number(data, place, 2) == CONTINUATION:
            yield from parts(
                data, number(data, place + 8, 8), number(data, place + 16, 8)
            )
        place += 8 + number(data, place + 2, 2)


def number(data: bytes, place: int, width: int) -> int:
    """Returns the number of so many bytes at a place."""
    return int.from_bytes(data[place : place + width], "little")


def change_text(text: str, rng: Random, parts: tuple[str, ...] = ()) -> str:
    """Changes a few places of a text.

    Characters, lines, numbers, or some of the `parts` put in.
    """
    for _ in range(rng.choice((1, 1, 2, 4))):
        start = rng.randrange(len(text) + 1)
        stop = min(len(text), start + rng.choice((0, 1, 2, 8, 40)))
        middle = rng.choice(
            (
                "",
                text[start:stop] * 2,
                rng.choice(parts or ODD_TEXTS),
                rng.choice(ODD_TEXTS),
                json.dumps(rng.choice(ODD_VALUES)),
                rng.choice("[]{},:\"'\\ \n0-9.e"),
                text[:stop][-200:],
            )
        )
        text = text[:start] + middle + text[stop:]
    return text


def change_tree(tree: Tree, rng: Random, others: list[Tree]) -> Tree:
    """Changes a few places of a configuration.

    Values, keys, order, or parts of others put in.
    """
    tree = json.loads(json.dumps(tree))
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        places = list(_places(tree))
        if not places:
            return tree
        holder, key = rng.choice(places)
        what = rng.randrange(8)
        if what <= 2:
            holder[key] = (
                _odd_value(rng) if rng.random() < 0.7 else rng.choice(ODD_TEXTS)
            )
        elif what == 3:
            del holder[key]
        elif what == 4:
            source, name = rng.choice(list(_places(rng.choice(others))))
            holder[key] = json.loads(json.dumps(source[name]))
        elif what == 5:
            source, name = rng.choice(places)
            holder[key] = json.loads(json.dumps(source[name]))
        elif what == 6 and isinstance(holder, list):
            holder.insert(key, holder[rng.randrange(len(holder))])
        elif isinstance(holder, dict):
            value = holder.pop(key) if rng.random() < 0.5 else _odd_value(rng)
            holder[rng.choice(ODD_TEXTS)] = value
    return tree


def change_leaves(path: Path, rng: Random, key: str, others: list[Tree]) -> None:
    """Changes a configuration in an HDF5 file.

    Its leaves become values of other types, or objects.
    """
    with h5py.File(path, "r+") as file:
        tree = json.loads(file.attrs[key])
        for _ in range(rng.choice((1, 1, 2, 4))):
            places = list(_places(tree))
            leaves = [
                (holder, name)
                for holder, name in places
                if not isinstance(holder[name], dict | list)
            ]
            holder, name = rng.choice(
                leaves if leaves and rng.random() < 0.8 else places
            )
            holder[name] = rng.choice((_odd, _odd, _object))(rng)
        if rng.random() < 0.3:
            tree = change_tree(tree, rng, others)
        del file.attrs[key]
        file.attrs[key] = json.dumps(tree)


def _odd_value(rng: Random) -> Any:
    """Returns a copy, which later changes may change."""
    return copy.deepcopy(rng.choice(ODD_VALUES))


def _odd(rng: Random) -> Any:
    value = _odd_value(rng) if rng.random() < 0.8 else rng.choice(ODD_TEXTS)
    return [value] * rng.randrange(1, 4) if rng.random() < 0.1 else value


def _object(rng: Random) -> Any:
    name = rng.choice(list(KERAS2_PARTS))
    arguments = {
        argument: _odd(rng) for argument in KERAS2_PARTS[name] if rng.random() < 0.7
    }
    if name in ("TensorShape", "__tuple__"):
        return {"class_name": name, **arguments}
    return {
        "class_name": name,
        "config": rng.choice((arguments, arguments, arguments, _odd(rng))),
    }


def configurations(paths: Iterable[Path], key: str) -> dict[Path, Tree]:
    """Returns the configuration of this name for each HDF5 file that holds one, by
    their names."""
    trees = {}
    for path in sorted(paths):
        with h5py.File(path) as file:
            if key in file.attrs:
                trees[path] = json.loads(file.attrs[key])
    return trees


def _places(tree: Tree) -> Iterator[tuple[Any, Any]]:
    for key in (
        list(tree)
        if isinstance(tree, dict)
        else range(len(tree))
        if isinstance(tree, list)
        else ()
    ):
        yield tree, key
        yield from _places(tree[key])


def change_structure(path: Path, rng: Random) -> None:
    """Changes a few attributes, arrays, groups or links of an HDF5 file."""
    with h5py.File(path, "r+") as file:
        names: list[str] = []
        file.visit(names.append)
        for _ in range(rng.choice((1, 1, 2, 4))):
            name = rng.choice(["/", *names])
            try:
                rng.choice(_STRUCTURAL)(file, name, file[name], rng)
            except (
                AttributeError,
                KeyError,
                ValueError,
                TypeError,
                OSError,
                RuntimeError,
            ):
                continue  # this file can't be changed that way


def _attribute(file: Any, name: str, item: Any, rng: Random) -> None:
    names = [*item.attrs, "layer_names", "weight_names", "model_config"]
    value: Any = rng.choice(
        (
            None,
            "x",
            "[]",
            "{}",
            np.arange(3),
            np.float32(1),
            np.array([b"a", b"a"]),
            np.array([b"\xff"]),
            np.zeros(2, "f4,i4"),
            np.array([b""]),
            np.zeros((0,)),
            np.zeros((2, 2)),
            "x" * 70_000,
            np.array([b"../d"]),
            np.array([b"/model_weights"]),
            h5py.Empty("f4"),
            item.ref,
            np.bytes_(b"{}"),
        )
    )
    key = rng.choice(names)
    if key in item.attrs:
        del item.attrs[key]
    if value is not None:
        item.attrs[key] = value


def _names(file: Any, name: str, item: Any, rng: Random) -> None:
    for key in ("layer_names", "weight_names"):
        if key in item.attrs:
            names = [bytes(value) for value in item.attrs[key]]
            names.insert(rng.randrange(len(names) + 1), rng.choice([b"x", *names]))
            rng.shuffle(names)
            item.attrs[key] = np.array(names[: rng.randrange(len(names) + 1)])


def _array(file: Any, name: str, item: Any, rng: Random) -> None:
    if not isinstance(item, h5py.Dataset):
        return
    shape = list(item.shape)
    change: Callable[[], Any] = rng.choice(
        (
            lambda: shape.reverse(),
            lambda: shape.append(1),
            lambda: shape.insert(0, 0),
            lambda: shape.__setitem__(0, 10**6),
            lambda: shape.__setitem__(slice(None), [1 << 40]),
            lambda: None,
            lambda: shape.clear(),
        )
    )
    if shape:
        change()
    chunks = rng.choice((None, None, True))
    options: dict[str, Any] = rng.choice(
        ({}, {"compression": "gzip"}, {"fletcher32": True, "shuffle": True})
    )
    kwargs = {
        "chunks": chunks,
        **(options if chunks else {}),
        "fillvalue": rng.choice((None, 7)),
    }
    del file[name]
    file.create_dataset(name, tuple(shape), rng.choice(DTYPES), **kwargs)


def change_arrays(path: Path, rng: Random, group: str) -> None:
    """Gives a few arrays of an HDF5 file, below `group`, other values, types or
    shapes."""
    with h5py.File(path, "r+") as file:
        names: list[str] = []
        file.visit(names.append)
        arrays = [
            n
            for n in names
            if n.startswith(group) and isinstance(file[n], h5py.Dataset)
        ]
        for name in rng.choices(arrays, k=rng.choice((1, 1, 2, 4))) if arrays else ():
            value = file[name][()]
            dtype = value.dtype if rng.random() < 0.6 else np.dtype(rng.choice(DTYPES))
            others = ((), (1,), (0,), (2, 3), value.shape[::-1])
            shape = value.shape if rng.random() < 0.7 else rng.choice(others)
            with np.errstate(all="ignore"):
                replacement = np.full(shape, rng.choice(NUMBERS)).astype(dtype)
            del file[name]
            file[name] = replacement


def _link(file: Any, name: str, item: Any, rng: Random) -> None:
    targets = ["/", name, "/model_weights", "/nothing", "/optimizer_weights"]
    link: Any = rng.choice(
        (
            h5py.SoftLink(rng.choice(targets)),
            h5py.ExternalLink(file.filename, rng.choice(targets)),
            h5py.ExternalLink("other.h5", "/"),
            file["/"],
            item,
        )
    )
    if name != "/" and rng.random() < 0.7:
        del file[name]
        file[name] = link
    else:
        file[f"{name}/{rng.choice(('x', 'self', 'model_weights'))}"] = link


def _elsewhere(file: Any, name: str, item: Any, rng: Random) -> None:
    if isinstance(item, h5py.Dataset):
        shape = item.shape
        del file[name]
        file.create_dataset(
            name, shape, "f4", external=[(file.filename, 0, h5py.h5f.UNLIMITED)]
        )


def _remove(file: Any, name: str, item: Any, rng: Random) -> None:
    if name != "/":
        del file[name]


def _rename(file: Any, name: str, item: Any, rng: Random) -> None:
    if name != "/":
        file.move(
            name,
            f"{name.rpartition('/')[0]}/{rng.choice(('x', 'y/z', 'model_weights'))}",
        )


_STRUCTURAL = (
    _attribute,
    _attribute,
    _names,
    _array,
    _array,
    _link,
    _elsewhere,
    _remove,
    _rename,
)


def change_config(path: Path, rng: Random, others: list[Tree]) -> None:
    """Changes one of the configurations that an HDF5 file holds."""
    with h5py.File(path, "r+") as file:
        keys = [
            key
            for key in ("model_config", "model_config", "training_config")
            if key in file.attrs
        ]
        key = rng.choice(keys)
        tree = change_tree(json.loads(file.attrs[key]), rng, others)
        del file.attrs[key]
        file.attrs[key] = json.dumps(tree)


def change_safetensors(path: Path, rng: Random) -> None:
    """Changes a safetensors file."""
    path.write_bytes(changed_safetensors(path.read_bytes(), rng))


def changed_safetensors(data: bytes, rng: Random) -> bytes:
    """Returns the bytes of a safetensors file with another header.

    It differs in its structure or as text, and sometimes in its length.
    """
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    rest = data[8 + length :]
    if rng.random() < 0.6:
        text = json.dumps(change_tree(header, rng, [header])).encode()
    else:
        text = change_text(json.dumps(header), rng).encode("utf-8", "surrogatepass")
    length = (
        len(text)
        if rng.random() < 0.8
        else rng.choice((0, 1, length, len(text) + 1, 10**8 + 1, 2**63, 2**64 - 1))
    )
    if rng.random() < 0.2:
        rest = change_bytes(rest, rng)
    return length.to_bytes(8, "little") + text + rest


def copied(source: Path, target: Path) -> Path:
    """Copies a file's contents and returns the target."""
    shutil.copyfile(source, target)
    return target
