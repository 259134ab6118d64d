"""Manifest: the names of this plugin, by reference."""

from oneiros import hookimpl

_PACKAGE = "oneiros_layers_normalization"
LAYERS = {"BatchNormalization": f"{_PACKAGE}.batch_normalization:BatchNormalization"}
MIGRATIONS = {
    "BatchNormalization": f"{_PACKAGE}.migrations:BatchNormalizationMigration",
    "BatchNormalizationV1": f"{_PACKAGE}.migrations:BatchNormalizationMigration",
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
    """The migrations from other versions of Keras, by class."""
    return MIGRATIONS
