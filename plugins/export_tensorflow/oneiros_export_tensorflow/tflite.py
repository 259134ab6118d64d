"""TensorFlow Lite: small files for phones and microcontrollers.

TensorFlow's converter runs in a process of its own, since it uses classes of TensorFlow
1 that Oneiros changes for code of 2016.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from oneiros_exports.destination import ExportError
from oneiros_exports.inference import Inference, InferenceExport
from oneiros_exports.processes import call

from oneiros_export_tensorflow.saved_model import write_saved_model

PACKAGE = "oneiros_export_tensorflow"
CONVERTER = f"{PACKAGE}.tflite_converter:main"


class TFLiteExport(InferenceExport):
    """A file for TensorFlow Lite.

    A model that TensorFlow Lite can't hold with an open batch size, such as a recurrent
    one, gets a batch size of 1.
    """

    title = "TensorFlow Lite"
    backend = "tensorflow"
    runtime = "oneiros_export_tensorflow.runtime:run_tflite"

    def write_inference(self, inference: Inference, path: Path) -> str:
        """Writes the file."""
        try:
            _write(inference, path, None)
        except ExportError:
            _write(inference, path, 1)
            return "batch size 1"
        return "open batch size"


def _write(inference: Inference, path: Path, batch_size: int | None) -> None:
    with tempfile.TemporaryDirectory(prefix="oneiros-tflite-") as name:
        folder = Path(name) / "saved_model"
        write_saved_model(inference, folder, batch_size)
        call(
            PACKAGE,
            CONVERTER,
            [folder, path],
            "TensorFlow Lite can't hold this model exactly",
        )
