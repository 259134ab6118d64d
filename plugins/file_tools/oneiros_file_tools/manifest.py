"""Manifest: the names of this plugin, by reference."""

from oneiros import hookimpl


@hookimpl
def oneiros_commands() -> dict[str, str]:
    """`oneiros inspect` and `oneiros convert`."""
    return {
        "inspect": "oneiros_file_tools.inspect_command:inspect",
        "convert": "oneiros_file_tools.convert_command:convert",
    }


@hookimpl
def oneiros_modules() -> dict[str, dict[str, str]]:
    """The module `oneiros.file_tools`."""
    return {
        "file_tools": {
            "Inspection": "oneiros_file_tools.inspection:Inspection",
            "inspect_file": "oneiros_file_tools.inspection:inspect_file",
            "convert": "oneiros_file_tools.conversion:convert",
            "export_file": "oneiros_file_tools.export_file:export_file",
        }
    }
