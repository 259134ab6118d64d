"""Which distribution an object comes from."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from oneiros import registry
from oneiros.plugins import manager


def provenance(obj: Any) -> dict[str, Any] | None:
    """Returns the `distribution`, `version` and `api_level` that an object, class or
    function comes from.

    None if no plugin has it, or if several share the package that it is in.
    """
    target = obj if hasattr(obj, "__qualname__") else type(obj)
    module = str(target.__module__)
    plugins = manager()
    tables = (*plugins.entries.values(), *plugins.modules.values())
    entries = (
        entry for table in tables for providers in table.values() for entry in providers
    )
    here = (entry for entry, known in registry.registered.items() if known is target)
    origin = next(here, None)
    origin = origin or _nearest(module, plugins.plugins) or _nearest(module, entries)
    if origin is None:
        return None
    fields = ("distribution", "version", "api_level")
    return {field: getattr(origin, field) for field in fields}


def _nearest(module: str, origins: Iterable[Any]) -> Any:
    """Returns the entry or record with the innermost package that holds a module; None
    if there is none, or if several distributions share that package."""
    around = [each for each in origins if f"{module}.".startswith(f"{_package(each)}.")]
    depth = max((len(_package(each)) for each in around), default=0)
    nearest = [each for each in around if len(_package(each)) == depth]
    shared = len({each.distribution for each in nearest}) != 1
    return None if shared else nearest[0]


def _package(origin: Any) -> str:
    """Returns the package of an entry's or a record's module; a module in none is its
    own."""
    module: str = origin.module
    return module.rpartition(".")[0] or module
