"""Computes the outputs of files with ONNX Runtime alone; nothing of Oneiros is
imported."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

Arrays = dict[str, np.ndarray[Any, Any]]
ERRORS = 3
"""The lowest severity of what ONNX Runtime logs."""


def run(path: Path, cases: list[Arrays]) -> tuple[str, list[Arrays]]:
    """Returns ONNX Runtime's version, and the outputs of a file."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = ERRORS
    session = onnxruntime.InferenceSession(path, options)
    names = [output.name for output in session.get_outputs()]
    outputs = []
    for arrays in cases:
        values = session.run(names, arrays)
        outputs.append(dict(zip(names, values, strict=True)))
    return f"ONNX Runtime {onnxruntime.__version__}", outputs
