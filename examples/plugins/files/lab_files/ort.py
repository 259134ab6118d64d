"""Models in ONNX Runtime's own format, for its small builds on phones."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import onnxruntime
from oneiros.exports import Written
from oneiros_exports.onnx.onnx_file import OnnxExport


class OrtExport(OnnxExport):
    """A file with the graph as ONNX Runtime has optimized it: it starts faster, and
    needs no reader of ONNX.

    # Arguments
        opset, fills_missing_rows: as for `oneiros.export(model, "model.onnx")`.
    """

    title = "ONNX Runtime's format"
    companions = ()

    def write(self, model: Any, path: Path) -> Written:
        """Writes the model as ONNX, and turns that into the file."""
        options = onnxruntime.SessionOptions()
        level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
        options.graph_optimization_level = level  # no layouts of this processor
        options.optimized_model_filepath = str(path)
        options.add_session_config_entry("session.save_model_format", "ORT")
        with TemporaryDirectory() as folder:
            onnx_path = Path(folder) / "model.onnx"
            written = super().write(model, onnx_path)
            onnxruntime.InferenceSession(onnx_path, options)
        return written
