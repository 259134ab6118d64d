"""Manifest: what this plugin offers, by reference, importing nothing."""

from oneiros import hookimpl


@hookimpl
def oneiros_commands() -> dict[str, str]:
    """`oneiros plugins` and `oneiros inspect`."""
    return {"plugins": "oneiros_cli.plugins:plugins", "inspect": "oneiros_cli.inspection:inspect"}
