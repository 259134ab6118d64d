"""Manifest: what this plugin offers, by reference, importing nothing."""

from oneiros import hookimpl

BACKENDS = {"theano": "oneiros_backend_theano.backend:TheanoBackend"}


@hookimpl
def oneiros_backends() -> dict[str, str]:
    """The backend on PyTensor."""
    return BACKENDS
