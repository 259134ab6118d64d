"""Does with each hostile file what a service might: load, inspect, convert, resume.

    python tools/read_corpus.py FILE …

Prints a line of JSON for each attempt: what became of it, and what it took. An attempt
that takes two seconds of processor time ends the process.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import sys
import tempfile
import time
import warnings
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from oneiros import backend as K
from oneiros.callbacks import Resume
from oneiros.errors import OneirosError
from oneiros.layers import Dense
from oneiros.models import Sequential, load_model, model_from_json, model_from_yaml
from oneiros.saving import Budget
from oneiros_cli.file_tools.conversion import convert
from oneiros_cli.file_tools.inspection import inspect_file
from oneiros_safe_files.archives import unpack_tar, unpack_zip
from oneiros_safe_files.npy import read_npz
from oneiros_safe_files.pickles import read_pickle

HARMLESS = Path(__file__).parents[1] / "tests/hostile/corpus/harmless.h5"
SECONDS = 2
Action = Callable[[Path], Any]
MODELS = (".h5", ".keras")
TEXTS = (".json", ".yaml")
WEIGHTS = (*MODELS, ".safetensors")
WRITTEN = ("new.h5", "new.json", "run.h5", "th.json", "unpacked", "weights.h5")
"""What the actions themselves write."""


def prepare() -> Sequential:
    """Starts the engine, and returns the model that files of weights are for."""
    K.set_backend("theano")
    warnings.simplefilter("ignore")
    model = Sequential([Dense(3, input_dim=4, name="d")])
    model.compile("sgd", "mse")
    return model


def read_npy(path: Path) -> Any:
    """Reads an array's file as the member of an archive."""
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder, "member.npz")
        with zipfile.ZipFile(archive, "w") as opened:
            opened.write(path, "array.npy")
        return read_npz(archive, Budget())


def load(path: Path) -> Any:
    """Reads a file as what it is."""
    readers: dict[str, Action] = {
        ".gz": lambda path: read_pickle(path, Budget()),
        ".json": lambda path: model_from_json(path.read_text()),
        ".npy": read_npy,
        ".npz": lambda path: read_npz(path, Budget(), objects=True),
        ".pkl": lambda path: read_pickle(path, Budget()),
        ".safetensors": lambda path: convert(path, "weights.h5"),
        ".tar": lambda path: unpack_tar(path, Path("unpacked"), Budget()),
        ".yaml": lambda path: model_from_yaml(path.read_text()),
        ".zip": lambda path: unpack_zip(path, Path("unpacked"), Budget()),
    }
    kind = ".tar" if path.suffixes[-2:] == [".tar", ".gz"] else path.suffix
    return readers.get(kind, load_model)(path)


def resume(model: Sequential, path: Path) -> None:
    """Goes on with the training in a copy of a file."""
    copy = shutil.copy(path, "run.h5")
    zeros = np.zeros((8, 4)), np.zeros((8, 3))
    model.fit(*zeros, 4, 1, 0, [Resume(copy, batches=1, keep=True)])


def actions_for(path: Path, model: Sequential) -> dict[str, Action]:
    """Returns what can be done with a file, by name."""
    actions: dict[str, Action] = {"load": load}
    if path.suffix in (*WEIGHTS, *TEXTS):
        actions["inspect"] = inspect_file
    if path.suffix in WEIGHTS:
        actions["weights"] = model.load_weights
        actions["by_name"] = partial(model.load_weights, by_name=True)
    if path.suffix in MODELS:
        actions["convert"] = lambda path: convert(path, "new.h5", dim_ordering="th")
        actions["text"] = lambda path: convert(path, "new.json")
    if path.suffix in TEXTS:
        actions["convert"] = lambda path: convert(path, "th.json", dim_ordering="th")
        actions["text"] = lambda path: convert(path, "new.json")
    if path.suffix == ".h5":
        actions["resume"] = partial(resume, model)
    return actions


def record_of(path: Path, what: str, action: Action, seconds: int) -> dict[str, Any]:
    """Returns what becomes of a file. The current folder is empty before, and should
    be afterwards.

    # Arguments
        seconds: of the processor, after which the process ends; 0 for no limit.
    """
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.process_time()
    signal.setitimer(signal.ITIMER_PROF, seconds)
    error = message = ""
    try:
        action(path)
    except OneirosError as raised:
        error = type(raised).__name__
        message = str(raised)
    signal.setitimer(signal.ITIMER_PROF, 0)
    for name in WRITTEN:
        shutil.rmtree(name) if Path(name).is_dir() else Path(name).unlink(True)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "name": path.name,
        "what": what,
        "error": error,
        "message": message,
        "mib": (peak - before) // 1024,
        "seconds": time.process_time() - start,
        "left": os.listdir(),
    }


def records_of(path: Path, model: Sequential, seconds: int) -> Iterator[dict[str, Any]]:
    """Yields what becomes of a file, action by action."""
    for what, action in actions_for(path, model).items():
        with tempfile.TemporaryDirectory() as folder:
            os.chdir(folder)
            yield record_of(path, what, action, seconds)
            os.chdir("/")


def main() -> None:
    """Reads each file, after what is harmless: what is imported and compiled then has
    no limit."""
    model = prepare()
    list(records_of(HARMLESS, model, seconds=0))
    for path in [Path(name).absolute() for name in sys.argv[1:]]:
        for record in records_of(path, model, SECONDS):
            print(json.dumps(record), flush=True)


if __name__ == "__main__":
    main()
