"""Manifest: what this plugin offers, by reference, importing nothing."""

from oneiros import hookimpl

_KINDS = ("Max", "Average")
WINDOWS = {
    f"{kind}Pooling{n}D": f"oneiros_layers_pooling.pooling_{n}d:{kind}Pooling{n}D"
    for n in (1, 2, 3)
    for kind in _KINDS
}
GLOBAL = {
    f"Global{kind}Pooling{n}D": f"oneiros_layers_pooling.global_pooling:Global{kind}Pooling{n}D"
    for n in (1, 2, 3)
    for kind in _KINDS
}
LAYERS = {**WINDOWS, **GLOBAL}
BASES = {
    **{
        f"_Pooling{n}D": f"oneiros_layers_pooling.pooling_{n}d:_Pooling{n}D"
        for n in (1, 2, 3)
    },
    **{
        f"_GlobalPooling{n}D": f"oneiros_layers_pooling.global_pooling:_GlobalPooling{n}D"
        for n in (1, 2, 3)
    },
}
_MIGRATED = (
    "MaxPooling1D",
    "AveragePooling1D",
    "MaxPooling2D",
    "AveragePooling2D",
    "MaxPooling3D",
    "AveragePooling3D",
    "GlobalMaxPooling1D",
    "GlobalAveragePooling1D",
    "GlobalMaxPooling2D",
    "GlobalAveragePooling2D",
    "GlobalMaxPooling3D",
    "GlobalAveragePooling3D",
)
MIGRATIONS = {name: f"oneiros_layers_pooling.migrations:{name}" for name in _MIGRATED}


@hookimpl
def oneiros_layers() -> dict[str, str]:
    """The layers by name."""
    return LAYERS


@hookimpl
def oneiros_modules() -> dict[str, dict[str, str]]:
    """The module `oneiros.layers.pooling`; `oneiros.layers.convolutional` too has those
    of windows."""
    return {"layers.pooling": {**LAYERS, **BASES}, "layers.convolutional": WINDOWS}


@hookimpl
def oneiros_migrations() -> dict[str, str]:
    """How files of other versions of Keras are read, by class."""
    return MIGRATIONS
