"""Finds out whether a file may use a class, without importing it."""

from __future__ import annotations

import ast
import sys
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

from oneiros import registry
from oneiros.plugins import Entry


def declares_loadable(entry: Entry) -> bool | None:
    """Returns whether a class's own body says `loadable = True`; None if unknown.

    It looks for a class that isn't imported yet in its module's source.
    """
    module, _, name = entry.reference.partition(":")
    if module in sys.modules:
        cls = registry.load(entry)
        if not isinstance(cls, type):
            return None
        return vars(cls).get("loadable") is True
    definition = _class_definition(_source(module), name)
    if definition is None:
        return None
    return any(map(_declares_loadable, definition.body))


def _source(module: str) -> str:
    """Returns a module's source, or an empty string. It only locates the outermost
    package."""
    package, *submodules = module.split(".")
    with suppress(ImportError, OSError, ValueError):
        spec = find_spec(package)
        if spec is None:
            return ""
        if not submodules and spec.origin:
            return Path(spec.origin).read_text(encoding="utf-8")
        for folder in spec.submodule_search_locations or ():
            path = Path(folder, *submodules)
            for file in (path.with_name(f"{path.name}.py"), path / "__init__.py"):
                if file.is_file():
                    return file.read_text(encoding="utf-8")
    return ""


def _class_definition(source: str, name: str) -> ast.ClassDef | None:
    with suppress(SyntaxError, ValueError):
        for node in ast.parse(source).body:
            if isinstance(node, ast.ClassDef) and node.name == name:
                return node
    return None


def _declares_loadable(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Assign):
        targets = statement.targets
    elif isinstance(statement, ast.AnnAssign):
        targets = [statement.target]
    else:
        return False
    names = [target.id for target in targets if isinstance(target, ast.Name)]
    value = statement.value
    is_true = isinstance(value, ast.Constant) and value.value is True
    return is_true and "loadable" in names
