"""Manifest: what this plugin offers, by reference, importing nothing."""

from oneiros import hookimpl


@hookimpl
def oneiros_commands() -> dict[str, str]:
    """`oneiros plugins`, `oneiros inspect` and `oneiros convert`."""
    return {
        "plugins": "oneiros_cli.plugins:plugins",
        "inspect": "oneiros_cli.inspection:inspect",
        "convert": "oneiros_cli.conversion:convert",
    }
