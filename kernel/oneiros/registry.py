"""The registry: from a kind and a name to the object that a plugin provides, imported
when first used."""

import difflib
import json
from contextlib import ExitStack
from contextvars import ContextVar
from functools import lru_cache, reduce
from importlib import import_module
from pathlib import Path
from typing import Any

from oneiros import settings
from oneiros.errors import ArgumentError, PluginLoadError, UnknownNameError
from oneiros.plugins import API_LEVELS, KINDS, Entry, manager

FEW = 12
"""So many names of a kind are all listed where none is near the one that was asked
for."""
permit: ContextVar[Any] = ContextVar("oneiros_permit", default=id)
"""A function that is called with each `Entry` about to be imported, and may raise, as
loading a file does."""
_registered: dict[tuple[str, str, str], tuple[Entry, Any]] = {}


def resolve(kind: str, name: str) -> Any:
    """Returns the object registered under a name, importing it if this is its first
    use.

    # Arguments
        kind: str, one of `oneiros.plugins.KINDS`: `"layer"`, `"activation"`,
            `"optimizer"`, …
        name: str, as `"Dense"`, or canonical, as `"my-lab:Dense"`.

    # Raises
        UnknownNameError: if nothing provides the name; it says what to install, to
            enable or to repair.
        NameConflictError: if several distributions provide it; it says the line that
            settles it.
        PluginLoadError: if the object can't be imported.
    """
    entry = find(kind, name)
    if entry is None:
        raise UnknownNameError(_unknown(kind, name))
    return load(entry)


def find(kind: str, name: str) -> Entry | None:
    """Returns who provides a name, importing nothing, or None."""
    distribution, _, bare = name.rpartition(":")
    here = [
        entry
        for entry, _ in _registered.values()
        if (entry.kind, entry.name) == (kind, bare)
    ]
    found = [
        e
        for e in [*_table(kind).get(bare, ()), *here]
        if distribution in ("", e.distribution)
    ]
    return manager().choose(found) if found[1:] else next(iter(found), None)


def names(kind: str) -> list[str]:
    """Returns all names of a kind, sorted."""
    return sorted(
        {
            *_table(kind),
            *(entry.name for entry, _ in _registered.values() if entry.kind == kind),
        }
    )


class Registration(ExitStack):
    """What `register` returns: `remove()`, or the end of a `with` block, takes the name
    out again."""

    remove = ExitStack.close


def register(
    kind: str, name: str, obj: Any, distribution: str = "(this process)"
) -> Registration:
    """Registers an object for this process, for notebooks and tests.

    It never replaces what a plugin provides: using a name that both have is a conflict,
        as between plugins.
    Registering a name again replaces one's own earlier object.
    """
    reference = f"{getattr(obj, '__module__', '')}:{getattr(obj, '__qualname__', name)}"
    key, entry = (
        (kind, name, distribution),
        Entry(kind, name, reference, distribution, "", API_LEVELS[-1]),
    )
    if not name.isidentifier() or kind not in KINDS:
        raise ArgumentError(
            f"{kind!r} must be one of {KINDS} and {name!r} an identifier."
        )
    _registered[key] = (entry, obj)
    registration = Registration()
    registration.callback(
        lambda: _registered.get(key, (None,))[0] is entry and _registered.pop(key)
    )
    return registration


def provenance(obj: Any) -> dict[str, Any] | None:
    """Returns the `distribution`, `version` and `api_level` that an object, class or
    function comes from."""
    target = obj if hasattr(obj, "__qualname__") else type(obj)
    package = str(target.__module__).partition(".")[0]
    origins: list[Any] = [
        entry for entry, registered in _registered.values() if registered is target
    ]
    origins += [
        record
        for record in manager().plugins
        if record.module.partition(".")[0] == package
    ]
    entries = [
        entry
        for table in manager().entries.values()
        for found in table.values()
        for entry in found
    ]
    origins += [
        entry
        for entry in entries
        if entry.reference.partition(":")[0].partition(".")[0] == package
    ]
    fields = ("distribution", "version", "api_level")
    return {field: getattr(origins[0], field) for field in fields} if origins else None


def load(entry: Entry) -> Any:
    """Imports the object of an entry; if that fails, the failure is recorded as the
    plugin's."""
    known = _registered.get((entry.kind, entry.name, entry.distribution), (None, None))
    if known[0] is entry:
        return known[1]
    permit.get()(entry)
    module, _, attribute = entry.reference.partition(":")
    try:
        return reduce(getattr, attribute.split("."), import_module(module))
    except (Exception, SystemExit) as error:
        manager().records[entry.distribution].report("resolve", error)
        raise PluginLoadError(
            f"The {entry.kind} {entry.name!r} of {entry.distribution} {entry.version} can't be imported from "
            f"{entry.reference}: {type(error).__name__}: {error}. `oneiros plugins` tells more."
        ) from error


def absence(owner: str) -> str:
    """Says why a distribution doesn't provide a name that it owns, and what to do about
    it."""
    record = manager().records.get(owner)
    if record is None:
        return f"It is provided by {owner}, which is not installed: pip install {owner}"
    if record.state == "disabled":
        source = settings.candidates("disable")[0][1]
        return f"It is provided by {owner}, which is disabled: take it out of `disable` ({source})."
    if record.state in ("failed", "incompatible"):
        return f"It is provided by {owner} {record.version}, which failed to load: {record.error}"
    return f"{owner} {record.version} is installed but lacks it; upgrading may help: pip install -U {owner}"


@lru_cache
def owners() -> dict[str, dict[str, str]]:
    """Returns kind → name → the first-party distribution that provides it, installed or
    not."""
    return dict(json.loads(Path(__file__).with_name("owners.json").read_text("utf-8")))


def _table(kind: str) -> dict[str, list[Entry]]:
    if kind not in KINDS:
        raise ArgumentError(
            f"There is no kind {kind!r}. Kinds are: {', '.join(KINDS)}."
        )
    return manager().entries[kind]


def _unknown(kind: str, name: str) -> str:
    distribution, _, bare = name.rpartition(":")
    owner = owners().get(kind, {}).get(bare)
    if owner and distribution in ("", owner):
        return f"Unknown {kind} {name!r}. {absence(owner)}"
    known, text = names(kind), f"Unknown {kind} {name!r}."
    near = [n for n in known if n.lower() == bare.lower()] or difflib.get_close_matches(
        bare, known
    )
    listed = (
        f" Available: {', '.join(known)}."
        if 0 < len(known) <= FEW
        else " `oneiros plugins` lists all."
    )
    text += f" Did you mean {' or '.join(map(repr, near))}?" if near else listed
    out = [
        f"{r.distribution} ({r.error or r.state})"
        for r in manager().plugins
        if r.state != "ok"
    ]
    return f"{text} Plugins that don't work fully: {'; '.join(out)}." if out else text
