"""`oneiros plugins`: every plugin with its state, what it provides, and what is wrong
with it."""

import json
import traceback
from contextlib import suppress
from typing import Annotated, Any

import oneiros
import typer
from oneiros import registry
from oneiros.errors import OneirosError, UnknownNameError
from oneiros.plugins import API_LEVELS, PluginRecord, manager
from oneiros.settings import distribution_name
from rich.console import Console, Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

COLOURS = {
    "ok": "green",
    "disabled": "dim",
    "failed": "red",
    "incompatible": "yellow",
    "conflict": "yellow",
}
NARROW = 110
"""Below this width plugins are shown one under the other instead of in a table."""


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
    shown = manager().plugins
    if name is not None:
        shown = [
            record for record in shown if record.distribution == distribution_name(name)
        ]
        if not shown:
            raise UnknownNameError(
                f"There is no plugin {name!r} here. `oneiros plugins` lists all of them."
            )
    if check:
        _import_all({record.distribution for record in shown})
    if as_json:
        print(json.dumps(report(shown), indent=2))
    else:
        _print(shown, Console(), tracebacks=name is not None)
    if check and any(record.problems for record in shown):
        raise typer.Exit(1)


def report(records: list[PluginRecord]) -> dict[str, Any]:
    """Returns what is known of the plugins as plain data."""
    fields = (
        "distribution",
        "version",
        "entry_point",
        "module",
        "api_level",
        "state",
        "kinds",
        "hooks",
    )
    rows = []
    for record in records:
        row = {
            field: getattr(record, field)
            for field in (*fields, "import_ms", "phase", "error")
        }
        problems = [
            {"phase": phase, "message": message}
            for phase, message, _ in record.problems
        ]
        rows.append({**row, "problems": problems})
    return {
        "kernel": oneiros.__version__,
        "api_levels": list(API_LEVELS),
        "plugins": rows,
    }


def _import_all(distributions: set[str]) -> None:
    """Imports every object that these plugins refer to; what fails is recorded with its
    plugin."""
    found = manager()
    for table in [*found.entries.values(), *found.modules.values()]:
        for entry in (entry for providers in table.values() for entry in providers):
            if entry.distribution in distributions:
                with suppress(OneirosError):
                    registry.load(entry)


def _print(records: list[PluginRecord], console: Console, tracebacks: bool) -> None:
    console.print(_stacked(records) if console.width < NARROW else _table(records))
    bad = [record for record in records if record.state != "ok"]
    console.print(
        f"{len(records)} plugins, {len(bad)} not ok"
        if bad
        else f"{len(records)} plugins, all ok"
    )
    for record in records if tracebacks else []:
        for _, _, exception in record.problems:
            if exception is not None:
                console.print(
                    "".join(traceback.format_exception(exception)),
                    markup=False,
                    highlight=False,
                )


def _table(records: list[PluginRecord]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for header in ("plugin", "version", "API", "state", "import"):
        numeric = header in ("API", "import")
        table.add_column(header, justify="right" if numeric else "left", no_wrap=True)
    table.add_column("provides", ratio=1)
    for record in records:
        state = Text(record.state, COLOURS[record.state])
        level, time = str(record.api_level), f"{record.import_ms:.1f} ms"
        table.add_row(
            record.distribution, record.version, level, state, time, _details(record)
        )
    return table


def _stacked(records: list[PluginRecord]) -> Group:
    parts: list[Any] = []
    for record in records:
        line = Text.assemble((record.distribution, "bold"), f" {record.version}  ")
        line.append(record.state, COLOURS[record.state])
        line.append(f"  API {record.api_level}  {record.import_ms:.1f} ms")
        parts += [line, Padding(_details(record), (0, 0, 0, 2))]
    return Group(*parts)


def _details(record: PluginRecord) -> Group:
    lines = []
    for kind, names in record.kinds.items():
        paths = (
            sorted({name.rpartition(".")[0] for name in names})
            if kind == "module"
            else names
        )
        lines.append(Text.assemble((f"{kind}: ", "cyan"), ", ".join(paths)))
    behaviour = [
        hook for hook in record.hooks if hook[len("oneiros_") : -1] not in record.kinds
    ]
    if behaviour:
        lines.append(Text.assemble(("hooks: ", "cyan"), ", ".join(behaviour)))
    for phase, message, _ in record.problems:
        colour = "yellow" if record.state == "ok" else COLOURS[record.state]
        lines.append(Text.assemble((f"{phase}: ", colour), message))
    return Group(*lines)
