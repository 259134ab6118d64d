"""Manifest: the names of this plugin, by reference."""

from oneiros import hookimpl

_NAMES = (
    "uniform",
    "normal",
    "lecun_uniform",
    "glorot_normal",
    "glorot_uniform",
    "he_normal",
    "he_uniform",
    "orthogonal",
    "identity",
    "zero",
    "one",
)
INITIALIZATIONS = {name: f"oneiros_initializations.functions:{name}" for name in _NAMES}


@hookimpl
def oneiros_initializations():
    """The weight initializations by name."""
    return INITIALIZATIONS


@hookimpl
def oneiros_modules():
    """The module `oneiros.initializations`."""
    helpers = {
        name: f"oneiros_initializations.functions:{name}"
        for name in ("get", "get_fans")
    }
    return {"initializations": {**INITIALIZATIONS, **helpers}}
