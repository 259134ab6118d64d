"""Batches in files, and what another library computes for them.

An array's key in a file is the number of its batch and its name in it, such as
`"0/dense_1"`. Nothing of Oneiros is imported, so that a child process can use this.
"""

from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

Arrays = dict[str, np.ndarray[Any, Any]]
INPUTS = "inputs.npz"
OUTPUTS = "outputs.npz"
COMPUTE = f"{__name__}:compute"


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


def compute(runtime: str, path: str, folder: str) -> str:
    """Computes a file's outputs for the batches in a folder.

    # Arguments
        runtime: str, `"package.module:function"`, as in `Export.runtime`.
        path: str, the file.
        folder: str; it holds `inputs.npz` and gets `outputs.npz`.

    # Returns
        The name and version of the library.
    """
    module, _, function = runtime.partition(":")
    run = getattr(import_module(module), function)
    name, outputs = run(Path(path), read_cases(Path(folder) / INPUTS))
    write_cases(Path(folder) / OUTPUTS, outputs)
    return str(name)
