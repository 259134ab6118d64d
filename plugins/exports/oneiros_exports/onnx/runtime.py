"""Computes the outputs of files with ONNX Runtime alone; nothing of Oneiros is
imported."""

import json
from pathlib import Path

import numpy as np
import onnxruntime

Arrays = dict[str, np.ndarray]
ERRORS = 3
"""The lowest severity of what ONNX Runtime logs."""

STATES = "oneiros_states"
"""The key of the names of states in a file's metadata."""
TYPES = {
    "tensor(float16)": "float16",
    "tensor(float)": "float32",
    "tensor(double)": "float64",
}
"""NumPy's names of the types that states have."""


def run(path: Path, cases: list[Arrays]) -> tuple[str, list[Arrays]]:
    """Returns ONNX Runtime's version, and the outputs of a file. The first batch begins
    with states of zeros, each further one with those after the batch before."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = ERRORS
    session = onnxruntime.InferenceSession(path, options)
    names = [output.name for output in session.get_outputs()]
    metadata = session.get_modelmeta().custom_metadata_map
    # The outputs with new states by the inputs that take states.
    names_of_states = json.loads(metadata.get(STATES, "{}"))
    states = {
        x.name: np.zeros(x.shape, TYPES[x.type])
        for x in session.get_inputs()
        if x.name in names_of_states
    }
    outputs = []
    for arrays in cases:
        values = session.run(names, {**arrays, **states})
        results = dict(zip(names, values))
        states = {old: results.pop(new) for old, new in names_of_states.items()}
        outputs.append(results)
    return f"ONNX Runtime {onnxruntime.__version__}", outputs
