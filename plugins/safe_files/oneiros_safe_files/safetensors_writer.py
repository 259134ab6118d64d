"""Writes safetensors files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save_file


def write_safetensors(
    path: Path, tensors: dict[str, np.ndarray[Any, Any]], metadata: dict[str, str]
) -> None:
    """Writes the file at `path`, with tensors and texts by name.

    It has the usual permissions of new files; safetensors alone would make it readable
    only by its owner.
    """
    path.touch()
    mode = path.stat().st_mode
    save_file(
        {name: np.asarray(value, order="C") for name, value in tensors.items()},
        path,
        metadata,
    )
    path.chmod(mode)
