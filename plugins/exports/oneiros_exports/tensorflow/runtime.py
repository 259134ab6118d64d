"""Computes the outputs of files with TensorFlow alone; nothing of Oneiros is
imported."""

from pathlib import Path

import numpy as np

from oneiros_exports.tensorflow.plain_tensorflow import tf

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
    compute = _by_row if has_fixed_batch else _at_once
    outputs = [compute(predict, arrays) for arrays in cases]
    return f"TensorFlow Lite {tf.__version__}", outputs


def _at_once(predict, arrays: Arrays) -> Arrays:
    results: Arrays = predict(**arrays)
    return results


def _by_row(predict, arrays: Arrays) -> Arrays:
    nb_rows = len(next(iter(arrays.values())))
    rows = []
    for i in range(nb_rows):
        row = {name: array[i : i + 1] for name, array in arrays.items()}
        rows.append(predict(**row))
    return {name: np.concatenate([row[name] for row in rows]) for name in rows[0]}
