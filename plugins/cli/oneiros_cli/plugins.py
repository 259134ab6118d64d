"""`oneiros plugins`: lists every plugin with its state, its contributions and its
problems."""

import json
import traceback
from typing import Annotated, Any

import oneiros
import typer
from oneiros.errors import UnknownNameError
from oneiros.plugins import PluginRecord, manager
from oneiros.settings import distribution_name
from oneiros_testing.plugin import check_plugin
from rich.console import Console, Group
from rich.padding import Padding
from rich.text import Text

from oneiros_cli.output import report_console

COLOURS = {"ok": "green", "disabled": "dim", "failed": "red", "conflict": "yellow"}
FIELDS = (
    "distribution",
    "version",
    "entry_point",
    "module",
    "state",
    "kinds",
    "hooks",
    "import_ms",
    "phase",
    "error",
)
"""Fields of a plugin in the JSON output."""


def plugins(
    name: Annotated[
        str | None, typer.Argument(help="Show this distribution only, with tracebacks.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON, for machines.")
    ] = False,
    check: Annotated[
        bool,
        typer.Option(
            "--check",
            help="Import all that is provided; exit with 1 if something is wrong.",
        ),
    ] = False,
) -> None:
    """List every plugin with its state and what it provides.

    The exit status is 0 even if plugins failed, since a list was asked for; with
    --check it is 1 then.
    """
    records = manager().plugins
    if name is not None:
        records = [
            record
            for record in records
            if record.distribution == distribution_name(name)
        ]
        if not records:
            raise UnknownNameError(
                f"There is no plugin {name!r} here. `oneiros plugins` lists all."
            )
    if check:
        for record in records:
            check_plugin(record.distribution)
    if as_json:
        print(json.dumps(report(records), indent=2))
    else:
        with report_console() as console:
            _print(records, console, tracebacks=name is not None)
    if check and any(record.problems for record in records):
        raise typer.Exit(1)


def report(records: list[PluginRecord]) -> dict[str, Any]:
    """Returns the plugins as plain data."""
    return {
        "kernel": oneiros.__version__,
        "plugins": [_row(record) for record in records],
    }


def _row(record: PluginRecord) -> dict[str, Any]:
    """Returns a plugin as plain data."""
    row = {field: getattr(record, field) for field in FIELDS}
    row["problems"] = [
        {"phase": phase, "message": message} for phase, message, _ in record.problems
    ]
    return row


def _print(records: list[PluginRecord], console: Console, tracebacks: bool) -> None:
    for record in records:
        _print_plugin(record, console)
    faulty = [record for record in records if record.state != "ok" or record.problems]
    summary = f"{len(faulty)} not ok" if faulty else "all ok"
    noun = "plugin" if len(records) == 1 else "plugins"
    console.print(f"{len(records)} {noun}, {summary}")
    if tracebacks:
        for record in records:
            _print_tracebacks(record, console)


def _print_tracebacks(record: PluginRecord, console: Console) -> None:
    for _, _, exception in record.problems:
        if exception is not None:
            text = "".join(traceback.format_exception(exception))
            console.print(text, markup=False, highlight=False)


def _print_plugin(record: PluginRecord, console: Console) -> None:
    line = Text.assemble((record.distribution, "bold"), f" {record.version}  ")
    line.append(record.state, COLOURS[record.state])
    line.append(f"  {record.import_ms:.1f} ms")
    console.print(line, Padding(_details(record), (0, 0, 0, 2), expand=False))


def _details(record: PluginRecord) -> Group:
    lines = []
    for kind, names in record.kinds.items():
        listed = names
        if kind == "module":
            listed = sorted({name.rpartition(".")[0] for name in names})
        lines.append(Text.assemble((f"{kind}: ", "cyan"), ", ".join(listed)))
    registering = {f"oneiros_{kind}s" for kind in record.kinds}
    other_hooks = [hook for hook in record.hooks if hook not in registering]
    if other_hooks:
        lines.append(Text.assemble(("hooks: ", "cyan"), ", ".join(other_hooks)))
    for phase, message, _ in record.problems:
        colour = "yellow" if record.state == "ok" else COLOURS[record.state]
        lines.append(Text.assemble((f"{phase}: ", colour), message))
    return Group(*lines)
