"""`oneiros plugins`: lists every plugin with its state, its contributions and its
problems."""

import json
import traceback
from typing import Annotated, Any

import oneiros
import typer
from oneiros.discovery import PluginRecord
from oneiros.errors import UnknownNameError
from oneiros.plugins import manager
from oneiros.settings import distribution_name
from typer.core import TyperGroup

from oneiros_cli.lock import freeze, sync
from oneiros_cli.text import one_line, printable

COLOURS = {"ok": "green", "disabled": "blue", "failed": "red", "conflict": "yellow"}
FIELDS = (
    "distribution",
    "version",
    "entry_point",
    "module",
    "state",
    "kinds",
    "hooks",
    "import_ms",
    "error",
)
"""Fields of a plugin in the JSON output."""


class _Commands(TyperGroup):
    """Takes an argument that is no command for the name of a plugin to show."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if not args or args[0] not in (*self.commands, "--help"):
            args = ["show", *args]
        return super().parse_args(ctx, args)


application = typer.Typer(
    cls=_Commands, help="List every plugin; note their versions, and compare them."
)
application.command()(freeze)
application.command()(sync)


@application.command("show")
def plugins(
    name: Annotated[
        str | None, typer.Argument(help="Show this distribution only, with tracebacks.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON, for machines.")
    ] = False,
) -> None:
    """List every plugin with its state and what it provides.

    The exit status is 0 even if plugins failed, since a list was asked for; `oneiros
    check` imports and checks what a plugin provides.
    """
    records = list(manager().records.values())
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
    if as_json:
        print(json.dumps(report(records), indent=2))
    else:
        _print(records, tracebacks=name is not None)


def report(records: list[PluginRecord]) -> dict[str, Any]:
    """Returns the plugins as plain data."""
    rows = []
    for record in records:
        row = {field: getattr(record, field) for field in FIELDS}
        row["problems"] = [
            {"phase": phase, "message": message}
            for phase, message, _ in record.problems
        ]
        row["phase"] = record.problems[0][0] if record.problems else None
        rows.append(row)
    return {"kernel": oneiros.__version__, "plugins": rows}


def _print(records: list[PluginRecord], tracebacks: bool) -> None:
    for record in records:
        _print_plugin(record)
    faulty = [record for record in records if record.state != "ok" or record.problems]
    summary = f"{len(faulty)} not ok" if faulty else "all ok"
    noun = "plugin" if len(records) == 1 else "plugins"
    typer.echo(f"{len(records)} {noun}, {summary}")
    exceptions = [problem[2] for record in records for problem in record.problems]
    for exception in filter(None, exceptions if tracebacks else []):
        typer.echo(printable("".join(traceback.format_exception(exception))))


def _print_plugin(record: PluginRecord) -> None:
    name = one_line(record.distribution, bold=True)
    version = one_line(record.version)
    state = typer.style(record.state, COLOURS[record.state])
    typer.echo(f"{name} {version}  {state}  {record.import_ms:.1f} ms")
    for kind, names in record.kinds.items():
        listed = names
        if kind == "module":
            listed = sorted({name.rpartition(".")[0] or "oneiros" for name in names})
        _print_detail(kind, ", ".join(listed))
    registering = {f"oneiros_{kind}s" for kind in record.kinds}
    other_hooks = [hook for hook in record.hooks if hook not in registering]
    if other_hooks:
        _print_detail("hooks", ", ".join(other_hooks))
    for phase, message, _ in record.problems:
        _print_detail(phase, message, "red")


def _print_detail(heading: str, text: str, colour: str = "cyan") -> None:
    typer.echo(f"  {one_line(heading, fg=colour)}: {printable(text)}")
