"""Prints a profile."""

from __future__ import annotations

from typing import Any

from oneiros.engine.observer import CALL, CALLBACKS, DATA, LOGS, REST, UPLOAD
from rich.console import Console
from rich.table import Table

from oneiros_visualization.diagnostics.printed_table import table
from oneiros_visualization.profiling.ledger import COMPILE, VALIDATION
from oneiros_visualization.profiling.profile import Row

COLUMNS = (
    (COMPILE,),
    (UPLOAD, DATA),
    (CALL,),
    (LOGS,),
    (CALLBACKS,),
    (VALIDATION,),
    (REST,),
)
"""The parts in each column of the table of epochs; the last part is its heading."""
SHOWN = 4
"""Number of epochs to show at the beginning and at the end."""


def show(profile: Any, file: Any = None) -> None:
    """Prints where the time went, then each epoch if there are several."""
    console = Console(file=file, highlight=False)
    console.print(f"Where the time went: {_extent(profile)}", style="bold")
    console.print(_parts(profile))
    if not any(row.part == CALL and row.seconds > 0 for row in profile.rows):
        console.print(
            "Each call was the first with its shapes, so compiling includes the steps."
        )
    if len(profile.epochs) > 1:
        console.print()
        console.print(_epochs(profile))
    if profile.meanwhile:
        spent = ", ".join(
            f"{part} {duration(seconds)}" for part, seconds in profile.meanwhile.items()
        )
        console.print(f"In another thread at the same time: {spent}")


def duration(seconds: float) -> str:
    """Formats seconds with a suitable unit."""
    if seconds < 1e-3:
        return f"{_three_digits(seconds * 1e6)} µs"
    if seconds < 1:
        return f"{_three_digits(seconds * 1e3)} ms"
    return f"{_three_digits(seconds)} s "


def _three_digits(value: float) -> str:
    if value >= 100:
        return f"{value:.0f}"
    if value >= 10:
        return f"{value:.1f}"
    return f"{value:.2f}"


def _extent(profile: Any) -> str:
    epochs = f"{len(profile.epochs):,} epochs, " if len(profile.epochs) > 1 else ""
    return (
        f"{epochs}{_count(profile.steps, 'step')}, {_count(profile.samples, 'sample')}"
    )


def _count(number: int, noun: str) -> str:
    plural = "" if number == 1 else "s"
    return f"{number:,} {noun}{plural}"


def _parts(profile: Any) -> Table:
    printed = table("part", "time", "share", "per step")
    for row in profile.rows:
        if row.seconds > 0:
            name = f"  {row.detail}" if row.detail else row.part
            each = duration(row.per_step) if row.per_step else ""
            style = "dim" if row.detail else None
            printed.add_row(
                name, duration(row.seconds), f"{row.share:.1%}", each, style=style
            )
    printed.add_section()
    step = sum(row.per_step for row in profile.rows if not row.detail)
    printed.add_row(
        "whole", duration(profile.total), "100.0%", duration(step), style="bold"
    )
    return printed


def _epochs(profile: Any) -> Table:
    columns = [
        parts
        for parts in COLUMNS
        if parts != (VALIDATION,) or _seconds(profile.rows, parts)
    ]
    headings = [parts[-1].removeprefix("compiled ") for parts in columns]
    printed = table("epoch", "time", *headings)
    for epoch in _shown(profile.epochs):
        if epoch is None:
            printed.add_row("...")
            continue
        rows = profile.rows_of(epoch)
        total = sum(row.seconds for row in rows if not row.detail)
        shares = [f"{_seconds(rows, parts) / total:.1%}" for parts in columns]
        printed.add_row(str(epoch + 1), duration(total), *shares)
    return printed


def _shown(epochs: list[int]) -> list[int | None]:
    """Returns the epochs to show, with None where some are omitted."""
    if len(epochs) <= 2 * SHOWN + 1:
        return [*epochs]
    return [*epochs[:SHOWN], None, *epochs[-SHOWN:]]


def _seconds(rows: list[Row], parts: tuple[str, ...]) -> float:
    return sum(row.seconds for row in rows if row.part in parts and not row.detail)
