"""Manifest: the names of this plugin, by reference."""

from oneiros import hookimpl

EXPORT = "oneiros_exports.exporting:export"


@hookimpl
def oneiros_modules() -> dict[str, dict[str, str]]:
    """The function `oneiros.export`, and the module `oneiros.exports`."""
    return {
        "": {"export": EXPORT},
        "exports": {
            "export": EXPORT,
            "Export": "oneiros_exports.destination:Export",
            "ExportError": "oneiros_exports.destination:ExportError",
            "Port": "oneiros_exports.destination:Port",
            "Refusal": "oneiros_exports.destination:Refusal",
            "Written": "oneiros_exports.destination:Written",
            "Report": "oneiros_exports.report:Report",
            "shared_processes": "oneiros_exports.processes:shared_processes",
        },
    }
