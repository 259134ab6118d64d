"""Manifest: the names of this plugin, by reference."""

from oneiros import hookimpl

COMMANDS = {
    "plugins": "oneiros_cli.plugins:application",
    "doctor": "oneiros_cli.doctor:doctor",
    "stubs": "oneiros_cli.stubs:stubs",
    "inspect": "oneiros_cli.file_tools.inspect_command:inspect",
    "convert": "oneiros_cli.file_tools.convert_command:convert",
}


@hookimpl
def oneiros_commands():
    """The commands about plugins and about files."""
    return COMMANDS


@hookimpl
def oneiros_modules():
    """The module `oneiros.file_tools`, and functions of `oneiros` itself."""
    return {
        "": {
            "plugin": "oneiros_cli.temporary:plugin",
            "require": "oneiros_cli.requirements:require",
        },
        "file_tools": {
            "Inspection": "oneiros_cli.file_tools.inspection:Inspection",
            "inspect_file": "oneiros_cli.file_tools.inspection:inspect_file",
            "convert": "oneiros_cli.file_tools.conversion:convert",
            "export_file": "oneiros_cli.file_tools.export_file:export_file",
        },
    }
