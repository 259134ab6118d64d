"""The names that a plugin may use: Keras's own, those in the tables, and those that
third-party plugins contribute."""

from functools import lru_cache
from typing import Any

from oneiros import registry
from oneiros.plugins import manager

from oneiros_testing.interface import AUTHORING, ENGINE, TABLES, Names
from oneiros_testing.keras_names import KERAS_MODULES, KERAS_PRIVATE, OLDER_MODULES


def is_published(path: str, tier: str) -> bool:
    """Returns whether a plugin of this tier may use a dotted path, such as
    `oneiros.engine.layer.Layer`."""
    if any(is_private(part) for part in path.split(".")):
        return False
    return _is_contributed(path) or any(_lists(table, path) for table in _tables(tier))


def is_published_whole(module: str, tier: str) -> bool:
    """Returns whether a plugin of this tier may use all public names of a module."""
    return _is_contributed_module(module) or any(
        _lists_whole(table, module) for table in _tables(tier)
    )


def tier_of(path: str) -> str | None:
    """Returns the lowest tier of a dotted path; None if it isn't published."""
    for tier in (AUTHORING, ENGINE):
        if is_published(path, tier):
            return tier
    return None


def is_private(name: str) -> bool:
    """Returns whether a name starts with one underscore and isn't a name of Keras 1."""
    dunder = name.startswith("__")
    return name.startswith("_") and not dunder and name not in KERAS_PRIVATE


def _tables(tier: str) -> list[dict[str, Names]]:
    """Returns the tables of names that a plugin of this tier may use."""
    if tier == ENGINE:
        return [TABLES[AUTHORING], TABLES[ENGINE]]
    return [TABLES[AUTHORING]]


def _lists(table: dict[str, Names], path: str) -> bool:
    """Returns whether a table lists a module, its package, or a name in it."""
    for module, names in table.items():
        if f"{module}.".startswith(f"{path}."):
            return True
        if path.startswith(f"{module}."):
            name = path.removeprefix(f"{module}.").partition(".")[0]
            if isinstance(names, str) or name in names:
                return True
    return False


def _lists_whole(table: dict[str, Names], path: str) -> bool:
    """Returns whether a table lists all names of a module or of its package."""
    return any(
        isinstance(names, str) and f"{path}.".startswith(f"{module}.")
        for module, names in table.items()
    )


def _is_contributed(path: str) -> bool:
    """Returns whether a path is a contributed module of Keras or a third party, a name
    in one, or an attribute of such a name's object."""
    top, _, path_below = path.partition(".")
    if top != "oneiros":
        return False
    if _is_contributed_module(path):
        return True
    parts = path_below.split(".")
    prefixes = [".".join(parts[:length]) for length in range(1, len(parts) + 1)]
    return not _contributed_names(manager()).isdisjoint(prefixes)


def _is_contributed_module(path: str) -> bool:
    """Returns whether a path is a module of Keras or a third party, or its package."""
    top, _, path_below = path.partition(".")
    names = _contributed_names(manager())
    return top == "oneiros" and any(name.startswith(f"{path_below}.") for name in names)


@lru_cache
def _contributed_names(plugins: Any) -> frozenset[str]:
    """Returns the names that plugins contribute to Keras's modules, and those that
    third-party plugins contribute to their own modules, with the modules' paths.

    This includes first-party plugins that aren't installed. Their contributions to
    other modules are for the kernel; the tables say what else may use them.
    """
    first_party = registry.owners()["module"]
    contributed = {
        f"{module}.{name}".removeprefix(".")
        for module, table in plugins.modules.items()
        for name in table
    }
    of_others = contributed - first_party.keys()
    of_keras = {name for name in first_party if _is_of_keras(name)}
    return frozenset(of_others | of_keras)


def _is_of_keras(name: str) -> bool:
    module = name.rpartition(".")[0]
    return module in KERAS_MODULES or module in OLDER_MODULES
