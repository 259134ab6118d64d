"""TensorFlow Lite: small files for phones and microcontrollers.

TensorFlow's converter runs in a process of its own, since it uses classes of TensorFlow
1 that Oneiros changes for code of 2016.
"""

import tempfile
from pathlib import Path

from oneiros.arguments import label
from oneiros.errors import OneirosError
from oneiros_training.parts import parts_of

from oneiros_exports.destination import ExportError
from oneiros_exports.predictor import Predictor, PredictorExport
from oneiros_exports.processes import call
from oneiros_exports.tensorflow.saved_model import write_saved_model

CONVERTER = "oneiros_exports.tensorflow.runtime:convert"
FAILURE = "TensorFlow Lite can't hold this model exactly"
ELSEWHERE = "Export it to ONNX or to a SavedModel."
BY_BATCH = 2
"""The mode in which `BatchNormalization` predicts from a batch's own moments."""


class TFLiteExport(PredictorExport):
    """A file for TensorFlow Lite.

    A model that TensorFlow Lite can't hold with an open batch size, such as a recurrent
    one, gets a batch size of 1.
    """

    title = "TensorFlow Lite"
    backend = "tensorflow"
    runtime = "oneiros_exports.tensorflow.runtime:run_tflite"

    def write_predictor(self, predictor: Predictor, path: Path) -> str:
        """Writes the file."""
        try:
            _write(predictor, path, None)
        except OneirosError:
            _write_for_one_row(predictor, path)
            return "batch size 1"
        return "open batch size"


def _write_for_one_row(predictor: Predictor, path: Path) -> None:
    for _, layer in parts_of(predictor.model):
        if getattr(layer, "mode", None) == BY_BATCH:
            raise ExportError(
                f"{FAILURE}: {label(layer)} normalizes by all rows of a batch (mode=2),"
                " and the file can only take one row at a time, because of other "
                f"layers. {ELSEWHERE}"
            )
    try:
        _write(predictor, path, 1)
    except OneirosError as error:
        reason = str(error).removeprefix(f"{FAILURE}: ").rstrip(".")
        raise ExportError(f"{FAILURE}: {reason}. {_way_out(predictor)}") from error


def _way_out(predictor: Predictor) -> str:
    inputs, _ = predictor.ports()
    names = [
        port.name
        for port in inputs
        if any(isinstance(size, str) for size in port.shape[1:])
    ]
    if not names:
        return ELSEWHERE
    return (
        f"Give the sizes that are open in {', '.join(names)}, as in "
        f"Input(shape=(25, 3)), and load the weights into that model. Or: {ELSEWHERE}"
    )


def _write(predictor: Predictor, path: Path, batch_size: int | None) -> None:
    with tempfile.TemporaryDirectory(prefix="oneiros-tflite-") as name:
        folder = Path(name) / "saved_model"
        write_saved_model(predictor, folder, batch_size)
        call(CONVERTER, [str(folder), path], FAILURE)
