"""The plugin manager: loads and calls each plugin separately, so that a broken plugin
doesn't affect the others.

Plugins are discovered once, when the first name is looked up.
"""

import difflib
import os
import re
import sys
import threading
import time
from collections.abc import Callable, Collection
from functools import partial
from typing import Any

import pluggy

from oneiros import hookspecs, load_context, settings
from oneiros.discovery import Entry, PluginRecord, installed, load_manifest, owners
from oneiros.errors import NameConflictError
from oneiros.hookspecs import HOOKS, REGISTRATION
from oneiros.user_warnings import warn

KINDS = [hook.removeprefix("oneiros_").removesuffix("s") for hook in REGISTRATION]
IMPORTED_KINDS = KINDS[:9]
"""The kinds of names that programs import, from `oneiros.layers` and so on."""
LOWER_CASE_KINDS = ("constraint", "optimizer")
"""The kinds whose names Keras also accepts in lower case."""
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
        self._told: set[str] = set()
        self.pluggy = pluggy.PluginManager("oneiros")
        self.pluggy.add_hookspecs(hookspecs)

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
                used, conflict = self.settle(providers)
                for entry in providers if conflict else ():
                    if entry is not used:
                        record = self.records[entry.distribution]
                        record.report("names", conflict, "conflict")

    def run(
        self, hook: str, arguments: settings.Values, check: Check | None = None
    ) -> list[tuple[PluginRecord, Any]]:
        """Calls every plugin's implementation of a hook; returns the results that
        aren't None.

        A result that `check` rejects is reported as if the hook had raised an error.
        """
        results = []
        implementations = getattr(self.pluggy.hook, hook).get_hookimpls()
        for implementation in reversed(implementations):
            record = self.records[implementation.plugin_name]
            values = map(arguments.get, implementation.argnames)
            started = time.perf_counter()
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
                    warn(f"{record.distribution} failed in {hook}: {fault}")
            finally:
                if os.environ.get("ONEIROS_TRACE"):
                    cost = 1000 * (time.perf_counter() - started)
                    print(
                        f"oneiros: {hook} of {record.distribution}: {cost:.2f} ms",
                        file=sys.stderr,
                    )
        return results

    def choose(self, providers: list[Entry]) -> Entry:
        """Returns the only provider of a name, the one that the setting `prefer`
        selects, or Oneiros' own, with a warning.

        # Raises
            NameConflictError: if several others provide it.
        """
        entry, conflict = self.settle(providers)
        if entry is None:
            raise NameConflictError(conflict)
        if conflict and conflict not in self._told:
            self._told.add(conflict)
            warn(conflict)
        return entry

    def settle(self, providers: list[Entry]) -> tuple[Entry | None, str]:
        """Returns the entry to use, if there is one, and the message about a conflict
        that no setting decides."""
        first = providers[0]
        if all(entry.reference == first.reference for entry in providers):
            return first, ""
        by_owner = {entry.distribution: entry for entry in providers}
        preferred = self._preferred(first)
        if preferred in by_owner:
            return by_owner[preferred], ""
        conflict = _conflict(first, sorted(by_owner), preferred)
        owner = owners().get(first.kind, {}).get(first.name, "")
        if preferred or owner not in by_owner:
            return None, conflict
        return by_owner[owner], f"{conflict} Until then, {owner} provides it."

    def _preferred(self, entry: Entry) -> str | None:
        """Returns the distribution that `prefer` names for `kind:name`; a preference
        for a layer also applies to its name in modules of layers."""
        own = self.prefer.get(f"{entry.kind}:{entry.name}")
        if own or entry.kind != "module":
            return own
        path = entry.name.split(".")
        return self.prefer.get(f"{path[0].removesuffix('s')}:{path[-1]}")

    def _register(self, record: PluginRecord, manifest: Any) -> None:
        """Passes a manifest's functions to pluggy, which checks its hooks."""
        plugin = _Manifest()
        try:
            vars(plugin).update(vars(manifest))
            self.pluggy.register(plugin, record.distribution)
            self.pluggy.check_pending()
            record.hooks = [
                caller.name for caller in self.pluggy.get_hookcallers(plugin) or ()
            ]
            if unmarked := vars(plugin).keys() & HOOKS - set(record.hooks):
                raise TypeError(f"write @hookimpl above {', '.join(sorted(unmarked))}")
        except BaseException as error:
            fault = record.report("register", error)
            warn(f"{record.distribution} isn't used: {fault}")
            self.pluggy.unregister(name=record.distribution)

    def _collect(self, record: PluginRecord, kind: str, names: Any) -> None:
        """Adds the names that a hook returned."""
        found = _references(kind, names)
        if kind in LOWER_CASE_KINDS:
            known = [name for _, name, _ in found]
            lower = [(path, name.lower(), reference) for path, name, reference in found]
            found += [each for each in lower if each[1] not in known]
        for path, name, reference in found:
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

    def __repr__(self) -> str:
        return f"{vars(self).get('__name__')}"


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


def _conflict(entry: Entry, rivals: list[str], preferred: str | None) -> str:
    """Returns the error message for a name that several distributions provide."""
    key = f"{entry.kind}:{entry.name}"
    lines = " or ".join(f'"{key}" = "{rival}"' for rival in rivals)
    mistake = f" `prefer` names {preferred}, which doesn't." if preferred else ""
    return (
        f"{' and '.join(rivals)} both provide the {entry.kind} {entry.name!r}."
        f"{mistake} Choose "
        f"one: under [prefer] in {settings.path()} write {lines}; or in code use "
        f'`with settings.override(prefer={{"{key}": ...}})`.'
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
