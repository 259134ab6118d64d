"""What a plugin imports from Oneiros: published names, of distributions that it
requires."""

import ast
import importlib.util
import re
from collections.abc import Collection, Iterator
from importlib import import_module, metadata
from pathlib import Path

from oneiros.settings import distribution_name

KERNEL_PACKAGE = "oneiros"
FIRST_PARTY = "oneiros_"
"""Prefix of the packages of Oneiros's plugins."""


def faulty_imports(distribution: str, package: str) -> list[str]:
    """Returns the imports of a plugin that it may not rely on, each with its place.

    # Arguments
        distribution: str, the plugin's name, such as `"my-lab"`.
        package: str, its package, such as `"my_lab"`.
    """
    required = requirements(distribution)
    faults = []
    for folder, path in sources(package):
        for module, name, line in _imports(path):
            if not _is_of_oneiros(module) or module.partition(".")[0] == package:
                continue
            fault = _fault(module, name, required)
            if fault:
                place = path.relative_to(folder.parent)
                faults.append(f"{place}:{line}: {fault}")
    return faults


def requirements(distribution: str) -> dict[str, str]:
    """Returns the distributions that a distribution requires, at least in an extra, and
    the versions."""
    found = {}
    for line in metadata.requires(distribution) or []:
        name, versions = re.findall(r"^([\w.-]+)(?:\[[^]]*\])?([^;]*)", line)[0]
        found[distribution_name(name)] = versions.strip(" ()")
    return found


def sources(package: str) -> Iterator[tuple[Path, Path]]:
    """Yields a package's folder with the path of each of its modules."""
    spec = importlib.util.find_spec(package)
    folders = spec.submodule_search_locations if spec else None
    for folder in map(Path, folders or []):
        for path in sorted(folder.rglob("*.py")):
            yield folder, path


def _imports(path: Path) -> Iterator[tuple[str, str | None, int]]:
    """Yields each import of a source: the module, the name in it, and the line."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Import(names=aliases):
                yield from ((alias.name, None, node.lineno) for alias in aliases)
            case ast.ImportFrom(module=str(module), level=0, names=aliases):
                yield from ((module, alias.name, node.lineno) for alias in aliases)


def _is_of_oneiros(module: str) -> bool:
    top = module.partition(".")[0]
    return top == KERNEL_PACKAGE or top.startswith(FIRST_PARTY)


def _fault(module: str, name: str | None, required: Collection[str]) -> str | None:
    """Says why a plugin may not import a name; returns None if it may."""
    top = module.partition(".")[0]
    owner = distribution_name(top)
    if top != KERNEL_PACKAGE and owner not in required:
        return f"{module} belongs to {owner}, which the plugin doesn't require."
    if name is not None and not _is_published(module, name):
        return f"{module}.{name} isn't published."
    return None


def _is_published(module: str, name: str) -> bool:
    """Returns whether a module lists a name in `__all__`; in a module without one, all
    public names are published."""
    if name == "*" or _is_module(f"{module}.{name}"):
        return True
    loaded = import_module(module)
    published = vars(loaded).get("__all__")
    if published is not None:
        return name in published
    is_private = name.startswith("_") and not name.startswith("__")
    return not is_private and hasattr(loaded, name)


def _is_module(path: str) -> bool:
    try:
        return importlib.util.find_spec(path) is not None
    except ModuleNotFoundError:
        return False
