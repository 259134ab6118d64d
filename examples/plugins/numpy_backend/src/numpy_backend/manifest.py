"""Manifest: what this plugin provides, by reference."""

from oneiros import hookimpl


@hookimpl
def oneiros_backends() -> dict[str, str]:
    """The NumPy backend, which only predicts."""
    return {"numpy": "numpy_backend.backend:NumpyBackend"}
