"""Manifest: what this plugin offers, by reference, importing nothing."""

from oneiros import hookimpl

FORMATS = {"safetensors": "oneiros_format_safetensors.format:SafetensorsFormat"}


@hookimpl
def oneiros_formats() -> dict[str, str]:
    """The format `safetensors`."""
    return FORMATS
