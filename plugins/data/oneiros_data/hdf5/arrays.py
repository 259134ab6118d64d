"""Single arrays in HDF5 files, and a prompt before a file is overwritten."""

import os
from contextlib import suppress
from pathlib import Path

import numpy as np
from oneiros.errors import ArgumentError, FileFormatError, UnsafeFileError
from oneiros.typing import Array
from oneiros_safe_files.atomic_files import replacing
from oneiros_safe_files.budget import DATA, Budget, checked
from oneiros_safe_files.file_access import text_of_path
from oneiros_safe_files.hdf5 import open_hdf5
from oneiros_safe_files.hdf5_library import (
    create_hdf5,
    find_array,
    open_file,
    read_whole,
)

NAME = "data"
"""Name of the array in the file."""
ANSWERS = {"y": True, "yes": True, "n": False, "no": False}


def save_array(array: Array, name: str | os.PathLike[str]) -> None:
    """Writes an array to an HDF5 file that h5py and PyTables can read.

    An existing file is replaced only when the new one is complete.

    # Arguments
        array: array of numbers.
        name: path of the file.

    # Raises
        ArgumentError: if it isn't an array of numbers, or `name` isn't a path.
        FileAccessError: if the disk is full, or writing isn't permitted.

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
    path = Path(text_of_path("save_array: name", name))
    with replacing(path) as draft, create_hdf5(draft) as root:
        root.array(NAME, values)


def load_array(name: str | os.PathLike[str], budget: Budget | None = None) -> Array:
    """Reads an array that `save_array` wrote, here or in Keras 1 with PyTables.

    # Arguments
        name: path of the file.
        budget: `oneiros.saving.Budget`, the limits for reading it; by default, memory
            for the file's size plus 1 GiB, for compressed arrays.

    # Returns
        Array of the saved type.

    # Raises
        FileMissingError: if the file doesn't exist.
        UnsafeFileError: if the array exceeds the budget, or claims more data than is
            stored.
        FileFormatError: if it is damaged, or uses a compression that h5py lacks; the
            message says what to install.

    # Example
        ```python
        import numpy as np
        from oneiros.utils.io_utils import load_array, save_array

        save_array(np.arange(3.0), "numbers.h5")
        print(load_array("numbers.h5").dtype)  # float64
        ```
    """
    path = Path(text_of_path("load_array: name", name))
    limits = DATA if budget is None else checked(budget)
    with suppress(FileFormatError, UnsafeFileError), open_hdf5(path, limits) as root:
        return root.array(NAME)
    with open_file(path) as file:
        dataset = find_array(file, NAME, limits)
        values: Array = read_whole(dataset, limits)
    return values


def ask_to_proceed_with_overwrite(filepath: str | os.PathLike[str]) -> bool:
    """Asks in the terminal whether to overwrite a file.

    # Arguments
        filepath: path of the file, for the question.

    # Returns
        Bool, the answer. It asks again until the answer is yes or no.

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
                f"{filepath} exists, and there is no terminal to ask whether it may be "
                "overwritten. Pass overwrite=True, or another path."
            ) from None
        if answer in ANSWERS:
            return ANSWERS[answer]
        question = "Please type y for yes or n for no: "
