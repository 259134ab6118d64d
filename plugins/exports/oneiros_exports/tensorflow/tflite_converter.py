"""Converts a SavedModel to a file of TensorFlow Lite, with TensorFlow alone."""

import re
from pathlib import Path

from oneiros_exports.tensorflow.plain_tensorflow import tf

REASON = re.compile(r"error: (?:loc\(.*\): )?(.+)")
"""What the converter can't do, in one of its many lines, after the place."""


def main(folder: str, path: Path) -> None:
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
