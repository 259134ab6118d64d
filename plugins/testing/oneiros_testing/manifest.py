"""Manifest: the names of this plugin, by reference."""

from oneiros import hookimpl


@hookimpl
def oneiros_commands():
    """`oneiros check`, `oneiros matrix` and `oneiros new`."""
    return {
        "check": "oneiros_testing.command:check",
        "matrix": "oneiros_testing.matrix:matrix",
        "new": "oneiros_testing.new:new",
    }


@hookimpl
def oneiros_modules():
    """The module `oneiros.testing`."""
    return {
        "testing": {
            "Report": "oneiros_testing.report:Report",
            "check_component": "oneiros_testing.runner:check_component",
            "check_plugin": "oneiros_testing.runner:check_plugin",
        }
    }
