"""Finds the installed plugins, loads their manifests and orders them.

A plugin is a distribution with an entry point in the group `oneiros.v1`; the number is
the API level. The entry point names a manifest: a module that imports only
`oneiros.hookimpl` and implements hooks of `oneiros.hookspecs`.
"""

import graphlib
import re
import time
from collections.abc import Iterator, Mapping
from importlib import metadata
from typing import Any

from oneiros import settings
from oneiros.records import API_LEVELS, PluginRecord

KERNEL = "oneiros-kernel"
GROUP = re.compile(r"oneiros\.v(\d+)")


def installed(
    disabled: tuple[str, ...],
) -> Iterator[tuple[PluginRecord, metadata.EntryPoint]]:
    """Yields a record of each plugin and its entry point, importing nothing."""
    announced: dict[str, list[metadata.EntryPoint]] = {}
    found = metadata.entry_points()
    for group in filter(GROUP.fullmatch, found.groups):
        for entry_point in found.select(group=group):
            assert entry_point.dist  # as it was found in one
            name = settings.distribution_name(entry_point.dist.name)
            announced.setdefault(name, []).append(entry_point)
    for name in sorted(announced):
        # Of several, the last one of the newest supported level.
        entry_point = max(reversed(announced[name]), key=_rank)
        record = PluginRecord(
            name,
            version=metadata.version(name),
            entry_point=entry_point.name,
            module=entry_point.value,
            api_level=_level(entry_point),
            state="disabled" if name in disabled else "ok",
        )
        if record.api_level not in API_LEVELS:
            outdated = KERNEL if record.api_level > API_LEVELS[-1] else name
            fault = (
                f"It is for API level {record.api_level}; this kernel supports "
                f"{[*API_LEVELS]}: upgrade {outdated}"
            )
            record.report("metadata", fault, "incompatible")
        yield record, entry_point


def _level(entry_point: metadata.EntryPoint) -> int:
    return int(entry_point.group.rpartition("v")[2])


def _rank(entry_point: metadata.EntryPoint) -> tuple[bool, int]:
    level = _level(entry_point)
    return level in API_LEVELS, level


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


def _declared(record: PluginRecord, manifest: Any, attribute: str) -> list[str]:
    """Returns the distributions that a manifest wants to come before or after."""
    value = getattr(manifest, attribute, ())
    if isinstance(value, list | tuple) and all(isinstance(each, str) for each in value):
        return list(value)
    fault = f"{attribute} is {value!r:.80}, not a list of distributions."
    record.report("order", fault, "ok")
    return []
