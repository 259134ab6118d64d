"""Manifest: the names of this plugin, by reference."""

from oneiros import hookimpl

BACKENDS = {"theano": "oneiros_backend_theano.backend:TheanoBackend"}


@hookimpl
def oneiros_backends() -> dict[str, str]:
    """The backend on PyTensor."""
    return BACKENDS
