"""Classes and functions of one's own, from a file that the command line names."""

import runpy
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Annotated, Any

import typer
from oneiros import load_context
from oneiros.errors import ArgumentError

MODULE = "oneiros_objects"
"""The name of the module that the file becomes."""
ObjectsFile = Annotated[
    Path | None, typer.Option(help="A file of Python with your own classes; it is run.")
]


def own_objects(path: Path | None) -> AbstractContextManager[Any]:
    """Runs a file of Python, and returns a context manager in which the classes and
    functions that it defines are known.

    Its dicts `custom_objects` and `functions`, if it has them, are as those of
    `load_model`.

    # Raises
        ArgumentError: if the file can't be run; says why.
    """
    if path is None:
        return nullcontext()
    try:
        names = runpy.run_path(str(path), run_name=MODULE)
    except Exception as error:
        raise ArgumentError(
            f"--objects {path} can't be run: {type(error).__name__}: {error}."
        ) from error
    defined = {
        name: value
        for name, value in names.items()
        if callable(value) and getattr(value, "__module__", "") == MODULE
    }
    for table in ("custom_objects", "functions"):
        value = names.setdefault(table, {})
        if not isinstance(value, dict):
            raise ArgumentError(f"{path}: {table} should be a dict, not {value!r:.80}.")
    objects = {**defined, **names["custom_objects"]}
    return load_context.changed(custom_objects=objects, functions=names["functions"])
