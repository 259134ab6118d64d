"""Reads and writes safetensors files, whose library checks the header before it
allocates memory."""

import os
import re
from pathlib import Path

import numpy as np
from oneiros.errors import ArgumentError, FileFormatError
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from oneiros_safe_files.budget import Budget
from oneiros_safe_files.file_access import open_counted
from oneiros_safe_files.names import is_visible

Arrays = dict[str, np.ndarray]
_LENGTH_BYTES = 8
_DESCRIPTORS = "/dev/fd"
"""Where a system shows what a process has opened: another file may take the place of
the one that was checked."""
_INSTEAD = "Save the weights again with the program that wrote them."


def read_safetensors(path: Path, budget: Budget) -> tuple[Arrays, dict[str, str]]:
    """Returns the tensors in the file at `path` by name, and its metadata.

    # Raises
        FileFormatError: if it is damaged, or has tensors of a type that NumPy lacks.
        UnsafeFileError: if it exceeds the budget, or a name isn't shown as it is.
    """
    with open_counted(path, budget) as (file, quota):
        header_bytes = int.from_bytes(file.read(_LENGTH_BYTES), "little")
        quota.spend_array(quota.size)
        quota.where = "header"
        quota.spend_text(min(header_bytes, quota.size))
        has_descriptors = os.path.isdir(_DESCRIPTORS)
        place = f"{_DESCRIPTORS}/{file.fileno()}" if has_descriptors else path
        try:
            with safe_open(place, framework="numpy") as stored:
                metadata = stored.metadata() or {}
                names = list(stored.keys())
                tensors = {name: stored.get_tensor(name) for name in names}
        except (SafetensorError, TypeError, ValueError, AttributeError) as error:
            raise FileFormatError(
                f"{path} is damaged or not a safetensors file: {error!s:.200}. "
                f"{_INSTEAD}"
            ) from None
        for name in tensors:
            quota.spend_steps()
            if not is_visible(name):
                raise quota.refuse(
                    f"the name {name!r:.120} has characters that aren't shown as they "
                    "are",
                    _INSTEAD,
                )
    return tensors, metadata


def write_safetensors(
    path: Path, tensors: dict[str, np.ndarray], metadata: dict[str, str]
) -> None:
    """Writes the file at `path`, with tensors and texts by name.

    It has the usual permissions of new files; safetensors alone would make it readable
    only by its owner.

    # Raises
        OSError: if the system refuses. ArgumentError: for a type that the format lacks.
    """
    path.touch()
    mode = path.stat().st_mode
    arrays = {name: np.asarray(value, order="C") for name, value in tensors.items()}
    try:
        save_file(arrays, path, metadata)
    except SafetensorError as error:
        reason = re.search(r"(?:os error|code:) (\d+)", str(error))
        if reason is None:
            raise ArgumentError(f"{path} can't be written: {error}.") from error
        code = int(reason[1])
        raise OSError(code, os.strerror(code), str(path)) from error
    path.chmod(mode)
