"""Finds what loading would refuse in a configuration, without importing or building
anything."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass

from oneiros import registry
from oneiros.errors import NameConflictError, UnsafeFileError
from oneiros.plugins import Entry
from oneiros_old_files.stored_functions import get_function
from oneiros_saving.config_references import Part, Reference, find
from oneiros_saving.provenance import BASES


@dataclass(frozen=True)
class Refusal:
    """Something that `load_model` would refuse, and its place in the configuration."""

    where: str
    reason: str


def refused_functions(parts: Iterable[Part]) -> Iterator[Refusal]:
    """Yields the functions that a file can't contain, with the same reasons as
    loading."""
    for part in parts:
        if not isinstance(part.config, dict):
            continue
        for argument, value in part.config.items():
            if part.config.get(f"{argument}_type", "raw") == "raw":
                continue
            name = value.get("name") if isinstance(value, dict) else value
            if isinstance(name, str) and providers(
                Reference("function", name, part.where)
            ):
                continue
            try:
                get_function(value, str(part.config.get("name")), str(argument))
            except UnsafeFileError as error:
                yield Refusal(part.where, str(error))


def refused_classes(named: Iterable[Reference]) -> Iterator[Refusal]:
    """Yields, once each, the classes that are imported and don't declare that files may
    use them."""
    keys_seen = set()
    for reference in named:
        if reference.kind in BASES and reference.key not in keys_seen:
            keys_seen.add(reference.key)
            for entry in providers(reference):
                if _is_undeclared(entry):
                    yield Refusal(reference.where, _undeclared(entry))


def _is_undeclared(entry: Entry) -> bool:
    if entry.reference.partition(":")[0] not in sys.modules:
        return False
    cls = registry.load(entry)
    return isinstance(cls, type) and vars(cls).get("loadable") is not True


def _undeclared(entry: Entry) -> str:
    return (
        f"The {entry.kind} {entry.name} of {entry.distribution} doesn't declare "
        f"`loadable = True`: if you trust it, pass "
        f"custom_objects={{{entry.name!r}: {entry.name}}}."
    )


def providers(reference: Reference) -> list[Entry]:
    """Returns the provider of a name here, in a list of at most one item."""
    with suppress(NameConflictError):
        if entry := find(reference.kind, reference.name):
            return [entry]
    return []
