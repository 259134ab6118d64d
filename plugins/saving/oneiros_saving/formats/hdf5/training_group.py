"""The group `oneiros_training`: training state that Keras 1 didn't save, as JSON and
the arrays to which it refers by number."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
from oneiros.errors import FileFormatError
from oneiros_safe_files import json_text
from oneiros_safe_files.hdf5 import StoredArray, StoredGroup
from oneiros_safe_files.hdf5_writer import GroupWriter

GROUP = "oneiros_training"


def write_training(
    root: GroupWriter, state: Any, arrays: list[np.ndarray[Any, Any]]
) -> None:
    """Writes the group."""
    group = root.group(GROUP)
    group.text("state", json_text.dumps(state))
    for number, array in enumerate(arrays):
        group.array(str(number), array)


def find_training(root: StoredGroup) -> tuple[Any, list[StoredArray]] | None:
    """Returns the JSON data and the arrays, checked but not read; None if the group
    doesn't exist."""
    if GROUP not in root:
        return None
    group = root.group(GROUP)
    text = group.text("state")
    if text is None:
        raise FileFormatError(
            f"{root.quota.path} lacks the attribute 'state' of '{group.where}'."
        )
    numbers = itertools.takewhile(
        lambda number: str(number) in group, itertools.count()
    )
    arrays = [group.array(str(number)) for number in numbers]
    return json_text.loads(text), arrays
