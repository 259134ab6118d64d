"""`oneiros check`: runs the checks of a plugin."""

import json
from pathlib import Path
from typing import Annotated

import typer

from oneiros_testing.checks import all_checks
from oneiros_testing.discovery import record_of
from oneiros_testing.expected import from_options
from oneiros_testing.report import FAULTS, PASSED
from oneiros_testing.runner import plan_of

MARKS = {PASSED: "."}
for _state in FAULTS:
    MARKS[_state] = "F"


def check(
    distribution: Annotated[
        str, typer.Argument(help="The plugin, such as my-lab; . for the project here.")
    ] = ".",
    expect: Annotated[
        list[str] | None,
        typer.Option(help="NAME=REASON: this check fails. It may be repeated."),
    ] = None,
    expect_file: Annotated[
        Path | None, typer.Option(help="A TOML file with the checks that fail.")
    ] = None,
    backend: Annotated[
        list[str] | None, typer.Option(help="A backend to run on. It may be repeated.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON, for machines.")
    ] = False,
    badge: Annotated[
        Path | None, typer.Option(help="Write a badge for shields.io to this file.")
    ] = None,
    listed: Annotated[
        bool, typer.Option("--list", help="List every check with what must hold.")
    ] = False,
) -> None:
    """Check an installed plugin: everything that it registers.

    The exit status is 1 if a check fails, or fewer checks run than planned.
    """
    if listed:
        return print_checks()
    record = record_of(distribution)
    expected = from_options(expect or [], expect_file, record.distribution)
    plan = plan_of(record.distribution, expected, backend)
    outcomes = []
    for planned in plan.planned:
        outcomes.append(plan.run(planned))
        if not as_json:
            typer.echo(MARKS.get(outcomes[-1].state, "x"), nl=False)
    report = plan.report(outcomes)
    if badge:
        badge.write_text(json.dumps(report.badge()), encoding="utf-8")
    typer.echo(report.to_json() if as_json else f"\n{report}")
    if not report.ok:
        raise typer.Exit(1)


def print_checks() -> None:
    """Prints every check by kind, with its tags."""
    kinds = sorted({kind for each in all_checks() for kind in each.kinds})
    for kind in kinds:
        typer.echo(typer.style(kind, bold=True))
        for each in all_checks():
            if kind in each.kinds:
                tags = [*sorted(each.tags), *(f"not {tag}" for tag in each.unless)]
                shown = f" [{', '.join(tags)}]" if tags else ""
                typer.echo(f"  {each.name}{shown}: {each.sentence}")
