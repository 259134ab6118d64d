"""Manifest: the names of this plugin, by reference."""

from oneiros import hookimpl

LAYERS = {
    "TimeDistributed": "oneiros_layers_wrappers.time_distributed:TimeDistributed",
    "Bidirectional": "oneiros_layers_wrappers.bidirectional:Bidirectional",
}
BASES = {"Wrapper": "oneiros_layers_wrappers.base:Wrapper"}


@hookimpl
def oneiros_layers():
    """The layers by name."""
    return LAYERS


@hookimpl
def oneiros_modules():
    """The module `oneiros.layers.wrappers`, with the base of wrappers."""
    return {"layers.wrappers": {**LAYERS, **BASES}, "layers": BASES}
