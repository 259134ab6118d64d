"""Finds the installed plugins and loads their manifests.

A plugin is a distribution with an entry point in the group `oneiros.v1`; the number is
the API level. The entry point names a manifest: a module that imports only
`oneiros.hookimpl` and implements hooks of `oneiros.hookspecs`.
"""

import re
import time
from collections.abc import Iterator
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
