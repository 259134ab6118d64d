"""Manifest: the names of this plugin, by reference."""

from oneiros import hookimpl

SEQUENTIAL = {"Sequential": "oneiros_sequential.sequential:Sequential"}


@hookimpl
def oneiros_layers() -> dict[str, str]:
    """The model that configurations name."""
    return SEQUENTIAL


@hookimpl
def oneiros_modules() -> dict[str, dict[str, str]]:
    """The model where Keras 1 has it."""
    return {"models": SEQUENTIAL}
