"""All checks of an installed plugin: its contributions can be imported, its manifest is
light, and it uses only the published interface."""

import ast
import importlib.util
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from importlib import metadata
from pathlib import Path
from typing import Any

from oneiros import registry
from oneiros.backend.contract import Backend, missing
from oneiros.errors import OneirosError
from oneiros.plugins import Entry, PluginRecord, manager

from oneiros_testing.checking import check_interface, entries_of
from oneiros_testing.permissions import KERNEL_PACKAGE

MARKER = "oneiros.hookimpl"
"""The decorator of a manifest's functions."""
FREE = frozenset({KERNEL_PACKAGE, MARKER})
"""Modules of Oneiros that a manifest may import, because they are always loaded
first."""


def check_plugin(distribution: str) -> list[str]:
    """Checks an installed plugin and returns its problems.

    It also adds the problems to the plugin's record, so `oneiros plugins` shows them.

    # Arguments
        distribution: str, the plugin's name, such as `"my-lab"`.

    # Raises
        KeyError: if the plugin doesn't exist.
    """
    record = manager().records[distribution]
    for entry in entries_of(record):
        with suppress(OneirosError):  # recorded by the registry
            loaded = registry.load(entry)
            if fault := _fault_of_backend(entry, loaded):
                record.report("backend", fault, "ok")
    if excess := _excess_imports(record):
        imported = ", ".join(sorted(excess))
        fault = f"Its manifest imports {imported}; it should only import {MARKER}."
        record.report("manifest", fault, "ok")
    if _has_several_entry_points(record):
        fault = f"It has several entry points; only {record.entry_point!r} is used."
        record.report("metadata", fault, "ok")
    if record.state not in ("failed", "incompatible"):
        for finding in check_interface(distribution):
            record.report("interface", str(finding), "ok")
    return [message for _, message, _ in record.problems]


def _fault_of_backend(entry: Entry, loaded: Any) -> str | None:
    """Says why a backend can't be selected by name; returns None if it can, or isn't a
    backend."""
    if entry.kind != "backend":
        return None
    if not (isinstance(loaded, type) and issubclass(loaded, Backend)):
        return f"The backend {entry.name!r} isn't a subclass of Backend."
    lacking = missing(loaded)
    if lacking:
        return f"The backend {entry.name!r} must define {', '.join(lacking)}."
    return None


def _excess_imports(record: PluginRecord) -> set[str]:
    """Returns the extra modules that importing the manifest loads: other packages, and
    modules of Oneiros that aren't always loaded first."""
    own_package = record.module.partition(".")[0]
    excess: set[str] = set()
    modules_seen: set[str] = set()
    pending = _with_parents(record.module)
    while pending:
        module = pending.pop()
        if module in modules_seen:
            continue
        modules_seen.add(module)
        for imported in _imported_modules(module):
            package = imported.partition(".")[0]
            if package == KERNEL_PACKAGE:
                excess.update({imported} - FREE)
            elif package == own_package:
                pending += _with_parents(imported)
            elif package not in sys.stdlib_module_names:
                excess.add(package)
    return {path for path in excess if path.rpartition(".")[0] not in excess}


def _with_parents(module: str) -> list[str]:
    """Returns a module and its parent packages, which are imported first."""
    parts = module.split(".")
    return [".".join(parts[:length]) for length in range(1, len(parts) + 1)]


def _imported_modules(module: str) -> Iterator[str]:
    """Yields the modules that a module's source imports on import."""
    if module in FREE:
        return
    spec = None
    with suppress(ImportError, SyntaxError, ValueError, SystemExit):
        spec = importlib.util.find_spec(module)
    if spec is None or not spec.origin or not spec.origin.endswith(".py"):
        return
    with suppress(SyntaxError):
        tree = ast.parse(Path(spec.origin).read_text(encoding="utf-8"))
        for node in _run_at_import(tree):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                package = spec.parent if node.level else None
                name = "." * node.level + (node.module or "")
                base = importlib.util.resolve_name(name, package) if package else name
                yield base
                yield from (f"{base}.{alias.name}" for alias in node.names)


def _run_at_import(node: ast.AST) -> Iterator[ast.AST]:
    """Yields the statements of a module that aren't in functions or only for type
    checkers."""
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda():
            return
        case ast.If(
            test=ast.Name(id="TYPE_CHECKING") | ast.Attribute(attr="TYPE_CHECKING")
        ):
            children: Iterable[ast.AST] = node.orelse
        case _:
            children = ast.iter_child_nodes(node)
    yield node
    for child in children:
        yield from _run_at_import(child)


def _has_several_entry_points(record: PluginRecord) -> bool:
    with suppress(Exception):  # damaged metadata are in the record already
        entry_points = metadata.distribution(record.distribution).entry_points
        group = f"oneiros.v{record.api_level}"
        return len([each for each in entry_points if each.group == group]) > 1
    return False
