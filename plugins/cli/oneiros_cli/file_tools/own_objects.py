"""Classes and functions of one's own, from a file that the command line names."""

from contextlib import AbstractContextManager, nullcontext
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

from oneiros import load_context
from oneiros.errors import ArgumentError

MODULE = "oneiros_objects"
"""The name of the module that the file becomes."""


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
    spec = spec_from_file_location(MODULE, path)
    if spec is None or spec.loader is None:
        raise ArgumentError(f"--objects needs a file that ends in .py, not {path}.")
    module = module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise ArgumentError(
            f"--objects {path} can't be run: {type(error).__name__}: {error}."
        ) from error
    defined = {
        name: value
        for name, value in vars(module).items()
        if callable(value) and getattr(value, "__module__", "") == MODULE
    }
    objects = {**defined, **_table(module, "custom_objects")}
    functions = _table(module, "functions")
    return load_context.changed(custom_objects=objects, functions=functions)


def _table(module: ModuleType, name: str) -> dict[str, Any]:
    table = getattr(module, name, {})
    if isinstance(table, dict):
        return table
    raise ArgumentError(
        f"{module.__file__}: {name} should be a dict, not {table!r:.80}."
    )
