"""Manifest: the names of this plugin, by reference."""

from oneiros import hookimpl


@hookimpl
def oneiros_backends() -> dict[str, str]:
    """The TensorFlow backend."""
    return {"tensorflow": "oneiros_backend_tensorflow.backend:TensorFlowBackend"}
