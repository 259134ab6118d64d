"""Manifest: what this plugin offers, by reference, importing nothing."""

from oneiros import hookimpl


@hookimpl
def oneiros_modules() -> dict[str, dict[str, str]]:
    """The module `oneiros.testing`."""
    names = ("check_interface", "check_source")
    return {
        "testing": {name: f"oneiros_testing.checking:{name}" for name in names},
    }
