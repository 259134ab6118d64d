"""Sessions of ONNX Runtime."""

from __future__ import annotations

from typing import Any

import onnxruntime
from onnx import ModelProto

SILENT = 3
"""The level of log messages that shows errors only."""


def session_of(model: ModelProto) -> Any:
    """Returns a session that computes a model on the CPU."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = SILENT
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
