"""Manifest: the names of this plugin, by reference."""

from oneiros import hookimpl


@hookimpl
def oneiros_commands() -> dict[str, str]:
    """`oneiros plugins`."""
    return {"plugins": "oneiros_cli.plugins:plugins"}
