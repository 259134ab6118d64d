"""Which plugins a file may have imported: the caller's choice, in force while a model
is built."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from oneiros import registry
from oneiros.errors import ArgumentError, UnknownNameError, UnsafeFileError
from oneiros.plugins import KERNEL, Entry
from oneiros.settings import distribution_name

from oneiros_saving.provenance import NAMED_KINDS

LOGGER = logging.getLogger("oneiros")
CHOICES = ("installed", "loaded")
GUARDED_KINDS = (*NAMED_KINDS, "migration")
"""Kinds of objects that a file may have imported: those it names, and what reads their
older arguments."""


@contextmanager
def permitted(plugins: str | Iterable[str], source: Any) -> Iterator[None]:
    """Inside, what a file names is imported from these plugins alone; those that were
    are logged at the end.

    # Arguments
        plugins: `"installed"`: from all; `"loaded"`: only what is imported already; or
            a list of distributions, from which more may be imported. Oneiros' own are
            always permitted.
        source: what names the objects, for messages.
    """
    if plugins not in CHOICES and (isinstance(plugins, str) or not _are_names(plugins)):
        wrapped = (
            f": plugins=[{plugins!r}]"
            if isinstance(plugins, str)
            else " of distributions' names"
        )
        raise ArgumentError(
            f"plugins={plugins!r} is none of {CHOICES}, nor a list{wrapped}."
        )
    allowed = _own() | (
        set()
        if isinstance(plugins, str)
        else {distribution_name(name) for name in plugins}
    )
    imported: set[str] = set()

    def check(entry: Entry) -> None:
        if not _is_new(entry):
            return
        if plugins != "installed" and entry.distribution not in allowed:
            module = entry.reference.partition(":")[0]
            raise UnsafeFileError(
                f"The {entry.kind} {entry.name!r} is named, which is in {module} of {entry.distribution} "
                f"{entry.version}: not imported yet, and plugins={plugins!r} doesn't let a file import it. "
                f"If it may be: plugins=[{entry.distribution!r}], or `import {module}` before."
            )
        imported.add(f"{entry.distribution} {entry.version}")

    try:
        with _checking(check):
            yield
    finally:
        if imported:
            LOGGER.info(
                "%s had these plugins imported: %s", source, ", ".join(sorted(imported))
            )


@contextmanager
def nothing_foreign() -> Iterator[None]:
    """Inside, what third-party plugins offer and isn't imported yet counts as
    unknown."""
    own = _own()

    def check(entry: Entry) -> None:
        if _is_new(entry) and entry.distribution not in own:
            raise UnknownNameError(
                f"The {entry.kind} {entry.name!r} of {entry.distribution} isn't imported."
            )

    with _checking(check):
        yield


@contextmanager
def _checking(check: Callable[[Entry], None]) -> Iterator[None]:
    token = registry.permit.set(check)
    try:
        yield
    finally:
        registry.permit.reset(token)


def _own() -> set[str]:
    """Returns the distributions that belong to Oneiros."""
    return {
        KERNEL,
        *(name for table in registry.owners().values() for name in table.values()),
    }


def _is_new(entry: Entry) -> bool:
    return (
        entry.kind in GUARDED_KINDS
        and entry.reference.partition(":")[0] not in sys.modules
    )


def _are_names(plugins: Any) -> bool:
    return isinstance(plugins, (list, tuple, set, frozenset)) and all(
        isinstance(n, str) for n in plugins
    )
