"""Sessions of ONNX Runtime."""

import tempfile
from functools import partial
from pathlib import Path

import onnxruntime
from oneiros.errors import CapabilityError
from onnx import ModelProto
from onnxruntime.capi import onnxruntime_pybind11_state as capi

from oneiros_backend_onnx.files import is_too_large, save

RUN_ERRORS: tuple[type[Exception], ...] = (
    capi.InvalidArgument,
    capi.RuntimeException,
    capi.Fail,
)
"""What sessions raise for data that doesn't fit the graph."""
START_ERRORS: tuple[type[Exception], ...] = (
    capi.Fail,
    capi.InvalidGraph,
    capi.NotImplemented,
)
"""What it raises for graphs that it can't compute."""
SILENT = 4
"""The level of log messages that shows none: errors are raised, too."""


def session_of(model: ModelProto):
    """Returns a session that computes a model on the CPU.

    # Raises
        CapabilityError: if ONNX Runtime lacks something that the model needs.
    """
    options = onnxruntime.SessionOptions()
    options.log_severity_level = SILENT
    start = partial(
        onnxruntime.InferenceSession,
        sess_options=options,
        providers=["CPUExecutionProvider"],
    )
    try:
        if not is_too_large(model):
            return start(model.SerializeToString())
        with tempfile.TemporaryDirectory(prefix="oneiros-onnx-") as folder:
            path = Path(folder) / "model.onnx"
            save(model, path)
            return start(path)
    except START_ERRORS as error:
        raise CapabilityError(
            f"ONNX Runtime {onnxruntime.__version__} can't compute this graph. Most "
            f"often it lacks an operator for a type: convert with K.cast(x, 'float32') "
            f"or 'int32'. It says: {error}"
        ) from error
