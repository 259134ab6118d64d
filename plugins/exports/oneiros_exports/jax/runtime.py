"""Computes the outputs of files with JAX alone; nothing of Oneiros is imported."""

from pathlib import Path

import jax
import numpy as np
from jax import export

Arrays = dict[str, np.ndarray]


def run(path: Path, cases: list[Arrays]) -> tuple[str, list[Arrays]]:
    """Returns JAX's version, and the outputs of a file."""
    exported = export.deserialize(bytearray(path.read_bytes()))
    outputs = []
    for arrays in cases:
        results = exported.call(arrays)
        outputs.append({name: np.asarray(value) for name, value in results.items()})
    return f"JAX {jax.__version__}", outputs
