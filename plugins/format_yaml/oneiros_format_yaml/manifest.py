"""Manifest: the names of this plugin, by reference."""

from oneiros import hookimpl

FORMATS = {"yaml": "oneiros_format_yaml.format:YAMLFormat"}


@hookimpl
def oneiros_formats() -> dict[str, str]:
    """The format `yaml`."""
    return FORMATS
