"""Changes genuine and hostile files at random and reads them, which must never do harm.

    python tools/fuzz.py                           1,000 inputs
    python tools/fuzz.py --inputs 9000 --seed 1    others, and more of them
    python tools/fuzz.py --only 123                input 123 again, with its traceback
    python tools/fuzz.py --kept                    what earlier runs kept, unchanged

The seed and its number determine an input. Bytes are changed blindly; what has lengths
or checksums, such as a configuration in HDF5 or a member of an archive, is taken out,
changed and put back. Reading has to succeed or to raise one of `oneiros.errors`, within
10 seconds of processor time and 256 MiB, and to leave no file behind. Prints a line of
JSON for each reader. The exit status is 1 if there was harm.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import random
import resource
import shutil
import signal
import sys
import tarfile
import tempfile
import traceback
import warnings
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from oneiros import backend as K
from oneiros.callbacks import Resume
from oneiros.errors import OneirosError
from oneiros.layers import Dense
from oneiros.models import Sequential, model_from_json, model_from_yaml
from oneiros.saving import Budget, load_untrusted, parameter_budget
from oneiros_cli.file_tools.conversion import convert
from oneiros_cli.file_tools.inspection import inspect_file
from oneiros_safe_files.archives import unpack_tar, unpack_zip
from oneiros_safe_files.npy import read_npz
from read_corpus import read_npy

TESTS = Path(__file__).resolve().parents[1] / "tests"
KEPT = TESTS / "hostile" / "seeds"
GOLDEN = "golden/models"
CORPUS = "hostile/corpus/*"
MODELS = (f"{GOLDEN}/seq_*.h5", "saving/keras2/*.h5", f"{CORPUS}.h5")
PLACES: dict[str, tuple[str, ...]] = {
    "json": (f"{GOLDEN}/*_*.json", f"{CORPUS}.json"),
    "yaml": (f"{GOLDEN}/*.yaml", f"{CORPUS}.yaml"),
    "hdf5": MODELS,
    "weights": (f"{GOLDEN}/seq_*_weights.h5", "saving/keras2/*weights*.h5"),
    "inspect": (*MODELS, "saving/keras3/*.keras"),
    "convert": MODELS,
    "keras": ("saving/keras3/*.keras", f"{CORPUS}.keras"),
    "resume": (f"{CORPUS}.h5",),
    "safetensors": (f"{CORPUS}.safetensors",),
    "npy": (f"{CORPUS}.npy",),
    "npz": ("golden/layers.npz", f"{CORPUS}.npz"),
    "tar": (f"{CORPUS}.tar", f"{CORPUS}.tar.gz"),
    "zip": (f"{CORPUS}.zip",),
}
"""The files for each reader, below the folder of the tests."""
LONGEST = 200_000
SECONDS = 10
MIB = 256
PARAMETERS = 2**22
ODD_VALUES = (
    *(None, True, -1, 0, 1, 2**31, 2**63, 0.5, 1e300, "", "a/b", "\0", "é", "None"),
    *([], {}, [None], [[]], {"class_name": "Dense", "config": {}}),
)
NUMBERS = (0, 1, 2, 127, 255, 2**16, 2**31 - 1, 2**32, 2**40, 2**63, 2**64 - 1)


class HangingError(BaseException):
    """An input took too long."""


def hang(*_: Any) -> None:
    """Ends an input that takes too long."""
    raise HangingError


class Readers:
    """What reads a file: a function of its path for each reader."""

    def __init__(self) -> None:
        self._model = Sequential([Dense(3, input_dim=4, name="d")])
        self._model.compile("sgd", "mse")
        self.by_name: dict[str, Callable[[Path], Any]] = {
            "json": lambda path: model_from_json(path.read_bytes()),
            "yaml": lambda path: model_from_yaml(path.read_bytes()),
            "hdf5": load_untrusted,
            "weights": self._model.load_weights,
            "inspect": inspect_file,
            "convert": lambda path: convert(path, "new.json", dim_ordering="th"),
            "keras": load_untrusted,
            "resume": self._resume,
            "safetensors": partial(self._model.load_weights, by_name=True),
            "npy": read_npy,
            "npz": lambda path: read_npz(path, Budget()),
            "tar": lambda path: unpack_tar(path, Path("unpacked"), Budget()),
            "zip": lambda path: unpack_zip(path, Path("unpacked"), Budget()),
        }

    def _resume(self, path: Path) -> None:
        zeros = np.zeros((8, 4)), np.zeros((8, 3))
        self._model.fit(*zeros, 4, 1, 0, [Resume(path, batches=1)])


def seeds(reader: str) -> list[tuple[bytes, bool]]:
    """Returns the files that a reader begins with, and whether they are genuine: the
    libraries that take files apart hang at others."""
    return [
        (path.read_bytes(), not place.startswith(CORPUS))
        for place in PLACES[reader]
        for path in sorted(TESTS.glob(place))
        if path.stat().st_size <= LONGEST
    ]


def kept(reader: str) -> Iterator[bytes]:
    """Yields what earlier runs kept, since it took new branches."""
    with tarfile.open(KEPT / f"{reader}.tar.xz") as archive:
        for member in archive:
            file = archive.extractfile(member)
            if file is not None:
                yield file.read()


def changed(reader: str, data: bytes, chance: random.Random) -> bytes:
    """Returns an input, with its structure kept in two of three cases."""
    if chance.random() < 1 / 3:
        return blindly(data, chance)
    try:
        if reader == "json":
            return json.dumps(odd(json.loads(data), chance)).encode()
        if data.startswith(b"\x89HDF"):
            return hdf5(data, chance)
        if data.startswith(b"PK"):
            return rezipped(data, chance)
    except Exception:  # what libraries raise for files that are damaged already
        return blindly(data, chance)
    return blindly(data, chance)


def blindly(data: bytes, chance: random.Random) -> bytes:
    """Returns data with a few bytes changed, moved, repeated or left out."""
    content = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        place = chance.randrange(len(content) + 1)
        length = chance.choice((1, 2, 4, 8))
        match chance.randrange(4):
            case 0:
                number = chance.choice(NUMBERS) % (1 << 8 * length)
                content[place : place + length] = number.to_bytes(length, "little")
            case 1:
                content[place : place + length] = chance.randbytes(length)
            case 2:
                end = place + chance.randint(1, 100)
                content[place:place] = content[place:end]
            case 3:
                del content[place : place + chance.choice((1, 9, len(content)))]
    return bytes(content)


def odd(value: Any, chance: random.Random) -> Any:
    """Returns plain data with one of its parts replaced, repeated or left out."""
    if not isinstance(value, (dict, list)) or not value or chance.random() < 0.1:
        return chance.choice(ODD_VALUES)
    keys = list(value) if isinstance(value, dict) else range(len(value))
    key = chance.choice(keys)
    match chance.randrange(6):
        case 0:
            value[key] = value[chance.choice(keys)]
        case 1:
            del value[key]
        case _:
            value[key] = odd(value[key], chance)
    return value


def hdf5(data: bytes, chance: random.Random) -> bytes:
    """Returns an HDF5 file with a configuration, an attribute or an array changed."""
    content = io.BytesIO(data)
    with h5py.File(content, "r+") as file:
        texts = [key for key in file.attrs if "config" in key or "prov" in key]
        names: list[str] = []
        file.visit(names.append)
        if texts and chance.random() < 0.6:
            key = chance.choice(texts)
            file.attrs[key] = json.dumps(odd(json.loads(file.attrs[key]), chance))
            return content.getvalue()
        name = chance.choice(names)
        match chance.randrange(4):
            case 0:
                del file[name]
            case 1:
                del file[name]
                file[name] = np.zeros(chance.choice([(), (3,), (4, 3)]), "i1")
            case 2:
                file[f"{name} again"] = h5py.SoftLink(f"/{name}")
            case _:
                keys = list(file[name].attrs) or ["weight_names"]
                file[name].attrs[chance.choice(keys)] = chance.choice(["", 1, [b"a"]])
    return content.getvalue()


def rezipped(data: bytes, chance: random.Random) -> bytes:
    """Returns a zip archive with a member changed, renamed, repeated or left out."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = [(name, archive.read(name)) for name in archive.namelist()]
    number = chance.randrange(len(members))
    name, content = members.pop(number)
    match chance.randrange(6):
        case 0:
            members += [(name, content)] * 2
        case 1:
            members.append((chance.choice(["../a", "/a", "a/", "é"]), content))
        case 2:
            pass
        case _:
            kind = "json" if name.endswith(".json") else "keras"
            members.append((name, changed(kind, content, chance)))
    target = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(target, "w") as archive:
        warnings.simplefilter("ignore")  # of names that occur twice
        for name, content in members:
            archive.writestr(name, content)
    return target.getvalue()


def outcome(read: Callable[[Path], Any], data: bytes, raises: bool) -> str:
    """Returns what becomes of an input: `"loaded"`, an error of ours, or the harm."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    path = Path("input.h5")
    path.write_bytes(data)
    result = "loaded"
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    try:
        with parameter_budget(PARAMETERS):
            read(path)
    except OneirosError as error:
        result = type(error).__name__
    except BaseException as error:
        if raises:
            raise
        result = f"harm: {''.join(traceback.format_exception(error)[-3:])}"
    signal.setitimer(signal.ITIMER_PROF, 0)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    if (peak - before) // 1024 > MIB:
        result = f"harm: {(peak - before) // 1024} MiB"
    for name in ("input.h5", "new.json", "unpacked"):
        shutil.rmtree(name) if Path(name).is_dir() else Path(name).unlink(True)
    return f"harm: left {os.listdir()}" if os.listdir() else result


def main() -> int:
    """Reads the inputs; returns whether there was harm."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--inputs", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", type=int)
    parser.add_argument("--kept", action="store_true")
    chosen = parser.parse_args()
    warnings.simplefilter("ignore")
    signal.signal(signal.SIGPROF, hang)
    K.set_backend("theano")
    readers = Readers().by_name
    outcomes: dict[str, Counter[str]] = {name: Counter() for name in readers}
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for number, name in enumerate(readers):
            if chosen.kept:
                inputs: Any = enumerate(kept(name))
            else:
                inputs = random_inputs(name, number, len(readers), chosen)
            for input_number, data in inputs:
                raises = chosen.only is not None
                result = outcome(readers[name], data, raises)
                if result.startswith("harm"):
                    result = f"input {input_number}, {result}"
                outcomes[name][result] += 1
        os.chdir("/")
    for name, counted in outcomes.items():
        print(json.dumps({"reader": name, **counted}))
    return int(any("harm" in result for each in outcomes.values() for result in each))


def random_inputs(
    reader: str, first: int, step: int, chosen: Any
) -> Iterator[tuple[int, bytes]]:
    """Yields a reader's inputs with their numbers."""
    begin = seeds(reader)
    for number in range(first, chosen.inputs, step):
        if chosen.only in (None, number):
            chance = random.Random(f"{chosen.seed} {number}")
            data, is_genuine = chance.choice(begin)
            change = partial(changed, reader) if is_genuine else blindly
            yield number, change(data, chance)


if __name__ == "__main__":
    sys.exit(main())
