"""Manifest: the names of this plugin, by reference."""

from oneiros import hookimpl


@hookimpl
def oneiros_backends() -> dict[str, str]:
    """The ONNX backend, which only predicts."""
    return {"onnx": "oneiros_backend_onnx.backend:OnnxBackend"}
