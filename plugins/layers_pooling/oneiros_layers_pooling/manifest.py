"""Manifest: the names of this plugin, by reference."""

from oneiros import hookimpl

_PACKAGE = "oneiros_layers_pooling"
_RANKS = (1, 2, 3)
_KINDS = ("Max", "Average")
WINDOWS = {
    f"{kind}Pooling{n}D": f"{_PACKAGE}.pooling:{kind}Pooling{n}D"
    for n in _RANKS
    for kind in _KINDS
}
GLOBAL = {
    f"Global{kind}Pooling{n}D": f"{_PACKAGE}.global_pooling:Global{kind}Pooling{n}D"
    for n in _RANKS
    for kind in _KINDS
}
LAYERS = {**WINDOWS, **GLOBAL}
BASES = {
    **{f"_Pooling{n}D": f"{_PACKAGE}.pooling:_Pooling{n}D" for n in _RANKS},
    **{
        f"_GlobalPooling{n}D": f"{_PACKAGE}.global_pooling:_GlobalPooling{n}D"
        for n in _RANKS
    },
}


@hookimpl
def oneiros_layers():
    """The layers by name."""
    return LAYERS


@hookimpl
def oneiros_modules():
    """The module `oneiros.layers.pooling`.

    `oneiros.layers.convolutional` has the poolings over windows too.
    """
    return {"layers.pooling": {**LAYERS, **BASES}, "layers.convolutional": WINDOWS}
