"""Manifest: the names of this plugin, by reference."""

from oneiros import hookimpl


@hookimpl
def oneiros_modules() -> dict[str, dict[str, str]]:
    """The module `oneiros.utils.data_utils`."""
    return {
        "utils.data_utils": {
            "get_file": "oneiros_downloads.data_utils:get_file",
            "validate_file": "oneiros_downloads.data_utils:validate_file",
        }
    }
