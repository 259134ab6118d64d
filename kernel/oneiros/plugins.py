"""The plugin manager: finds, loads and calls each plugin by itself, so that a plugin's
fault stays its own.

A plugin is a distribution with an entry point in the group `oneiros.v1`; the number is
the API level. The
entry point names a manifest: a module that imports nothing but `oneiros.hookimpl` and
    implements hooks of
`oneiros.hookspecs`. Plugins are discovered once, when the first name is looked up.
"""

import difflib
import graphlib
import re
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from importlib import metadata
from typing import Any

import pluggy

from oneiros import hookspecs, settings
from oneiros.errors import NameConflictError, PluginLoadError

API_LEVELS = range(1, 2)
KERNEL = "oneiros-kernel"
HOOKS = [name for name in vars(hookspecs) if name.startswith("oneiros_")]
KINDS = [
    hook[len("oneiros_") : -1] for hook in HOOKS[: HOOKS.index("oneiros_configure")]
]


@dataclass(frozen=True)
class Entry:
    """A name that a distribution provides; `reference`, as `module:attribute`, says
    where the object is."""

    kind: str
    name: str
    reference: str
    distribution: str
    version: str
    api_level: int


@dataclass
class PluginRecord:
    """What is known of one plugin.

    # Properties
        state: `ok`; `failed`: something that the plugin offers does not work;
            `disabled`; `incompatible`: its API level is not supported; `conflict`:
            another one provides one of its names, and nothing settles which is meant. A
            plugin can be `ok` and have a problem, such as a slow manifest.
        kinds: the names it provides, by kind; those of kind `module` start with the
            module's path.
        problems: what went wrong, as (phase, message, exception). Phases are
            `metadata`, `import`, `order`,
            `register`, `names`, `resolve` and the names of hooks. `phase` and `error`
            are those of the first.
    """

    distribution: str
    version: str
    entry_point: str
    module: str
    api_level: int
    state: str = "ok"
    kinds: dict[str, list[str]] = field(default_factory=dict)
    hooks: list[str] = field(default_factory=list)
    import_ms: float = 0.0
    problems: list[tuple[str, str, BaseException | None]] = field(default_factory=list)
    phase: str | None = None
    error: str | None = None

    def report(
        self, phase: str, fault: str | BaseException, state: str = "failed"
    ) -> None:
        """Records a problem and goes on; under `ONEIROS_STRICT=1` a failure is
        raised."""
        exception = fault if isinstance(fault, BaseException) else None
        message = f"{type(fault).__name__}: {fault}" if exception else str(fault)
        if (phase, message) not in [problem[:2] for problem in self.problems]:
            self.problems.append((phase, message, exception))
        self.phase, self.error, _ = self.problems[0]
        self.state = state if self.state == "ok" else self.state
        if state == "failed" and self.state != "disabled" and settings.get("strict"):
            raise PluginLoadError(
                f"{self.distribution} {self.version}, {phase}: {message}"
            ) from exception


class PluginManager:
    """The plugins of this environment, under one choice of what is disabled and
    preferred.

    # Properties
        plugins: a record of each plugin, in calling order; `records` has them by
            distribution.
        entries: kind → name → who provides it.
        modules: path of a module below `oneiros.` → public name → who provides it.
    """

    def __init__(
        self, disabled: tuple[str, ...] = (), prefer: dict[str, str] | None = None
    ) -> None:
        self.disabled, self.prefer = disabled, prefer or {}
        self.plugins: list[PluginRecord] = []
        self.entries: dict[str, dict[str, list[Entry]]] = {kind: {} for kind in KINDS}
        self.modules: dict[str, dict[str, list[Entry]]] = {}
        self.records: dict[str, PluginRecord] = {}
        self._pluggy = pluggy.PluginManager("oneiros")
        self._pluggy.add_hookspecs(hookspecs)

    def discover(self) -> None:
        """Loads every plugin by itself and collects the names that they provide."""
        manifests: dict[str, Any] = {}
        for record, entry_point in installed(self.disabled):
            self.records[record.distribution] = record
            usable = entry_point if record.state == "ok" else None
            manifests[record.distribution] = usable and _load(record, usable)
        source = settings.candidates("disable")[0][1]
        for name in (
            sorted({*self.disabled} - {*self.records})
            if source != "settings.override"
            else ()
        ):
            near = difflib.get_close_matches(name, self.records)
            hint = f" Did you mean {' or '.join(near)}?" if near else ""
            print(
                f"oneiros: {source} disables {name}, which isn't installed.{hint}",
                file=sys.stderr,
            )
        self.plugins = [self.records[name] for name in _order(self.records, manifests)]
        for record in reversed(self.plugins):
            if manifests[record.distribution] is not None:
                self._register(record, manifests[record.distribution])
        for kind in KINDS:
            for record, names in self.run(f"oneiros_{kind}s", {}):
                self._collect(record, kind, names)
        tables = [*self.entries.values(), *self.modules.values()]
        for providers in [
            providers for table in tables for providers in table.values()
        ]:
            try:
                self.choose(providers)
            except NameConflictError as error:
                for entry in providers:
                    self.records[entry.distribution].report(
                        "names", str(error), state="conflict"
                    )

    def choose(self, providers: list[Entry]) -> Entry:
        """Returns a name's one provider, or the one that the setting `prefer` settles
        on."""
        entry, owners = (
            providers[0],
            sorted({entry.distribution for entry in providers}),
        )
        if len({entry.reference for entry in providers}) == 1:
            return entry
        key, bare = f"{entry.kind}:{entry.name}", ":" + entry.name.rpartition(".")[2]
        chosen = self.prefer.get(key) or next(
            (self.prefer[k] for k in self.prefer if k.endswith(bare)), None
        )
        if chosen in owners:
            return next(entry for entry in providers if entry.distribution == chosen)
        complaint = f" `prefer` names {chosen}, which doesn't." if chosen else ""
        raise NameConflictError(
            f"{' and '.join(owners)} both provide the {entry.kind} {entry.name!r}.{complaint} Say which is "
            f'meant: under [prefer] in {settings.path()} write "{key}" = "{owners[0]}", or in code use `with '
            f'settings.override(prefer={{"{key}": "{owners[0]}"}})`, or ask for "{owners[0]}:{entry.name}".'
        )

    def _register(self, record: PluginRecord, manifest: Any) -> None:
        try:
            self._pluggy.register(manifest, record.distribution)
        except Exception as error:
            return record.report("register", error)
        for caller in self._pluggy.get_hookcallers(manifest) or ():
            own = next(
                impl for impl in caller.get_hookimpls() if impl.plugin is manifest
            )
            if not caller.has_spec() and not own.optionalhook:
                near = difflib.get_close_matches(caller.name, HOOKS, n=1) or HOOKS
                record.report(
                    "register",
                    f"There is no hook {caller.name}; there is {', '.join(near)}.",
                )
            elif own.wrapper or own.hookwrapper:
                record.report(
                    "register",
                    f"{caller.name} is a wrapper, which Oneiros doesn't call.",
                )
            else:
                record.hooks.append(caller.name)

    def run(
        self,
        hook: str,
        arguments: dict[str, Any],
        check: Callable[[Any], str | None] = lambda result: None,
    ) -> list[tuple[PluginRecord, Any]]:
        """Calls every plugin's implementation of a hook; returns the results that are
        not None.

        `check` says what is wrong with a result; such a one is reported as if the hook
        had raised.
        """
        results = []
        for impl in reversed(getattr(self._pluggy.hook, hook).get_hookimpls()):
            if hook not in (record := self.records[impl.plugin_name]).hooks:
                continue
            try:
                result = impl.function(*(arguments[name] for name in impl.argnames))
                if fault := check(result):
                    raise TypeError(fault)
                results += [(record, result)] if result is not None else []
            except (Exception, SystemExit) as error:
                record.report(hook, error)
                if arguments:
                    warnings.warn(
                        f"{record.distribution} failed in {hook}: {error!r}",
                        stacklevel=3,
                    )
        return results

    def _collect(self, record: PluginRecord, kind: str, names: Any) -> None:
        """Enters the names that a hook returned; what is not a reference is reported
        and left out."""
        hook, tables = f"oneiros_{kind}s", names if kind == "module" else {"": names}
        try:
            found = [
                (path, name, str(ref))
                for path, table in tables.items()
                for name, ref in table.items()
            ]
        except Exception:
            return record.report(
                hook, f"It returned {names!r:.80}, which is no dict of references."
            )
        for path, name, reference in found:
            full = f"{path}.{name}".lstrip(".") if path else str(name)
            plain = full.replace("-", "_") if kind == "command" else full
            if not (
                {str} >= {type(path), type(name)}
                and all(map(str.isidentifier, plain.split(".")))
            ):
                record.report(hook, f"{full!r} can't be used as a name.")
                continue
            if not re.fullmatch(r"[A-Za-z_][\w.]*:[A-Za-z_][\w.]*", reference):
                record.report(
                    hook,
                    f"{full!r} stands for {reference!r}, not for 'module:attribute'.",
                )
                continue
            entry = Entry(
                kind,
                full,
                reference,
                record.distribution,
                record.version,
                record.api_level,
            )
            table = self.modules.setdefault(path, {}) if path else self.entries[kind]
            table.setdefault(name, []).append(entry)
            record.kinds.setdefault(kind, []).append(full)


def installed(
    disabled: tuple[str, ...] = (),
) -> Iterator[tuple[PluginRecord, metadata.EntryPoint | None]]:
    """Finds all plugins, importing nothing; a distribution seen again on the path is a
    stale copy."""
    names = set()
    for distribution in metadata.distributions():
        with suppress(
            Exception
        ):  # a distribution whose files are damaged announces nothing
            if "[oneiros.v" in (distribution.read_text("entry_points.txt") or ""):
                names.add(settings.distribution_name(distribution.metadata["Name"]))
    for name in sorted(names):
        record = PluginRecord(
            name, "", "", "", API_LEVELS[-1], "disabled" if name in disabled else "ok"
        )
        try:
            distribution = metadata.distribution(name)
            record.version = str(distribution.version)
            entries = [
                e
                for e in distribution.entry_points
                if re.fullmatch(r"oneiros\.v\d+", e.group)
            ]
        except Exception as error:
            record.report(
                "metadata",
                f"Its entry_points.txt can't be read: {type(error).__name__}: {error}",
            )
            yield record, None
            continue
        entries.sort(key=lambda e: (int(e.group[9:]) in API_LEVELS, int(e.group[9:])))
        for entry in entries[-1:]:
            level = int(entry.group[9:])
            record.entry_point, record.module, record.api_level = (
                entry.name,
                entry.value,
                level,
            )
            if level not in API_LEVELS:
                advice = f"pip install -U {KERNEL if level > API_LEVELS[-1] else name}"
                fault = f"It is for API level {level}; this kernel offers {[*API_LEVELS]}: {advice}"
                record.report("metadata", fault, "incompatible")
            elif not entry.pattern.match(entry.value):
                record.report(
                    "metadata",
                    f"Its entry point {entry.name} = {entry.value} names no module.",
                )
            elif [e.group for e in entries].count(entry.group) > 1:
                record.report(
                    "metadata",
                    f"Of its several entry points, only {entry.name!r} is used.",
                    "ok",
                )
            yield record, entry


def _load(record: PluginRecord, entry_point: metadata.EntryPoint) -> Any:
    before, started = set(sys.modules), time.perf_counter()
    try:
        return entry_point.load()
    except (Exception, SystemExit) as error:
        record.report("import", error)
    finally:
        record.import_ms = round((time.perf_counter() - started) * 1000, 2)
        packages = {
            name.partition(".")[0] for name in set(sys.modules) - before
        } - sys.stdlib_module_names
        if heavy := sorted(packages - {record.module.partition(".")[0], "oneiros"}):
            fault = f"Its manifest imports {', '.join(heavy)}; it should import oneiros.hookimpl alone."
            record.report("import", fault, "ok")


def _order(records: dict[str, PluginRecord], manifests: dict[str, Any]) -> list[str]:
    """Returns the distributions in order: what manifests declare comes first, then the
    name decides."""
    sorter = graphlib.TopologicalSorter(dict.fromkeys(sorted(records), ()))
    for name, manifest in manifests.items():
        sorter.add(name, *_declared(records[name], manifest, "oneiros_after"))
        for later in _declared(records[name], manifest, "oneiros_before"):
            sorter.add(later, name)
    try:
        return [name for name in sorter.static_order() if name in records]
    except graphlib.CycleError as error:
        for name in {*error.args[1]} & {*records}:
            records[name].report(
                "order", f"Declared in a circle: {' < '.join(error.args[1])}", "ok"
            )
        return _order(
            records,
            {
                name: each
                for name, each in manifests.items()
                if name not in error.args[1]
            },
        )


def _declared(record: PluginRecord, manifest: Any, attribute: str) -> list[str]:
    value = getattr(manifest, attribute, ())
    if isinstance(value, (list, tuple)) and all(
        isinstance(name, str) for name in value
    ):
        return list(value)
    record.report(
        "order",
        f"{attribute} is {value!r:.80}, which is no list of distributions.",
        "ok",
    )
    return []


_lock = threading.RLock()
_managers: dict[Any, PluginManager] = {}


def manager() -> PluginManager:
    """Returns the plugins as the settings `disable` and `prefer` choose them,
    discovered on first use."""
    disabled, prefer = settings.get("disable"), settings.get("prefer")
    key = (disabled, frozenset(prefer.items()))
    with _lock:
        if key not in _managers:
            _managers[key] = PluginManager(disabled, prefer)
            try:
                _managers[key].discover()
            except BaseException:
                del _managers[key]
                raise
            _managers[key].run("oneiros_configure", {"settings": settings})
        return _managers[key]


def call(
    hook: str, check: Callable[[Any], str | None] = lambda _: None, /, **arguments: Any
) -> list[Any]:
    """Calls a behaviour hook of all plugins; returns the results that are not None, in
    the plugins' order.

    `check` says what is wrong with a result; its plugin is named, and the result is
    left out.
    """
    return [result for _, result in manager().run(hook, arguments, check)]
