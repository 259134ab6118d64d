"""Manifest: the names of this plugin, by reference."""

from oneiros import hookimpl

FORMATS = {"keras3": "oneiros_format_keras3.format:Keras3Format"}


@hookimpl
def oneiros_formats() -> dict[str, str]:
    """The format `keras3`."""
    return FORMATS
