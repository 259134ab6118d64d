"""Failures that are expected: given by the caller, from a dict or a file."""

import tomllib
from collections.abc import Mapping, Sequence
from os import PathLike, fspath
from pathlib import Path
from typing import Any

from oneiros.errors import ArgumentError
from oneiros.settings import distribution_name

Expected = Mapping[str, str] | str | PathLike[str] | None
"""A dict from names of checks to reasons, or the path of a file with such tables."""
FORM = """\
[my-lab]
"layer:Shout/check_gradients" = "it rounds"
"""


def expected_failures(expected: Expected, distribution: str) -> dict[str, str]:
    """Returns the reasons why checks of a distribution fail, by the checks' names.

    # Arguments
        expected: dict from names of checks, such as `"layer:Shout/check_gradients"`, to
            reasons; or the path of a TOML file, with a table for each distribution.
        distribution: str, such as `"my-lab"`.

    # Raises
        ArgumentError: if the file isn't there, or has another form.
    """
    if isinstance(expected, Mapping):
        return dict(expected)
    if expected is None:
        return {}
    tables = _tables(Path(fspath(expected)))
    return {
        name: reason
        for heading, table in tables.items()
        for name, reason in table.items()
        if distribution_name(heading) == distribution
    }


def from_options(
    options: Sequence[str], file: Expected, distribution: str
) -> dict[str, str]:
    """Returns the expected failures of a file, and those that options of the form
    NAME=REASON give."""
    found = expected_failures(file, distribution)
    for option in options:
        name, _, reason = option.partition("=")
        if not (name and reason):
            raise ArgumentError(
                f"An expected failure is NAME=REASON, not {option!r}; such as "
                "'layer:Shout/check_gradients=it rounds'."
            )
        found[name] = reason
    return found


def _tables(path: Path) -> dict[str, Any]:
    """Returns a file's tables, by distribution."""
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ArgumentError(
            f"{path} can't be read as a file of expected failures: {error}. {_advice()}"
        ) from error
    for heading, table in tables.items():
        if not isinstance(table, dict):
            raise ArgumentError(
                f"{path} has {heading!r} outside of a distribution's table. {_advice()}"
            )
        for name, reason in table.items():
            if not isinstance(reason, str):
                raise ArgumentError(
                    f"{path} gives {reason!r:.80} as the reason why {name!r} of "
                    f"{heading} fails, and not a text. {_advice()}"
                )
    return tables


def _advice() -> str:
    return f"Write a table for each distribution:\n{FORM}"
