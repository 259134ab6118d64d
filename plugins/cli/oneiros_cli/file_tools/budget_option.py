"""The option `--budget` of `oneiros inspect`: limits for a file that you trust."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields, replace
from typing import Annotated, Any

import typer
from oneiros.errors import ArgumentError, UnsafeFileError
from oneiros_safe_files.budget import UNTRUSTED, Budget

NAMES = [field.name for field in fields(Budget)]
ARGUMENT = re.compile(r"budget=oneiros\.saving\.Budget\((.*?)\)")
"""How errors advise the callers of functions."""

BudgetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--budget",
        metavar="NAME=NUMBER",
        help="Raise a limit for a file that you trust, such as layers=5000. You may "
        "repeat this option.",
    ),
]


@contextmanager
def budget_of(settings: list[str] | None) -> Iterator[Budget]:
    """Context manager that yields the limits that the user gave; errors in it name the
    option.

    # Raises
        ArgumentError: if a setting isn't a name and a number.
    """
    budget = replace(UNTRUSTED, **dict(map(_limit, settings or [])))
    try:
        yield budget
    except UnsafeFileError as error:
        advice = ARGUMENT.sub(r"--budget \1", str(error))
        raise UnsafeFileError(advice) from error


def _limit(setting: str) -> tuple[str, Any]:
    """Returns the name of a limit, and the limit."""
    name, _, number = setting.partition("=")
    if name in NAMES:
        for kind in (int, float):
            try:
                return name, kind(number)
            except ValueError:
                continue
    raise ArgumentError(
        f"--budget received {setting!r:.80}. Expected NAME=NUMBER, such as "
        f"layers=5000. Names: {', '.join(NAMES)}."
    )
