"""Manifest: the names of this plugin, by reference."""

from oneiros import hookimpl

LAYERS = {
    "TimeDistributed": "oneiros_layers_wrappers.time_distributed:TimeDistributed",
    "Bidirectional": "oneiros_layers_wrappers.bidirectional:Bidirectional",
}
BASES = {
    "Composite": "oneiros_layers_wrappers.base:Composite",
    "Wrapper": "oneiros_layers_wrappers.base:Wrapper",
}


@hookimpl
def oneiros_layers():
    """The layers by name."""
    return LAYERS


@hookimpl
def oneiros_modules():
    """The module `oneiros.layers.wrappers`, with the bases of such layers."""
    return {"layers.wrappers": {**LAYERS, **BASES}, "layers": BASES}
