"""The plugin manager: loads and calls each plugin separately, so that a broken plugin
doesn't affect the others.

Plugins are discovered once, when the first name is looked up.
"""

import difflib
import re
import threading
import warnings
from collections.abc import Callable, Collection
from functools import partial
from typing import Any

import pluggy

from oneiros import hookspecs, load_context, settings
from oneiros.discovery import Entry, PluginRecord, installed, load_manifest
from oneiros.errors import NameConflictError
from oneiros.hookspecs import REGISTRATION

KINDS = [hook.removeprefix("oneiros_").removesuffix("s") for hook in REGISTRATION]
ENTRY = re.compile(r"[^\W\d][\w.-]*=[^\W\d][\w.]*:[^\W\d][\w.]*")
"""A name and a reference. Only names of commands contain dashes, but dashes do no harm
elsewhere."""

Check = Callable[[Any], str | None]
"""Returns what is wrong with a hook's result, or None."""


class PluginManager:
    """The plugins of this environment, for one setting of `disable` and `prefer`.

    # Properties
        records: a record of each plugin by its distribution, sorted.
        entries: kind → name → the entries that provide it.
        modules: path of a module below `oneiros.` → public name → the entries that
            provide it.
    """

    def __init__(
        self, disabled: tuple[str, ...] = (), prefer: dict[str, str] | None = None
    ):
        self.disabled = disabled
        self.prefer = prefer or {}
        self.records: dict[str, PluginRecord] = {}
        self.entries: dict[str, dict[str, list[Entry]]] = {kind: {} for kind in KINDS}
        self.modules: dict[str, dict[str, list[Entry]]] = {}
        self._pluggy = pluggy.PluginManager("oneiros")
        self._pluggy.add_hookspecs(hookspecs)

    def discover(self) -> None:
        """Loads every plugin separately and collects the names that they provide."""
        manifests = {}
        for record, entry_point in installed(self.disabled):
            self.records[record.distribution] = record
            if record.state == "ok":
                manifest = load_manifest(record, entry_point)
                if manifest:
                    manifests[record.distribution] = manifest
        # The one that pluggy lists last is called first.
        for distribution in reversed(manifests):
            self._register(self.records[distribution], manifests[distribution])
        for kind in KINDS:
            check = partial(_problem_of_names, kind)
            for record, names in self.run(f"oneiros_{kind}s", {}, check):
                self._collect(record, kind, names)
        for table in (*self.entries.values(), *self.modules.values()):
            for providers in table.values():
                self._report_conflict(providers)

    def run(
        self, hook: str, arguments: dict[str, Any], check: Check | None = None
    ) -> list[tuple[PluginRecord, Any]]:
        """Calls every plugin's implementation of a hook; returns the results that
        aren't None.

        A result that `check` rejects is reported as if the hook had raised an error.
        """
        results = []
        implementations = getattr(self._pluggy.hook, hook).get_hookimpls()
        for implementation in reversed(implementations):
            record = self.records[implementation.plugin_name]
            values = map(arguments.get, implementation.argnames)
            try:
                result = implementation.function(*values)
                if result is None:
                    continue
                if fault := check and check(result):
                    raise TypeError(fault)
                results += [(record, result)]
            except BaseException as error:
                fault = record.report(hook, error)
                if arguments:
                    warnings.warn(
                        f"{record.distribution} failed in {hook}: {fault}", stacklevel=3
                    )
        return results

    def choose(self, providers: list[Entry]) -> Entry:
        """Returns the only provider of a name, or the one that the setting `prefer`
        selects.

        # Raises
            NameConflictError: if there are several.
        """
        first = providers[0]
        if all(entry.reference == first.reference for entry in providers):
            return first
        key = f"{first.kind}:{first.name}"
        preferred = self._preferred(key)
        for entry in providers:
            if entry.distribution == preferred:
                return entry
        raise NameConflictError(_conflict(providers, key, preferred))

    def _preferred(self, key: str) -> str | None:
        """Returns the distribution that `prefer` names for `kind:name`; a preference
        for a layer also applies to its name in the layer's module."""
        if key in self.prefer or not key.startswith("module:"):
            return self.prefer.get(key)
        name = re.split(r"[.:]", key)[-1]
        for other, distribution in self.prefer.items():
            if other.endswith(f":{name}"):
                return distribution
        return None

    def _report_conflict(self, providers: list[Entry]) -> None:
        try:
            self.choose(providers)
        except NameConflictError as error:
            for entry in providers:
                self.records[entry.distribution].report("names", str(error), "conflict")

    def _register(self, record: PluginRecord, manifest: Any) -> None:
        """Passes a manifest's functions to pluggy, which checks its hooks."""
        plugin = _Manifest()
        try:
            vars(plugin).update(vars(manifest))
            self._pluggy.register(plugin, record.distribution)
            self._pluggy.check_pending()
            record.hooks = [
                caller.name for caller in self._pluggy.get_hookcallers(plugin) or ()
            ]
        except BaseException as error:
            record.report("register", error)
            self._pluggy.unregister(name=record.distribution)

    def _collect(self, record: PluginRecord, kind: str, names: Any) -> None:
        """Adds the names that a hook returned."""
        for path, name, reference in _references(kind, names):
            full_name = f"{path}.{name}" if path else name
            entry = Entry(kind, full_name, reference, record.distribution)
            if kind == "module":
                table = self.modules.setdefault(path, {})
            else:
                table = self.entries[kind]
            table.setdefault(name, []).append(entry)
            record.kinds.setdefault(kind, []).append(full_name)


class _Manifest:
    """What a manifest defines, without what its module does when it is compared."""


def _references(kind: str, names: Any) -> list[tuple[str, str, Any]]:
    """Returns the module's path, the name and the reference of what a hook returned, as
    plain texts and rows, which can be compared."""
    tables = names if kind == "module" else {"": names}
    return [
        (f"{path}", f"{name}", found if type(found) is dict else f"{found}")
        for path, table in tables.items()
        for name, found in table.items()
    ]


def _problem_of_names(kind: str, names: Any) -> str | None:
    """Returns what is wrong with the result of a registration hook, or None."""
    try:
        references = _references(kind, names)
    except AttributeError:
        return f"It returned {names!r:.80}, which isn't a dict of references."
    for _, name, reference in references:
        is_row = kind == "migration" and isinstance(reference, dict)
        if not is_row and not ENTRY.fullmatch(f"{name}={reference}"):
            return f"It returned {name!r}: {reference!r:.80}, not 'module:attribute'."
    return None


def did_you_mean(name: str, names: Collection[str]) -> str:
    """Returns a sentence that suggests similar names, or nothing."""
    near = [candidate for candidate in names if candidate.lower() == name.lower()]
    near = near or difflib.get_close_matches(name, names)
    return f" Did you mean {' or '.join(map(repr, near))}?" if near else ""


def _conflict(providers: list[Entry], key: str, preferred: str | None) -> str:
    """Returns the error message for a name that several distributions provide."""
    owners = sorted({entry.distribution for entry in providers})
    kind, _, name = key.partition(":")
    lines = " or ".join(f'"{key}" = "{owner}"' for owner in owners)
    names = " or ".join(f'"{owner}:{name}"' for owner in owners)
    mistake = f" `prefer` names {preferred}, which doesn't." if preferred else ""
    return (
        f"{' and '.join(owners)} both provide the {kind} {name!r}.{mistake} Choose "
        f"one: under [prefer] in {settings.path()} write {lines}; or in code use "
        f'`with settings.override(prefer={{"{key}": ...}})`; or use {names}.'
    )


_lock = threading.RLock()
_managers: dict[Any, PluginManager] = {}


def manager() -> PluginManager:
    """Returns the plugins for the current settings `disable` and `prefer`, discovered
    on first use. While an object is built from its configuration, the settings from the
    beginning of the build apply."""
    chosen = load_context.current().manager
    if isinstance(chosen, PluginManager):
        return chosen
    disabled = settings.get("disable")
    prefer = settings.get("prefer")
    key = disabled, frozenset(prefer.items())
    with _lock:
        if key not in _managers:
            new = PluginManager(disabled, prefer)
            new.discover()
            _managers[key] = new
        return _managers[key]


def call(hook: str, check: Check | None = None, /, **arguments: Any) -> list[Any]:
    """Calls a behaviour hook of all plugins; returns the results that aren't None, in
    the plugins' order.

    `check` returns what is wrong with a result; the problem is recorded for its plugin,
    and the result is omitted.
    """
    return [result for _, result in manager().run(hook, arguments, check)]
