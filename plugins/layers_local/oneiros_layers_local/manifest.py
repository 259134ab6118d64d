"""Manifest: the names of this plugin, by reference."""

from oneiros import hookimpl

LAYERS = {
    "LocallyConnected1D": "oneiros_layers_local.local:LocallyConnected1D",
    "LocallyConnected2D": "oneiros_layers_local.local:LocallyConnected2D",
}


@hookimpl
def oneiros_layers():
    """The layers by name."""
    return LAYERS


@hookimpl
def oneiros_modules():
    """The module `oneiros.layers.local`."""
    return {"layers.local": LAYERS}
