"""Finds the installed plugins, loads their manifests and orders them.

A plugin is a distribution with an entry point in the group `oneiros.v1`; the number is
the API level. The entry point names a manifest: a module that imports only
`oneiros.hookimpl` and implements hooks of `oneiros.hookspecs`.
"""

import graphlib
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from importlib import metadata
from typing import Any

from oneiros import settings
from oneiros.records import API_LEVELS, PluginRecord

KERNEL = "oneiros-kernel"
GROUP = re.compile(r"oneiros\.v(\d+)")


def installed(
    disabled: tuple[str, ...],
) -> Iterator[tuple[PluginRecord, metadata.EntryPoint | None]]:
    """Yields a record of each plugin and its entry point, importing nothing."""
    for name in _announced():
        state = "disabled" if name in disabled else "ok"
        record = PluginRecord(name, state=state)
        entry_point = _entry_point(record)
        if entry_point is not None or record.problems:
            yield record, entry_point


def load_manifest(record: PluginRecord, entry_point: metadata.EntryPoint) -> Any:
    """Imports a manifest; if that fails, records the reason and returns None."""
    started = time.perf_counter()
    try:
        return entry_point.load()
    except (Exception, SystemExit) as error:
        record.report("import", error)
        return None
    finally:
        record.import_ms = round((time.perf_counter() - started) * 1000, 2)


def ordered(
    records: Mapping[str, PluginRecord], manifests: Mapping[str, Any]
) -> list[str]:
    """Returns the distributions in calling order: first as the manifests declare, then
    by name."""
    sorter = graphlib.TopologicalSorter(dict.fromkeys(sorted(records), ()))
    for name, manifest in manifests.items():
        sorter.add(name, *_declared(records[name], manifest, "oneiros_after"))
        for later in _declared(records[name], manifest, "oneiros_before"):
            sorter.add(later, name)
    try:
        return [name for name in sorter.static_order() if name in records]
    except graphlib.CycleError as error:
        circle = error.args[1]
    for name in sorted(set(circle) & set(records)):
        text = f"Circular order declared: {' < '.join(circle)}"
        records[name].report("order", text, "ok")
    acyclic = {name: m for name, m in manifests.items() if name not in circle}
    return ordered(records, acyclic)


def _announced() -> list[str]:
    """Returns the names of all plugins, each once; a second occurrence is a stale
    copy."""
    names = set()
    for distribution in metadata.distributions():
        # A distribution whose files are damaged announces nothing.
        with suppress(Exception):
            if "[oneiros.v" in (distribution.read_text("entry_points.txt") or ""):
                names.add(settings.distribution_name(distribution.metadata["Name"]))
    return sorted(names)


def _entry_point(record: PluginRecord) -> metadata.EntryPoint | None:
    """Returns a plugin's entry point, and fills in its record.

    If there are several, the last one of the newest supported level is used.
    """
    levels = {}
    try:
        distribution = metadata.distribution(record.distribution)
        record.version = str(distribution.version)
        for entry_point in distribution.entry_points:
            if match := GROUP.fullmatch(entry_point.group):
                levels[int(match[1])] = entry_point
    except Exception as error:
        fault = f"Its entry_points.txt can't be read: {type(error).__name__}: {error}"
        record.report("metadata", fault)
    if not levels:
        return None
    level = max(levels, key=lambda each: (each in API_LEVELS, each))
    entry_point = levels[level]
    record.entry_point = entry_point.name
    record.module = entry_point.value
    record.api_level = level
    if level not in API_LEVELS:
        outdated = KERNEL if level > API_LEVELS[-1] else record.distribution
        fault = (
            f"It is for API level {level}; this kernel supports {[*API_LEVELS]}: "
            f"upgrade {outdated}"
        )
        record.report("metadata", fault, "incompatible")
    elif not entry_point.pattern.match(entry_point.value):
        line = f"{entry_point.name} = {entry_point.value}"
        record.report("metadata", f"Its entry point {line} doesn't name a module.")
    return entry_point


def _declared(record: PluginRecord, manifest: Any, attribute: str) -> list[str]:
    """Returns the distributions that a manifest wants to come before or after."""
    value = getattr(manifest, attribute, ())
    if isinstance(value, list | tuple) and all(isinstance(each, str) for each in value):
        return list(value)
    fault = f"{attribute} is {value!r:.80}, not a list of distributions."
    record.report("order", fault, "ok")
    return []
