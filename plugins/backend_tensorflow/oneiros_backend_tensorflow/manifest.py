"""Manifest: what this plugin offers, by reference, importing nothing."""

from oneiros import hookimpl


@hookimpl
def oneiros_backends() -> dict[str, str]:
    """The TensorFlow backend."""
    return {"tensorflow": "oneiros_backend_tensorflow.backend:TensorFlowBackend"}
