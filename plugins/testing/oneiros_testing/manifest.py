"""Manifest: the names of this plugin, by reference."""

from oneiros import hookimpl


@hookimpl
def oneiros_modules():
    """The module `oneiros.testing`."""
    return {"testing": {"check_plugin": "oneiros_testing.plugin:check_plugin"}}
