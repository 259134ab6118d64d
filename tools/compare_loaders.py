"""Loads each file of the corpus of hostile files with several libraries, and writes the
table of what becomes of each.

    python tools/compare_loaders.py tests/hostile/corpus/* --tf-keras PYTHON

Each file is loaded in a process of its own, in an empty folder, with at most ten
seconds of processor time and 4 GiB of memory more than the library needs. PYTHON is the
interpreter of an environment with tf_keras.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

SECONDS = 10
GIB = 1 << 30
HARMLESS = Path(__file__).parents[1] / "tests/hostile/corpus/harmless.h5"
LARGE_MIB = 300
"""More memory than this is noted in the table."""
SLOW_SECONDS = 2

ONEIROS = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
from pathlib import Path
from read_corpus import load as read, prepare
prepare()
def load(path):
    return read(Path(path))
"""
BY_SUFFIX = """
def load(path):
    if str(path).endswith(".json"):
        return model_from_json(open(path).read())
    return load_model(path)
"""
NUMPY = """
import numpy
def load(path):
    if path.endswith(".h5"):
        return
    with numpy.load(path) as file:
        if hasattr(file, "files"):
            for name in file.files:
                file[name]
"""
KERAS_3 = (
    """
import os
os.environ["KERAS_BACKEND"] = "jax"
from keras.models import load_model, model_from_json
"""
    + BY_SUFFIX
)
TF_KERAS = (
    """
import os
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
from tf_keras.models import load_model, model_from_json
"""
    + BY_SUFFIX
)
H5PY = """
import h5py
def read(name, item):
    dict(item.attrs)
    if isinstance(item, h5py.Dataset):
        item[()]
def load(path):
    with h5py.File(path, "r") as file:
        dict(file.attrs)
        file.visititems(read)
"""
CHILD = """
import json, os, resource, sys
def limit(kind, amount):
    resource.setrlimit(kind, (amount, amount))
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
load(sys.argv[2])
used = sum(os.times()[:2])
limit(resource.RLIMIT_CPU, int(used) + {seconds} + 1)
mapped = int(open("/proc/self/statm").read().split()[0]) * 4096
limit(resource.RLIMIT_AS, mapped + {memory})
before = peak()
error = ""
try:
    load(sys.argv[1])
except BaseException as raised:
    error = type(raised).__name__
seconds = sum(os.times()[:2]) - used
print(json.dumps(dict(error=error, seconds=seconds, mib=peak() - before)))
os._exit(0)
"""


@dataclass(frozen=True)
class Loader:
    """A library that loads files.

    # Properties
        name: str.
        python: str, the interpreter.
        program: str, what defines `load(path)`.
        suffixes: tuple of str, of the files that it is for; an empty one for all.
    """

    name: str
    python: str
    program: str
    suffixes: tuple[str, ...]


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--tf-keras", required=True)
    arguments = parser.parse_args()
    models = (".h5", ".keras", ".json")
    loaders = [
        Loader("Oneiros", sys.executable, ONEIROS, ("",)),
        Loader("Keras 3", sys.executable, KERAS_3, models),
        Loader("tf_keras", arguments.tf_keras, TF_KERAS, models),
        Loader("h5py", sys.executable, H5PY, (".h5",)),
        Loader("NumPy", sys.executable, NUMPY, (".npy", ".npz")),
    ]
    print("| file | " + " | ".join(loader.name for loader in loaders) + " |")
    print("|---|" + "---|" * len(loaders))
    for path in filter(is_data, arguments.files):
        outcomes = [outcome(loader, path.resolve()) for loader in loaders]
        print(f"| `{path.name}` | " + " | ".join(outcomes) + " |", flush=True)


def is_data(path: Path) -> bool:
    """Returns whether a file belongs to the corpus."""
    return path.suffix != ".md"


def outcome(loader: Loader, path: Path) -> str:
    """Returns what becomes of a file; a harmless one is loaded before it."""
    if not path.name.endswith(loader.suffixes):
        return ""
    child = CHILD.format(seconds=SECONDS, memory=4 * GIB)
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [loader.python, "-c", loader.program + child, path, HARMLESS],
            cwd=folder,
            capture_output=True,
            text=True,
            env={**os.environ, "CUDA_VISIBLE_DEVICES": "-1"},
        )
        if (Path(folder) / "canary").exists():
            return "**runs its code**"
    if done.returncode in (-signal.SIGXCPU, -signal.SIGKILL):
        return f"**more than {SECONDS} s**"
    if done.returncode < 0:
        return f"**crash ({signal.Signals(-done.returncode).name})**"
    lines = done.stdout.strip().splitlines()
    if done.returncode or not lines:
        return f"**ends the process ({done.returncode})**"
    return described(json.loads(lines[-1]))


def described(result: dict[str, object]) -> str:
    """Returns what a table says of a load that ended."""
    parts = [str(result["error"]) or "loads"]
    if float(str(result["seconds"])) > SLOW_SECONDS:
        parts.append(f"**{float(str(result['seconds'])):.0f} s**")
    if int(str(result["mib"])) > LARGE_MIB:
        parts.append(f"**{result['mib']} MiB**")
    return ", ".join(parts)


if __name__ == "__main__":
    main()
