"""What `fuzz_coverage.py` begins with: small genuine files, files of the hostile
corpus, small ones that are made here, and what earlier runs kept in
`tests/hostile/seeds`.
"""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import pickle
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from safetensors.numpy import save

TESTS = Path(__file__).resolve().parent.parent / "tests"
KEPT = TESTS / "hostile" / "seeds"
LONGEST = 1 << 16
GOLDEN = "golden/models"
MODELS = (
    f"{GOLDEN}/seq_uncompiled.h5",
    f"{GOLDEN}/seq_opt_adam.h5",
    f"{GOLDEN}/func_merge_modes.h5",
    "saving/keras2/dense*.h5",
    "saving/keras2/cudnn_lstm.h5",
    "saving/keras3/dense.h5",
)
WEIGHTS = (f"{GOLDEN}/seq_*_weights.h5", "saving/keras2/*weights*.h5")
KERAS3 = "saving/keras3/*.keras"
TEXTS = (f"{GOLDEN}/func_*.json", f"{GOLDEN}/seq_*.json", f"{GOLDEN}/nested_*.json")
HOSTILE = "hostile/corpus/*"
PLACES: dict[str, tuple[str, ...]] = {
    "json": TEXTS,
    "yaml": (f"{GOLDEN}/*.yaml", f"{HOSTILE}.yaml"),
    "hdf5": (*MODELS, f"{HOSTILE}.h5"),
    "weights": (*WEIGHTS, f"{HOSTILE}.h5"),
    "inspect": (*MODELS, *TEXTS, KERAS3, f"{HOSTILE}.h5", f"{HOSTILE}.keras"),
    "convert": (*MODELS, *TEXTS, f"{HOSTILE}.h5"),
    "keras": (KERAS3, f"{HOSTILE}.keras"),
    "safetensors": (f"{HOSTILE}.safetensors",),
    "resume": (),
    "npy": (f"{HOSTILE}.npy",),
    "npz": (),
    "pickle": (f"{HOSTILE}.pkl",),
    "gzip": (),
    "tar": (),
    "zip": (KERAS3,),
}
"""The files for each reader, below the folder of the tests."""
NAMES = ("a.txt", "folder/b.txt")


def seeds(reader: str) -> Iterator[bytes]:
    """Yields what a reader begins with."""
    yield from genuine(reader)
    archive = _archive(reader)
    if archive.exists():
        with tarfile.open(archive) as kept:
            for member in kept:
                file = kept.extractfile(member)
                if file is not None:
                    yield file.read()


def genuine(reader: str) -> Iterator[bytes]:
    """Yields the same without what earlier runs kept."""
    for place in PLACES[reader]:
        for path in sorted(TESTS.glob(place)):
            if path.stat().st_size <= LONGEST:
                yield path.read_bytes()
    yield from _made(reader)


def keep(reader: str, inputs: list[bytes]) -> None:
    """Writes the archive of what is kept for later runs."""
    KEPT.mkdir(exist_ok=True)
    with tarfile.open(_archive(reader), "w:xz", preset=9) as archive:
        for data in inputs:
            member = tarfile.TarInfo(name(data))
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))


def _archive(reader: str) -> Path:
    return KEPT / f"{reader}.tar.xz"


def name(data: bytes) -> str:
    """Returns the hash by which libFuzzer names an input."""
    return hashlib.sha1(data, usedforsecurity=False).hexdigest()


def golden_configurations() -> list[bytes]:
    """Returns the texts of genuine models."""
    return [path.read_bytes() for path in sorted(TESTS.glob(f"{GOLDEN}/*_*.json"))]


def write(reader: str, folder: Path, *others: bytes) -> None:
    """Writes what a reader begins with into a folder, each named by its hash, as
    libFuzzer does."""
    folder.mkdir(parents=True, exist_ok=True)
    for data in (*seeds(reader), *others):
        (folder / name(data)).write_bytes(data)


def _made(reader: str) -> Iterator[bytes]:
    make = {
        "hdf5": _models_of_today,
        "npy": _arrays,
        "npz": _archives_of_arrays,
        "pickle": _pickles,
        "gzip": lambda: map(gzip.compress, _pickles()),
        "tar": _tars,
        "zip": _zips,
        "safetensors": _tensors,
    }
    yield from make.get(reader, lambda: iter(()))()


def _models_of_today() -> Iterator[bytes]:
    """Yields a model file whose structures are those of HDF5's newest version."""
    source = TESTS / GOLDEN / "seq_uncompiled.h5"
    content = io.BytesIO()
    with h5py.File(source) as old, h5py.File(content, "w", libver="latest") as new:
        for key, value in old.attrs.items():
            new.attrs[key] = value
        for name in old:
            old.copy(name, new)
    yield content.getvalue()


def _values() -> list[np.ndarray[Any, Any]]:
    return [
        np.arange(6, dtype="float32").reshape(2, 3),
        np.arange(3, dtype=">i2"),
        np.array(["a", "bc"]),
        np.zeros((0, 2), "bool"),
        np.asfortranarray(np.ones((2, 2), "complex64")),
    ]


def _lists() -> np.ndarray[Any, Any]:
    value = np.empty(2, object)
    value[:] = [[1, 2], [3]]
    return value


def _arrays() -> Iterator[bytes]:
    for value in (*_values(), _lists()):
        content = io.BytesIO()
        np.save(content, value, allow_pickle=True)
        yield content.getvalue()


def _archives_of_arrays() -> Iterator[bytes]:
    for save_all in (np.savez, np.savez_compressed):
        content = io.BytesIO()
        save_all(content, x=_values()[0], y=_lists(), z=_values()[2])
        yield content.getvalue()


def _pickles() -> Iterator[bytes]:
    value = {
        "data": _values()[0],
        b"labels": [1, 2, 1 << 70],
        "set": {1, "a"},
        "pair": (1.5, None, (True, "é")),
        "lists": _lists(),
        "one": np.float32(1),
    }
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        yield pickle.dumps(value, protocol)


def _tars() -> Iterator[bytes]:
    for form in (tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
        content = io.BytesIO()
        with tarfile.open(fileobj=content, mode="w", format=form) as archive:
            for name in (*NAMES, "long" * 24 + ("" if form == 0 else "er" * 24)):
                member = tarfile.TarInfo(name)
                member.size = 5
                archive.addfile(member, io.BytesIO(b"12345"))
        yield content.getvalue()
        yield gzip.compress(content.getvalue())
        yield bz2.compress(content.getvalue())


def _zips() -> Iterator[bytes]:
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w", method) as archive:
            for name in NAMES:
                archive.writestr(name, "12345")
        yield content.getvalue()


def _tensors() -> Iterator[bytes]:
    names = ("d/d_W:0", "d/d_b:0")
    values = (np.ones((4, 3), "float32"), np.zeros(3, "float32"))
    yield save(dict(zip(names, values, strict=True)), {"format": "np"})
    yield save({"a": values[0].astype("float16")})
