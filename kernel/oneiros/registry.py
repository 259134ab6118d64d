"""The registry: finds the object that a plugin provides for a kind and a name, and
imports it on first use."""

from contextlib import ExitStack
from pkgutil import resolve_name
from typing import Any

from oneiros import deprecations, load_context, settings
from oneiros.discovery import Entry
from oneiros.discovery import owners as owners
from oneiros.errors import ArgumentError, PluginLoadError, UnknownNameError
from oneiros.plugins import KINDS, did_you_mean, manager

registered: dict[Entry, Any] = {}
"""Objects registered in this process."""


def resolve(kind: str, name: str) -> Any:
    """Returns the object registered under a name; imports it on first use.

    # Arguments
        kind: str, one of `oneiros.plugins.KINDS`: `"layer"`, `"activation"`,
            `"optimizer"`, …
        name: str, such as `"Dense"`, or the full name, such as `"my-lab:Dense"`.

    # Raises
        UnknownNameError: if no plugin provides the name; the message says what to
            install, enable or repair.
        NameConflictError: if several distributions provide it; the message shows the
            line that resolves the conflict.
        PluginLoadError: if the object can't be imported.
    """
    if entry := find(kind, name):
        return load(entry)
    raise UnknownNameError(_unknown(kind, name))


def find(kind: str, name: str) -> Entry | None:
    """Returns the entry of a name, or None, without importing anything."""
    distribution, _, bare = name.rpartition(":")
    candidates = list(_table(kind).get(bare, ()))
    candidates += [e for e in registered if (e.kind, e.name) == (kind, bare)]
    if distribution:
        candidates = [e for e in candidates if e.distribution == distribution]
    return manager().choose(candidates) if candidates else None


def names(kind: str) -> list[str]:
    """Returns all names of a kind, sorted."""
    registered_names = {entry.name for entry in registered if entry.kind == kind}
    return sorted(registered_names.union(_table(kind)))


def register(
    kind: str, name: str, obj: Any, distribution: str = "(this process)"
) -> ExitStack:
    """Registers an object for this process, for notebooks and tests.

    The result removes the name again, by `close()` or at the end of its `with` block.
    The name never replaces an object of a plugin: using a name that both provide is a
    conflict, as between plugins. Registering a name again replaces your own earlier
    object.
    """
    _table(kind)
    if not name.replace(".", "_").isidentifier():
        raise ArgumentError(f"A registered name is an identifier, not {name!r}.")
    attribute = getattr(obj, "__qualname__", name)
    reference = f"{getattr(obj, '__module__', '')}:{attribute}"
    entry = Entry(kind, name, reference, distribution)
    for other in list(registered):
        if (other.kind, other.name, other.distribution) == (kind, name, distribution):
            del registered[other]
    registered[entry] = obj
    registration = ExitStack()
    registration.callback(_remove, entry, obj)
    return registration


def _remove(entry: Entry, obj: Any) -> None:
    """Removes a name, unless it has been registered again."""
    if registered.get(entry) is obj:
        del registered[entry]


def load(entry: Entry) -> Any:
    """Imports the object of an entry; a failure is recorded for its plugin."""
    deprecations.warn_of(f"{entry.kind}:{entry.name}")
    if entry in registered:
        return registered[entry]
    if isinstance(entry.reference, dict):
        return entry.reference
    load_context.current().permit(entry)
    try:
        return resolve_name(entry.reference)
    except BaseException as error:
        record = manager().records[entry.distribution]
        fault = record.report("resolve", error)
        if isinstance(error, PluginLoadError):
            raise
        raise PluginLoadError(
            f"The {entry.kind} {entry.name!r} of {entry.distribution} {record.version} "
            f"can't be imported from {entry.reference}: {fault}. "
            "`oneiros plugins` shows more."
        ) from error


def absence(owner: str) -> str:
    """Returns why a distribution doesn't provide a name that it owns, and what to
    do."""
    record = manager().records.get(owner)
    provided = f"It is provided by {owner}"
    if not record:
        return f"{provided}, which is not installed. Type: pip install {owner}"
    if record.state == "disabled":
        source = settings.candidates("disable")[0][1]
        return f"{provided}, which is disabled: remove it from `disable` ({source})."
    if record.state == "failed":
        return f"{provided} {record.version}, which failed to load: {record.error}"
    return f"{owner} {record.version} is installed but lacks it; upgrading may help"


def _table(kind: str) -> dict[str, list[Entry]]:
    if kind not in KINDS:
        raise ArgumentError(
            f"There is no kind {kind!r}. The kinds are: {', '.join(KINDS)}."
        )
    return manager().entries[kind]


def _unknown(kind: str, name: str) -> str:
    """Returns the error message for a name that no plugin provides."""
    distribution, _, bare = name.rpartition(":")
    owner = owners().get(kind, {}).get(bare)
    unknown = "This needs the" if kind == "service" else "Unknown"
    if owner and distribution in ("", owner):
        return f"{unknown} {kind} {name!r}. {absence(owner)}"
    advice = did_you_mean(bare, names(kind)) or (
        f" `oneiros plugins` lists all, such as {', '.join(names(kind)[:9])}."
    )
    return f"Unknown {kind} {name!r}.{advice}{problems()}"


def problems() -> str:
    """Returns a sentence about the plugins that don't work here, which may provide what
    is missing, or nothing."""
    broken = [
        f"{record.distribution} ({record.error or record.state})"
        for record in manager().records.values()
        if record.state not in ("ok", "conflict")
    ]
    return f" Plugins with problems: {'; '.join(broken)}." if broken else ""
