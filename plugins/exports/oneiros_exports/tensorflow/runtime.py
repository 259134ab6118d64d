"""TensorFlow alone, which computes the outputs of files, and converts a SavedModel to
a file of TensorFlow Lite; nothing of Oneiros is imported, nor Keras and JAX.

Their import would take 5.0 seconds of the processor instead of 2.5.
"""

import re
import sys
from pathlib import Path
from typing import Any

import numpy as np

MODULES: dict[str, Any] = sys.modules
MODULES["keras"] = None
MODULES["jax"] = None

import tensorflow as tf

REASON = re.compile(r"error: (?:loc\(.*\): )?(.+)")
"""What the converter can't do, in one of its many lines, after the place."""
Arrays = dict[str, np.ndarray]
Result = tuple[str, list[Arrays]]
"""The library's name and version, and the outputs of each case."""


def run_saved_model(path: Path, cases: list[Arrays]) -> Result:
    """Returns TensorFlow's version, and the outputs of a SavedModel."""
    predict = tf.saved_model.load(str(path)).signatures["serving_default"]
    outputs = []
    for arrays in cases:
        tensors = {name: tf.constant(array) for name, array in arrays.items()}
        results = predict(**tensors)
        outputs.append({name: value.numpy() for name, value in results.items()})
    return f"TensorFlow {tf.__version__}", outputs


def run_tflite(path: Path, cases: list[Arrays]) -> Result:
    """Returns TensorFlow Lite's version, and the outputs of its file."""
    interpreter = tf.lite.Interpreter(model_path=str(path))
    details = interpreter.get_input_details()
    has_fixed_batch = all(detail["shape_signature"][0] == 1 for detail in details)
    predict = interpreter.get_signature_runner()
    outputs = [
        _by_row(predict, arrays) if has_fixed_batch else predict(**arrays)
        for arrays in cases
    ]
    return f"TensorFlow Lite {tf.__version__}", outputs


def _by_row(predict, arrays: Arrays) -> Arrays:
    nb_rows = len(next(iter(arrays.values())))
    rows = []
    for i in range(nb_rows):
        row = {name: array[i : i + 1] for name, array in arrays.items()}
        rows.append(predict(**row))
    return {name: np.concatenate([row[name] for row in rows]) for name in rows[0]}


def convert(folder: str, path: Path) -> None:
    """Converts a folder to a file, with TensorFlow Lite's own operations only.

    # Raises
        ValueError: if it has none for a part of the model.
        RuntimeError: if it can't compute the file.
    """
    converter = tf.lite.TFLiteConverter.from_saved_model(folder)
    try:
        file = converter.convert()
    except Exception as error:
        reason = REASON.search(str(error))
        raise ValueError(reason[1] if reason else error) from error
    tf.lite.Interpreter(model_content=file).allocate_tensors()
    path.write_bytes(file)
