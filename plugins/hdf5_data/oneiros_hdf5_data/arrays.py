"""Single arrays in HDF5 files, and a question before one is replaced."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from oneiros.errors import ArgumentError, FileMissingError
from oneiros_safe_files.budget import Budget
from oneiros_safe_files.hdf5_rows import MEMORY, find_array, open_file, read_whole
from oneiros_safe_files.hdf5_writer import create_hdf5

NAME = "data"
"""Name of the array in the file."""
ANSWERS = {"y": True, "yes": True, "n": False, "no": False}
Array = np.ndarray[Any, Any]


def save_array(array: Any, name: str | os.PathLike[str]) -> None:
    """Writes an array to an HDF5 file, which h5py and PyTables read.

    The file is replaced when the new one is complete.

    # Arguments
        array: array of numbers.
        name: path of the file.

    # Raises
        ArgumentError: if it isn't an array of numbers.

    # Example
        ```python
        import numpy as np
        from oneiros.utils.io_utils import load_array, save_array

        save_array(np.arange(3), "numbers.h5")
        print(load_array("numbers.h5"))  # [0 1 2]
        ```
    """
    values = np.asarray(array)
    if values.dtype.kind not in "biufcS" or not values.ndim:
        raise ArgumentError(
            f"save_array received {values.dtype} of shape {values.shape}. Expected an "
            "array of numbers."
        )
    path = Path(name)
    with tempfile.TemporaryDirectory(prefix=".saving-", dir=path.parent) as folder:
        draft = Path(folder) / path.name
        with create_hdf5(draft) as root:
            root.array(NAME, values)
        os.replace(draft, path)


def load_array(name: str | os.PathLike[str], budget: Budget | None = None) -> Array:
    """Reads what `save_array` wrote, here or in Keras 1 with PyTables.

    # Arguments
        name: path of the file.
        budget: `oneiros.saving.Budget`, what reading it may cost; by default as much
            memory as the file is long, and a GiB more, as compressed arrays need.

    # Returns
        Array of the type that was saved.

    # Raises
        FileMissingError: if there is no such file.
        UnsafeFileError: if the array claims more than the budget, or than is stored.
        FileFormatError: if it is damaged, or compressed by what h5py doesn't have; the
            message says what to install.

    # Example
        ```python
        import numpy as np
        from oneiros.utils.io_utils import load_array, save_array

        save_array(np.arange(3.0), "numbers.h5")
        print(load_array("numbers.h5").dtype)  # float64
        ```
    """
    path = Path(name)
    if not path.exists():
        raise FileMissingError(f"load_array: there is no file {path}.")
    with open_file(path) as file:
        dataset = find_array(file, NAME, budget or MEMORY)
        values: Array = read_whole(dataset, budget or MEMORY)
    return values


def ask_to_proceed_with_overwrite(filepath: str | os.PathLike[str]) -> bool:
    """Asks in the terminal whether a file may be replaced.

    # Arguments
        filepath: path of the file, which the question names.

    # Returns
        Bool, the answer; what is neither yes nor no is asked again.

    # Raises
        ArgumentError: if nobody can answer.

    # Example
        ```python
        import io
        import sys

        from oneiros.utils.io_utils import ask_to_proceed_with_overwrite

        terminal = sys.stdin
        sys.stdin = io.StringIO("n")  # what somebody types
        answer = ask_to_proceed_with_overwrite("model.h5")
        sys.stdin = terminal
        print(answer)  # False
        ```
    """
    question = f"{filepath} exists. Overwrite it? [y/n] "
    while True:
        try:
            answer = input(question).strip().lower()
        except EOFError:
            raise ArgumentError(
                f"{filepath} exists, and nobody is here to say whether it may be "
                "overwritten. Pass overwrite=True, or another path."
            ) from None
        if answer in ANSWERS:
            return ANSWERS[answer]
        question = "Please type y for yes or n for no: "
