"""Manifest: what this plugin offers, by reference, importing nothing."""

from oneiros import hookimpl

CALLBACKS = {"Resume": "oneiros_resume.resume:Resume"}


@hookimpl
def oneiros_callbacks() -> dict[str, str]:
    """The callbacks that can be asked for by name."""
    return CALLBACKS


@hookimpl
def oneiros_modules() -> dict[str, dict[str, str]]:
    """`oneiros.callbacks`."""
    return {"callbacks": CALLBACKS}
