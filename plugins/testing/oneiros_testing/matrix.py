"""The parity matrix: which components work on which backends, and why not where they
don't.

It is made of the reports of the kit's checks, whenever somebody asks for it.
"""

import enum
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from oneiros import backend as K
from oneiros import registry
from oneiros.backend.contract import CAPABILITIES
from oneiros.plugins import manager

from oneiros_testing.checks import COMPUTING
from oneiros_testing.discovery import record_of
from oneiros_testing.expected import from_options
from oneiros_testing.report import (
    EXPECTED,
    NOT_RUN,
    PASSED,
    UNEXPECTED,
    Outcome,
    Report,
)
from oneiros_testing.runner import HERE, check_plugin

FULL = "full"
Rows = dict[str, dict[str, str]]


class Form(enum.StrEnum):
    """How a matrix is printed."""

    MARKDOWN = "markdown"
    JSON = "json"


@dataclass(frozen=True)
class Matrix:
    """Components by backends.

    # Properties
        backends: the names of the backends.
        rows: dict from a capability of backends, or a component, to a dict from
            backends to `"full"`, or the reason why it isn't.
    """

    backends: Sequence[str]
    rows: Rows

    def to_json(self) -> str:
        """Returns it as JSON text."""
        names = list(self.backends)
        contents = {"backends": names, "rows": self.rows}
        return json.dumps(contents, indent=2)

    def to_markdown(self) -> str:
        """Returns it as a table."""
        rule = ["---"] * (len(self.backends) + 1)
        lines = [_line(["component", *self.backends]), _line(rule)]
        for name, cells in self.rows.items():
            texts = [cells[backend] for backend in self.backends]
            shown = f"`{name}`"
            line = _line([shown, *texts])
            lines.append(line)
        return "\n".join(lines)


def _line(cells: Iterable[str]) -> str:
    escaped = [cell.replace("|", r"\|") for cell in cells]
    return f"| {' | '.join(escaped)} |"


def matrix_of(reports: Iterable[Report], backends: Sequence[str]) -> Matrix:
    """Returns the matrix of some plugins' reports.

    # Arguments
        reports: the reports, of checks on these backends.
        backends: the names of the backends.
    """
    rows = _capabilities(backends)
    for report in reports:
        for subject in report.subjects:
            if subject.partition(":")[0] in COMPUTING:
                rows[subject] = {
                    backend: _cell(report, subject, backend) for backend in backends
                }
    return Matrix(backends, rows)


def _capabilities(backends: Sequence[str]) -> Rows:
    """Returns a row for each capability that a backend may lack."""
    rows: Rows = {}
    for capability in sorted(CAPABILITIES):
        cells = {}
        for backend in backends:
            offered = K.load(backend).capabilities
            has_it = capability in offered
            cells[backend] = FULL if has_it else f"{backend} lacks it"
        rows[f"capability:{capability}"] = cells
    return rows


def _cell(report: Report, subject: str, backend: str) -> str:
    """Returns `"full"`, or the reasons why a component isn't on a backend."""
    outcomes = [each for each in report.outcomes if each.subject == subject]
    lacking: dict[str, set[str]] = {}
    for each in report.lacking:
        if each.subject == subject and each.backend in (backend, HERE):
            lacking.setdefault(each.backend, set()).add(each.capability)
    if not lacking and backend not in {each.backend for each in outcomes}:
        return f"it declares other backends than {backend}"
    needs = [f"{owner} lacks {', '.join(sorted(x))}" for owner, x in lacking.items()]
    here = [each for each in outcomes if each.backend in (backend, None)]
    reasons = [_reason(each) for each in here if each.state not in (PASSED, NOT_RUN)]
    blocked = [each.message for each in here if each.state == NOT_RUN]
    return "; ".join(dict.fromkeys(needs + (reasons or blocked))) or FULL


def _reason(outcome: Outcome) -> str:
    """Returns why a check failed, or what it says must hold and doesn't."""
    if outcome.state == EXPECTED:
        return outcome.message
    if outcome.state == UNEXPECTED:
        return f"{outcome.check}: {outcome.message}"
    return f"{outcome.check} fails: {outcome.sentence}"


def matrix(
    distributions: Annotated[
        list[str] | None,
        typer.Argument(help="The plugins; by default all with components to compare."),
    ] = None,
    backend: Annotated[
        list[str] | None,
        typer.Option(help="A backend; by default all. It may be repeated."),
    ] = None,
    expect: Annotated[
        list[str] | None,
        typer.Option(help="NAME=REASON: why this check fails. It may be repeated."),
    ] = None,
    expect_file: Annotated[
        Path | None, typer.Option(help="A TOML file with the checks that fail.")
    ] = None,
    form: Annotated[
        Form, typer.Option("--format", help="How to print it.")
    ] = Form.MARKDOWN,
) -> None:
    """Print which components work on which backends.

    It runs all checks of the components on each backend, which takes minutes.
    """
    backends = backend or sorted(registry.names("backend"))
    reports = []
    for name in distributions or _with_components():
        record = record_of(name)
        expected = from_options(expect or [], expect_file, record.distribution)
        reports.append(check_plugin(record.distribution, expected, backends))
    made = matrix_of(reports, backends)
    text = made.to_markdown()
    if form == Form.JSON:
        text = made.to_json()
    typer.echo(text)


def _with_components() -> list[str]:
    """Returns the plugins that provide components whose checks run on each backend."""
    return [
        name
        for name, record in manager().records.items()
        if set(record.kinds).intersection(COMPUTING)
    ]
