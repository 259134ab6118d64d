"""What Oneiros publishes: the names in the site's reference, and what they are.

Sources are read with griffe. What the modules that plugins fill have besides, such as
other names of a layer, is told by the modules.
"""

import functools
import importlib
import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import write_interface
from oneiros.discovery import owners
from oneiros.plugins import manager

MODULES = {
    "activation": "activations",
    "callback": "callbacks",
    "constraint": "constraints",
    "initialization": "initializations",
    "layer": "layers",
    "metric": "metrics",
    "objective": "objectives",
    "optimizer": "optimizers",
    "regularizer": "regularizers",
}
"""Kinds of names, and the modules that have them."""
K = "oneiros.backend"
USUAL = ["oneiros.models", *(f"oneiros.{module}" for module in MODULES.values())]
"""Modules from which scripts import."""


@dataclass(frozen=True)
class Published:
    """A published name.

    # Properties
        path: the name with its module's path.
        distribution: the one that provides it.
        member: what it is, as griffe read it; None for values.
    """

    path: str
    distribution: str
    member: Any

    @property
    def module(self) -> str:
        """The module's path."""
        return self.path.rpartition(".")[0]

    @property
    def name(self) -> str:
        """The name alone."""
        return self.path.rpartition(".")[2]

    @property
    def docstring(self) -> str | None:
        """Its docstring: that of the source, or one that is made at run time."""
        if self.member is not None and self.member.docstring is not None:
            text: str = self.member.docstring.value
            return text
        value = imported(self.path)
        return value.__doc__ if callable(value) else None

    @property
    def main_path(self) -> str:
        """Of the paths that lead to the same object, the one that tells about it."""
        return _main_paths().get(self.path, self.path)


@functools.cache
def published() -> list[Published]:
    """Returns every published name that can be imported, sorted."""
    found = {name.path: name for name in (*_of_kernel(), *_of_plugins())}
    found |= {name.path: name for name in _others(listed=set(found))}
    return [found[path] for path in sorted(found, key=str.lower)]


@functools.cache
def open_modules() -> list[str]:
    """Returns the paths of the modules whose names only the modules know: those that
    plugins fill, without those that the kernel defines."""
    defined = {name.module for name in _of_kernel()}
    return [path for path in filled() if path not in defined]


@functools.cache
def _main_paths() -> dict[str, str]:
    """Returns the path below which an object of several paths is described."""
    return {
        name.path: min(names, key=_distance_from_usual).path
        for names in by_definition().values()
        for name in names
    }


@functools.cache
def by_definition() -> dict[str, list[Published]]:
    """Returns the published names by the path of the definition."""
    names: dict[str, list[Published]] = {}
    for name in published():
        if name.member is not None:
            names.setdefault(name.member.path, []).append(name)
    return names


def _distance_from_usual(name: Published) -> tuple[bool, int, int, str]:
    """Returns how far a name is from the one in the usual module: the object's own
    name, and the fewest parts of a path, are nearer."""
    is_other = name.name != name.member.name
    usual = USUAL.index(name.module) if name.module in USUAL else len(USUAL)
    return (is_other, usual, name.path.count("."), name.path)


def _of_plugins() -> Iterator[Published]:
    for distribution, where, names in write_interface.contributed():
        kind = where.rstrip()
        if kind in MODULES:
            where = f"oneiros.{MODULES[kind]}."
        if where.endswith("."):
            for name, reference in names.items():
                path = f"{where}{name}"
                member = write_interface.found(reference) or _member(imported(path))
                yield Published(path, distribution, member)


def _of_kernel() -> Iterator[Published]:
    for path, member in write_interface.of_kernel():
        if not path.rpartition(".")[2].startswith("__"):
            yield Published(path, "oneiros-kernel", member)


def _others(listed: set[str]) -> Iterator[Published]:
    """Yields the names that modules have besides those listed."""
    for path in open_modules():
        module = importlib.import_module(path)
        for name in dir(module):
            value = getattr(module, name)
            package = getattr(value, "__module__", "").partition(".")[0]
            distribution = owners()["package"].get(package)
            if name.startswith("_") or f"{path}.{name}" in listed:
                continue
            if distribution and not inspect.ismodule(value):
                yield Published(f"{path}.{name}", distribution, _member(value))


@functools.cache
def filled() -> list[str]:
    """Returns the paths of the modules that installed plugins fill."""
    modules = {*MODULES.values(), *manager().modules, "backend"} - {""}
    return sorted(f"oneiros.{module}" for module in modules)


def _member(value: Any) -> Any:
    """Returns a class or function as griffe reads it, None for values; functions of K
    are those of the contract."""
    if not callable(value):
        return None
    if value.__module__ == K:
        contract = write_interface.found("oneiros.backend.contract.Backend")
        return contract.all_members.get(value.__name__)
    return write_interface.found(definition(value))


def imported(path: str) -> Any:
    """Returns what is imported from a path."""
    module, _, name = path.rpartition(".")
    return getattr(importlib.import_module(module), name)


def definition(value: Any) -> str:
    """Returns the path at which a class or function is defined."""
    return f"{value.__module__}.{value.__qualname__}"


@functools.cache
def unambiguous() -> dict[str, str]:
    """Returns the names that only one published object has, with its path."""
    paths: dict[str, set[str]] = {}
    for name in published():
        paths.setdefault(name.name, set()).add(name.main_path)
    return {name: min(found) for name, found in paths.items() if len(found) == 1}
