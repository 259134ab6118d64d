"""Manifest: the names of this plugin, by reference."""

from oneiros import hookimpl

_PACKAGE = "oneiros_layers_normalization"
LAYERS = {"BatchNormalization": f"{_PACKAGE}.batch_normalization:BatchNormalization"}


@hookimpl
def oneiros_layers() -> dict[str, str]:
    """The layers by name."""
    return LAYERS


@hookimpl
def oneiros_modules() -> dict[str, dict[str, str]]:
    """The module `oneiros.layers.normalization`."""
    return {"layers.normalization": LAYERS}
