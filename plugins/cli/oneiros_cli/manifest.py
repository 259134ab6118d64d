"""Manifest: what this plugin offers, by reference, importing nothing."""

from oneiros import hookimpl


@hookimpl
def oneiros_commands() -> dict[str, str]:
    """`oneiros plugins`."""
    return {"plugins": "oneiros_cli.plugins:plugins"}
