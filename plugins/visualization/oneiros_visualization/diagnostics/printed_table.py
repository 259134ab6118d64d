"""Prints tables to a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

UNITS = ("B", "KiB", "MiB", "GiB", "TiB")


def print_table(
    heading: Sequence[str],
    rows: Iterable[Sequence[str]],
    file: Any = None,
    last: Sequence[str] | None = None,
) -> None:
    """Prints a table, with the first column left-aligned and the others right-aligned.

    # Arguments
        heading: the column names.
        rows: lists of cells.
        file: stream to write to, by default the standard output.
        last: a row below a line, such as a total.
    """
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for index, name in enumerate(heading):
        justify: Any = "right" if index else "left"
        table.add_column(name, justify=justify, no_wrap=True)
    for row in rows:
        table.add_row(*row)
    if last is not None:
        table.add_section()
        table.add_row(*last, style="bold")
    Console(file=file, highlight=False).print(table)


def in_bytes(count: float) -> str:
    """Formats a number of bytes with a suitable unit."""
    unit = 0
    while count >= 1024 and unit < len(UNITS) - 1:
        count /= 1024
        unit += 1
    digits = 1 if unit and count < 100 else 0
    return f"{count:.{digits}f} {UNITS[unit]}"
