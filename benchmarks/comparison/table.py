"""The figures as tables, and the limits that they keep or miss."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from comparison.cases import case_named
from comparison.limits import HAND, KERAS, LIMITS, PYTORCH, Limit
from comparison.run import Record, Records, best

UNITS = {"import": "s", "first batch": "s", "memory": "MB"}


@dataclass(frozen=True)
class Verdict:
    """A limit, and what was measured for it."""

    limit: Limit
    rival: str
    ratio: float

    @property
    def kept(self) -> bool:
        """Whether the limit was kept."""
        return self.limit.kept(self.ratio)


def verdicts(
    case: str, records: Records, measures: Sequence[str], clock: int
) -> list[Verdict]:
    """Returns what became of each limit of a case whose contenders were measured."""
    rows = []
    for limit in LIMITS:
        ours = records.get(f"oneiros-{limit.engine}")
        if limit.case != case or limit.measure not in measures or ours is None:
            continue
        rival = rival_of(records, limit.engine, limit.against, limit.measure, clock)
        if rival is not None:
            rows.append(
                Verdict(
                    limit, rival.contender.name, ours.ratio(rival, limit.measure, clock)
                )
            )
    return rows


def rival_of(
    records: Records, engine: str, against: str, measure: str, clock: int
) -> Record | None:
    """Returns the record that an engine of ours is compared with.

    # Arguments
        against: see `Limit`.
    """
    if against == PYTORCH:
        return best(records, "hand", "torch", measure, clock)
    kind = {HAND: "hand", KERAS: "keras3"}.get(against)
    if kind is None:
        return records.get(against)
    return best(records, kind, engine, measure, clock)


def show(
    console: Console, case: str, records: Records, measures: Sequence[str], clock: int
) -> None:
    """Prints the medians, spreads and ratios of a case, a table per measure."""
    judged = verdicts(case, records, measures, clock)
    for measure in measures:
        unit = UNITS.get(measure, "ms")
        table = Table(
            title=f"({case}) {case_named(case).title}: {measure}", title_justify="left"
        )
        table.add_column("contender", no_wrap=True)
        for heading in (
            f"median {unit}",
            "spread",
            "processor",
            "to best loop",
            "to Keras 3",
            "to PyTorch",
        ):
            table.add_column(heading, justify="right", no_wrap=True)
        table.add_column("limit", no_wrap=True)
        for name, record in records.items():
            figures = record.column(measure, 0)
            kind = record.contender.kind
            engine = record.contender.engine
            ratios = ["", "", ""]
            if kind == "oneiros":
                rivals = [
                    rival_of(records, engine, against, measure, clock)
                    for against in (HAND, KERAS, PYTORCH)
                ]
                ratios = [
                    f"{record.ratio(r, measure, clock):.2f}" if r else ""
                    for r in rivals
                ]
            mine = [
                v
                for v in judged
                if v.limit.measure == measure and name == f"oneiros-{v.limit.engine}"
            ]
            table.add_row(
                name,
                _figure(record.median(measure, 0), unit),
                f"{_figure(min(figures), unit)} - {_figure(max(figures), unit)}",
                "" if unit == "MB" else _figure(record.median(measure, 1), unit),
                *ratios,
                ", ".join(map(_verdict, mine)),
                style=None if kind == "oneiros" else "dim",
            )
        console.print(table)


def _figure(value: float, unit: str) -> str:
    return (
        f"{value / 1e3 if unit == 's' else value:.3g}"
        if unit != "MB"
        else f"{value:.0f}"
    )


def _verdict(verdict: Verdict) -> str:
    limit = verdict.limit
    sign = "<" if limit.below else "≤"
    word = "kept" if verdict.kept else "[bold]MISSED[/bold]"
    against = {HAND: "loop", KERAS: "Keras"}.get(limit.against, limit.against)
    return f"{sign}{limit.factor:.2f} {against} {word}"
