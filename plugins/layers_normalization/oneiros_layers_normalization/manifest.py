"""Manifest: the names of this plugin, by reference."""

from oneiros import hookimpl

_PACKAGE = "oneiros_layers_normalization"
LAYERS = {"BatchNormalization": f"{_PACKAGE}.batch_normalization:BatchNormalization"}


@hookimpl
def oneiros_layers():
    """The layers by name."""
    return LAYERS


@hookimpl
def oneiros_modules():
    """The module `oneiros.layers.normalization`."""
    return {"layers.normalization": LAYERS}
