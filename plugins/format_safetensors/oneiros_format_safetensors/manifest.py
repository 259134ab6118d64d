"""Manifest: the names of this plugin, by reference."""

from oneiros import hookimpl

FORMATS = {"safetensors": "oneiros_format_safetensors.format:SafetensorsFormat"}


@hookimpl
def oneiros_formats() -> dict[str, str]:
    """The format `safetensors`."""
    return FORMATS
