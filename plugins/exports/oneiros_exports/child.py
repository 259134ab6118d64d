"""Calls functions in a process that need not import Oneiros.

    python -m oneiros_exports.child

Each line of the standard input is a call, in JSON: a list of the function's reference,
such as `"package.module:function"`, and its arguments. A line of the standard output
answers it: `{"result": …}`, or `{"error": "ValueError: …"}`. What libraries print goes
to the standard error.

Batches of arrays come and go in files. An array's key there is the number of its batch
and its name in it, such as `"0/dense_1"`.
"""

import json
import os
import sys
import traceback
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

Arrays = dict[str, np.ndarray[Any, Any]]
INPUTS = "inputs.npz"
OUTPUTS = "outputs.npz"
COMPUTE = "oneiros_exports.child:compute"
STANDARD_OUTPUT = 1
STANDARD_ERROR = 2


def main() -> None:
    """Answers calls until there are no more."""
    with os.fdopen(os.dup(STANDARD_OUTPUT), "w", encoding="utf-8") as answers:
        os.dup2(STANDARD_ERROR, STANDARD_OUTPUT)
        for line in sys.stdin:
            print(json.dumps(answer(*json.loads(line))), file=answers, flush=True)


def answer(reference: str, *arguments: Any) -> dict[str, Any]:
    """Calls a function.

    # Arguments
        reference: str, `"package.module:function"`.
        arguments: plain data.

    # Returns
        A dict with the function's `"result"`, plain data, or its `"error"`.
    """
    try:
        return {"result": function_of(reference)(*arguments)}
    except Exception as error:
        lines = traceback.format_exception_only(error)
        return {"error": lines[-1].strip()}


def compute(runtime: str, path: str, folder: str) -> str:
    """Computes a file's outputs for the batches in a folder.

    # Arguments
        runtime: str, `"package.module:function"`, as in `Export.runtime`.
        path: str, the file.
        folder: str; it holds `inputs.npz` and gets `outputs.npz`.

    # Returns
        The name and version of the library.
    """
    cases = read_cases(Path(folder) / INPUTS)
    name, outputs = function_of(runtime)(Path(path), cases)
    write_cases(Path(folder) / OUTPUTS, outputs)
    return str(name)


def function_of(reference: str) -> Any:
    """Imports a function."""
    module, _, name = reference.partition(":")
    return getattr(import_module(module), name)


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


if __name__ == "__main__":
    main()
