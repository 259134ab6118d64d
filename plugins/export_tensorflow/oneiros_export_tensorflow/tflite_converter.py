"""Converts a SavedModel to a file of TensorFlow Lite, with TensorFlow alone."""

from pathlib import Path

from oneiros_export_tensorflow.plain_tensorflow import tf


def main(folder: str, path: str) -> None:
    """Converts a folder to a file, with TensorFlow Lite's own operations only."""
    converter = tf.lite.TFLiteConverter.from_saved_model(folder)
    Path(path).write_bytes(converter.convert())
