"""The plugin manager: loads and calls each plugin separately, so that a broken plugin
doesn't affect the others.

Plugins are discovered once, when the first name is looked up.
"""

import difflib
import re
import sys
import threading
import warnings
from collections.abc import Callable, Collection
from typing import Any

import pluggy

from oneiros import hookspecs, load_context, settings
from oneiros.discovery import KERNEL as KERNEL
from oneiros.discovery import installed, load_manifest, ordered
from oneiros.errors import NameConflictError, PluginLoadError
from oneiros.hookspecs import HOOKS
from oneiros.records import API_LEVELS as API_LEVELS
from oneiros.records import Entry as Entry
from oneiros.records import PluginRecord as PluginRecord

_REGISTRATION = HOOKS[: HOOKS.index("oneiros_configure")]
KINDS = [hook.removeprefix("oneiros_").removesuffix("s") for hook in _REGISTRATION]
ENTRY = re.compile(r"[^\W\d][\w.-]*=[^\W\d][\w.]*:[^\W\d][\w.]*")
"""A name and a reference. Only names of commands contain dashes, but dashes do no harm
elsewhere."""

Check = Callable[[Any], str | None]
"""Returns what is wrong with a hook's result, or None."""


class PluginManager:
    """The plugins of this environment, for one setting of `disable` and `prefer`.

    # Properties
        plugins: a record of each plugin, in calling order; `records` has them by
            distribution.
        entries: kind → name → the entries that provide it.
        modules: path of a module below `oneiros.` → public name → the entries that
            provide it.
    """

    def __init__(
        self, disabled: tuple[str, ...] = (), prefer: dict[str, str] | None = None
    ) -> None:
        self.disabled = disabled
        self.prefer = prefer or {}
        self.plugins: list[PluginRecord] = []
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
            if record.state == "ok" and entry_point is not None:
                manifest = load_manifest(record, entry_point)
                if manifest is not None:
                    manifests[record.distribution] = manifest
        self._warn_of_unknown_disabled()
        self.plugins = [self.records[name] for name in ordered(self.records, manifests)]
        for record in reversed(self.plugins):
            if record.distribution in manifests:
                self._register(record, manifests[record.distribution])
        for kind in KINDS:
            for record, names in self.run(f"oneiros_{kind}s", {}):
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
        # pluggy lists in the order of being called: what comes last is called first.
        caller = getattr(self._pluggy.hook, hook)
        for implementation in reversed(caller.get_hookimpls()):
            record = self.records[implementation.plugin_name]
            if hook not in record.hooks:
                continue
            try:
                accepted = [arguments[name] for name in implementation.argnames]
                result = implementation.function(*accepted)
                fault = check(result) if check else None
                if fault:
                    raise TypeError(fault)
            except (Exception, SystemExit) as error:
                record.report(hook, error)
                if arguments:
                    text = f"{record.distribution} failed in {hook}: {error!r}"
                    warnings.warn(text, stacklevel=3)
                continue
            if result is not None:
                results.append((record, result))
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
        if key in self.prefer:
            return self.prefer[key]
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
                record = self.records[entry.distribution]
                record.report("names", str(error), "conflict")

    def _warn_of_unknown_disabled(self) -> None:
        source = settings.candidates("disable")[0][1]
        if source == "settings.override":
            return
        for name in self.disabled:
            if name not in self.records:
                hint = did_you_mean(name, self.records)
                print(
                    f"oneiros: {source} disables {name}, which isn't installed.{hint}",
                    file=sys.stderr,
                )

    def _register(self, record: PluginRecord, manifest: Any) -> None:
        """Passes a manifest to pluggy, and records which of its hooks to call."""
        try:
            self._pluggy.register(manifest, record.distribution)
        except Exception as error:
            record.report("register", error)
            return
        for caller in self._pluggy.get_hookcallers(manifest) or ():
            implementation = next(
                candidate
                for candidate in caller.get_hookimpls()
                if candidate.plugin is manifest
            )
            if implementation.wrapper or implementation.hookwrapper:
                fault = f"{caller.name} is a wrapper, which Oneiros doesn't call."
                record.report("register", fault)
            elif caller.has_spec():
                record.hooks.append(caller.name)
            elif not implementation.optionalhook:
                hint = did_you_mean(caller.name, HOOKS)
                record.report("register", f"There is no hook {caller.name}.{hint}")

    def _collect(self, record: PluginRecord, kind: str, names: Any) -> None:
        """Adds the names that a hook returned; anything that isn't a reference is
        reported and omitted."""
        hook = f"oneiros_{kind}s"
        tables = names if kind == "module" else {"": names}
        try:
            references = [
                (path, name, reference)
                for path, table in tables.items()
                for name, reference in table.items()
            ]
        except Exception:
            record.report(
                hook, f"It returned {names!r:.80}, which isn't a dict of references."
            )
            return
        for path, name, reference in references:
            full_name = f"{path}.{name}" if path else name
            if not (
                isinstance(name, str) and ENTRY.fullmatch(f"{full_name}={reference}")
            ):
                record.report(
                    hook,
                    f"It returned {full_name!r}: {reference!r}, which isn't a "
                    "name with 'module:attribute'.",
                )
                continue
            entry = Entry(
                kind=kind,
                name=full_name,
                reference=reference,
                distribution=record.distribution,
                version=record.version,
                api_level=record.api_level,
            )
            if kind == "module":
                table = self.modules.setdefault(path, {})
            else:
                table = self.entries[kind]
            table.setdefault(name, []).append(entry)
            record.kinds.setdefault(kind, []).append(full_name)


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
_discovering = False


def manager() -> PluginManager:
    """Returns the plugins for the current settings `disable` and `prefer`, discovered
    on first use. While an object is built from its configuration, the settings from the
    beginning of the build apply.

    # Raises
        PluginLoadError: if a manifest calls this while plugins are being discovered.
    """
    chosen = load_context.current().manager
    if isinstance(chosen, PluginManager):
        return chosen
    disabled = settings.get("disable")
    prefer = settings.get("prefer")
    key = disabled, frozenset(prefer.items())
    with _lock:
        if key not in _managers:
            _managers[key] = _discovered(PluginManager(disabled, prefer))
            _managers[key].run("oneiros_configure", {"settings": settings})
        return _managers[key]


def _discovered(new: PluginManager) -> PluginManager:
    """Runs the discovery; a manager becomes visible only when it has finished."""
    global _discovering
    if _discovering:
        raise PluginLoadError(
            "Names of plugins aren't available while plugins are discovered: import "
            "them in the module that uses them, not in the manifest."
        )
    _discovering = True
    try:
        new.discover()
    finally:
        _discovering = False
    return new


def call(hook: str, check: Check | None = None, /, **arguments: Any) -> list[Any]:
    """Calls a behaviour hook of all plugins; returns the results that aren't None, in
    the plugins' order.

    `check` returns what is wrong with a result; the problem is recorded for its plugin,
    and the result is omitted.
    """
    return [result for _, result in manager().run(hook, arguments, check)]
