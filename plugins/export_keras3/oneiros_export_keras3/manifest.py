"""Manifest: the names of this plugin, by reference."""

from oneiros import hookimpl


@hookimpl
def oneiros_exports() -> dict[str, str]:
    """The destination `keras`."""
    return {"keras": "oneiros_export_keras3.keras_file:KerasExport"}
