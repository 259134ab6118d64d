"""Computes a file's outputs in a process that need not import Oneiros.

    python -m oneiros_exports.child package.module:function PATH FOLDER

`FOLDER/inputs.npz` holds the cases; `FOLDER/outputs.npz` gets their outputs. An array's
key is the number of its case and its name in it, such as `"0/dense_1"`.
"""

import json
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

Arrays = dict[str, np.ndarray[Any, Any]]
INPUTS = "inputs.npz"
OUTPUTS = "outputs.npz"
RUNTIME = "runtime.json"


def write_cases(path: Path, cases: list[Arrays]) -> None:
    """Writes named arrays to a file."""
    arrays: Any = {
        f"{number}/{name}": array
        for number, case in enumerate(cases)
        for name, array in case.items()
    }
    np.savez(path, **arrays)


def read_cases(path: Path) -> list[Arrays]:
    """Reads named arrays from a file."""
    cases: dict[int, Arrays] = {}
    with np.load(path, allow_pickle=False) as stored:
        for key in stored.files:
            number, _, name = key.partition("/")
            cases.setdefault(int(number), {})[name] = stored[key]
    return [cases[number] for number in sorted(cases)]


def main(reference: str, path: Path, folder: Path) -> None:
    """Computes the outputs of all cases in a folder."""
    module, _, function = reference.partition(":")
    runtime = getattr(import_module(module), function)
    name, outputs = runtime(path, read_cases(folder / INPUTS))
    write_cases(folder / OUTPUTS, outputs)
    (folder / RUNTIME).write_text(json.dumps(name))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
