"""Writes safetensors files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save_file


def write_safetensors(
    path: Path, tensors: dict[str, np.ndarray[Any, Any]], metadata: dict[str, str]
) -> None:
    """Writes the file at `path`: tensors by name, and texts by name beside them.

    Whoever may read other new files may read it, too; safetensors alone would make it
    one for its owner.
    """
    path.touch()
    mode = path.stat().st_mode
    save_file(
        {name: np.asarray(value, order="C") for name, value in tensors.items()},
        path,
        metadata,
    )
    path.chmod(mode)
