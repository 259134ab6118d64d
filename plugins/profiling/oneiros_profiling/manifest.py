"""Manifest: the names of this plugin, by reference."""

from oneiros import hookimpl

CALLBACKS = {"StepProfile": "oneiros_profiling.profile:StepProfile"}


@hookimpl
def oneiros_callbacks() -> dict[str, str]:
    """The callbacks that are available by name."""
    return CALLBACKS


@hookimpl
def oneiros_modules() -> dict[str, dict[str, str]]:
    """`oneiros.callbacks`."""
    return {"callbacks": CALLBACKS}


@hookimpl
def oneiros_commands() -> dict[str, str]:
    """`oneiros bench`."""
    return {"bench": "oneiros_profiling.bench:bench"}
