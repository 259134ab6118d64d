"""Prints tables to a terminal."""

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table

UNITS = ("B", "KiB", "MiB", "GiB", "TiB")


def print_table(
    heading: Sequence[str],
    rows: Iterable[Sequence[str]],
    file=None,
    last: Sequence[str] | None = None,
) -> None:
    """Prints a table, with the first column left-aligned and the others right-aligned.

    # Arguments
        heading: the column names.
        rows: lists of cells.
        file: stream to write to, by default the standard output.
        last: a row below a line, such as a total.
    """
    printed = table(*heading)
    for row in rows:
        printed.add_row(*row)
    if last is not None:
        printed.add_section()
        printed.add_row(*last, style="bold")
    Console(file=file, highlight=False).print(printed)


def table(first: str, *others: str) -> Table:
    """Returns an empty table, whose first column is left-aligned."""
    empty = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    empty.add_column(first, no_wrap=True)
    for name in others:
        empty.add_column(name, justify="right", no_wrap=True)
    return empty


def in_bytes(count: float) -> str:
    """Formats a number of bytes with a suitable unit."""
    unit = 0
    while count >= 1024 and unit < len(UNITS) - 1:
        count /= 1024
        unit += 1
    digits = 1 if unit and count < 100 else 0
    return f"{count:.{digits}f} {UNITS[unit]}"
