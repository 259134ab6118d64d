"""Which distribution an object comes from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from oneiros import registry
from oneiros.plugins import Entry, manager


def provenance(obj: Any) -> dict[str, Any] | None:
    """Returns the `distribution`, `version` and `api_level` that an object, class or
    function comes from.

    None if no plugin has it, or if several share the package that it is in.
    """
    target = obj if hasattr(obj, "__qualname__") else type(obj)
    module = str(target.__module__)
    origin = (
        _registration(target)
        or _nearest(module, manager().plugins)
        or _nearest(module, _entries())
    )
    if origin is None:
        return None
    fields = ("distribution", "version", "api_level")
    return {field: getattr(origin, field) for field in fields}


def _registration(target: Any) -> Entry | None:
    """Returns the entry of an object that was registered for this process."""
    for entry, registered_object in registry.registered.items():
        if registered_object is target:
            return entry
    return None


def _entries() -> Iterator[Entry]:
    """Gives all that plugins provide."""
    plugins = manager()
    for table in (*plugins.entries.values(), *plugins.modules.values()):
        for providers in table.values():
            yield from providers


def _nearest(module: str, origins: Iterable[Any]) -> Any:
    """Returns the entry or record with the innermost package that holds a module; None
    if there is none, or if several distributions share that package."""
    around = [x for x in origins if f"{module}.".startswith(f"{_package(x)}.")]
    depth = max((len(_package(origin)) for origin in around), default=0)
    nearest = [origin for origin in around if len(_package(origin)) == depth]
    distributions = {origin.distribution for origin in nearest}
    return nearest[0] if len(distributions) == 1 else None


def _package(origin: Any) -> str:
    """Returns the package of an entry's or a record's module; a module in none is its
    own."""
    module: str = origin.module
    return module.rpartition(".")[0] or module
