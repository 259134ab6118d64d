"""Manifest: the names of this plugin, by reference."""

from oneiros import hookimpl

CALLBACKS = {"Resume": "oneiros_resume.resume:Resume"}


@hookimpl
def oneiros_callbacks():
    """The callbacks that you can use by name."""
    return CALLBACKS


@hookimpl
def oneiros_modules():
    """`oneiros.callbacks`."""
    return {"callbacks": CALLBACKS}
