"""All checks of one installed plugin: what it provides can be imported, its manifest is
light, and it keeps to the published interface."""

import ast
import importlib.util
import sys
from collections.abc import Iterator
from contextlib import suppress
from importlib import metadata
from pathlib import Path
from typing import Any

from oneiros import registry
from oneiros.backend.contract import Backend, missing
from oneiros.errors import OneirosError
from oneiros.plugins import Entry, PluginRecord, manager

from oneiros_testing.checking import check_interface, entries_of


def check_plugin(distribution: str) -> list[str]:
    """Checks an installed plugin; returns what is wrong with it.

    The plugin's record gets each problem too, so `oneiros plugins` shows them.

    # Arguments
        distribution: str, the plugin's name, such as `"my-lab"`.

    # Raises
        KeyError: if there is no such plugin.
    """
    record = manager().records[distribution]
    for entry in entries_of(record):
        with suppress(OneirosError):  # recorded by the registry
            loaded = registry.load(entry)
            if fault := _fault_of_backend(entry, loaded):
                record.report("backend", fault, "ok")
    if heavy := _imports_of_manifest(record):
        fault = f"Its manifest imports {', '.join(sorted(heavy))}; "
        record.report(
            "manifest", f"{fault}it should import oneiros.hookimpl alone.", "ok"
        )
    if _has_several_entry_points(record):
        fault = f"Of its several entry points, only {record.entry_point!r} is used."
        record.report("metadata", fault, "ok")
    if record.state not in ("failed", "incompatible"):
        for finding in check_interface(distribution):
            record.report("interface", str(finding), "ok")
    return [message for _, message, _ in record.problems]


def _fault_of_backend(entry: Entry, loaded: Any) -> str | None:
    """Says why a backend can't be chosen by its name; None for what is none, too."""
    if entry.kind != "backend":
        return None
    if not (isinstance(loaded, type) and issubclass(loaded, Backend)):
        return f"The backend {entry.name!r} isn't derived from Backend."
    lacking = missing(loaded)
    if lacking:
        return f"The backend {entry.name!r} must define {', '.join(lacking)}."
    return None


def _imports_of_manifest(record: PluginRecord) -> set[str]:
    """Returns the packages that importing the manifest brings along, but for the
    standard library and Oneiros."""
    own_package = record.module.partition(".")[0]
    packages: set[str] = set()
    modules_seen: set[str] = set()
    pending = [record.module]
    while pending:
        module = pending.pop()
        if module in modules_seen:
            continue
        modules_seen.add(module)
        for imported in _imported_modules(module):
            package = imported.partition(".")[0]
            if package == "oneiros":
                continue
            if package == own_package:
                pending.append(imported)
            elif package not in sys.stdlib_module_names:
                packages.add(package)
    return packages


def _imported_modules(module: str) -> Iterator[str]:
    """Yields what a module's text imports when the module is imported."""
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
    """Yields the statements of a module that aren't in functions."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield child
            yield from _run_at_import(child)


def _has_several_entry_points(record: PluginRecord) -> bool:
    with suppress(Exception):  # damaged metadata are in the record already
        entry_points = metadata.distribution(record.distribution).entry_points
        group = f"oneiros.v{record.api_level}"
        return len([each for each in entry_points if each.group == group]) > 1
    return False
