"""Loads each file of the corpus of hostile files with several libraries, and writes the
table of what becomes of each.

    python tools/compare_loaders.py tests/hostile/corpus --tf-keras PYTHON

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
HARMLESS = "harmless.h5"
LARGE_MIB = 300
"""More memory than this is noted in the table."""
SLOW_SECONDS = 2

ONEIROS = """
from pathlib import Path
from oneiros import backend as K
K.set_backend("theano")
from oneiros.models import load_model, model_from_yaml
from oneiros.saving import Budget
from oneiros_safe_files.npy import read_npy
from oneiros_safe_files.pickles import read_pickle
from oneiros_safe_files.safetensors_file import read_safetensors
READERS = {
    ".yaml": lambda path: model_from_yaml(Path(path).read_text()),
    ".pkl": lambda path: read_pickle(Path(path), Budget()),
    ".npy": lambda path: read_npy(Path(path), Budget()),
    ".safetensors": lambda path: read_safetensors(Path(path), Budget()),
}
def load(path):
    return READERS.get(Path(path).suffix, load_model)(path)
"""
KERAS_3 = """
import os
os.environ["KERAS_BACKEND"] = "jax"
from keras.saving import load_model as load
"""
TF_KERAS = """
import os
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
from tf_keras.models import load_model as load
"""
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
        suffixes: tuple of str, of the files that it is for.
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
    parser.add_argument("folder", type=Path)
    parser.add_argument("--tf-keras", required=True)
    arguments = parser.parse_args()
    models = (".h5", ".keras")
    everything = (*models, ".yaml", ".pkl", ".npy", ".safetensors")
    loaders = [
        Loader("Oneiros", sys.executable, ONEIROS, everything),
        Loader("Keras 3", sys.executable, KERAS_3, models),
        Loader("tf_keras", arguments.tf_keras, TF_KERAS, models),
        Loader("h5py", sys.executable, H5PY, (".h5",)),
    ]
    print("| file | " + " | ".join(loader.name for loader in loaders) + " |")
    print("|---|" + "---|" * len(loaders))
    files = [path for path in sorted(arguments.folder.iterdir()) if is_data(path)]
    for path in files:
        outcomes = [outcome(loader, path.resolve()) for loader in loaders]
        print(f"| `{path.name}` | " + " | ".join(outcomes) + " |", flush=True)


def is_data(path: Path) -> bool:
    """Returns whether a file belongs to the corpus."""
    return path.suffix != ".md"


def outcome(loader: Loader, path: Path) -> str:
    """Returns what becomes of a file; a harmless one is loaded before it."""
    if path.suffix not in loader.suffixes:
        return ""
    harmless = path.with_name(HARMLESS)
    child = CHILD.format(seconds=SECONDS, memory=4 * GIB)
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [loader.python, "-c", loader.program + child, path, harmless],
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
