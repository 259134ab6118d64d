"""Manifest: what this plugin offers, by reference, importing nothing."""

from oneiros import hookimpl

LAYERS = {
    "BatchNormalization": "oneiros_layers_normalization.batch_normalization:BatchNormalization"
}
MIGRATIONS = {
    "BatchNormalization": "oneiros_layers_normalization.migrations:BatchNormalization",
    "BatchNormalizationV1": "oneiros_layers_normalization.migrations:BatchNormalization",
}


@hookimpl
def oneiros_layers() -> dict[str, str]:
    """The layers by name."""
    return LAYERS


@hookimpl
def oneiros_modules() -> dict[str, dict[str, str]]:
    """The module `oneiros.layers.normalization`."""
    return {"layers.normalization": LAYERS}


@hookimpl
def oneiros_migrations() -> dict[str, str]:
    """How files of other versions of Keras are read, by class."""
    return MIGRATIONS
