"""Manifest: a library for authors of backends; it contributes the choice of whose
convolution `K` computes."""

from oneiros import hookimpl


@hookimpl
def oneiros_modules():
    """Functions of `K` that don't depend on the backend."""
    return {
        "backend": {
            name: f"oneiros_backend_toolkit.convolutions:{name}"
            for name in ("convolution", "set_convolution")
        }
    }
