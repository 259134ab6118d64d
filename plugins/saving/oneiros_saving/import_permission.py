"""The plugins that a file may import: the caller's choice, active while a model is
built."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from oneiros import load_context, registry
from oneiros.errors import ArgumentError, UnknownNameError, UnsafeFileError
from oneiros.plugins import KERNEL, Entry
from oneiros.settings import distribution_name

from oneiros_saving.provenance import NAMED_KINDS

LOGGER = logging.getLogger("oneiros")

INSTALLED = "installed"
LOADED = "loaded"
"""The choices other than a list: all plugins, and those that are already imported."""

GUARDED_KINDS = (*NAMED_KINDS, "migration")
"""Kinds of objects that a file may import: objects that it names, and migrations of
their older arguments."""


class Permission:
    """The plugins from which a file may import.

    # Arguments
        plugins: `"installed"`: all; `"loaded"`: only modules that are already imported;
            or a list of distributions from which more may be imported. Oneiros' own are
            always permitted.

    # Raises
        ArgumentError: for anything else.
    """

    def __init__(self, plugins: str | Iterable[str]) -> None:
        if isinstance(plugins, str) and plugins not in (INSTALLED, LOADED):
            raise _refusal(plugins, f"a list: plugins=[{plugins!r}]")
        if not isinstance(plugins, str) and not _are_names(plugins):
            raise _refusal(plugins, "a list of distributions' names")
        self.plugins = plugins
        self.allowed = _first_party()
        if not isinstance(plugins, str):
            self.allowed |= {distribution_name(name) for name in plugins}
        self._imported: set[str] = set()

    def check(self, entry: Entry) -> None:
        """Raises UnsafeFileError if an entry may not be imported."""
        if not _is_new(entry):
            return
        if self.plugins != INSTALLED and entry.distribution not in self.allowed:
            module = entry.module
            raise UnsafeFileError(
                f"The file needs the {entry.kind} {entry.name!r}, which is in {module} "
                f"of {entry.distribution} {entry.version}. It isn't imported yet, and "
                f"plugins={self.plugins!r} doesn't let a file import it. To permit it: "
                f"plugins=[{entry.distribution!r}], or `import {module}` first."
            )
        self._imported.add(f"{entry.distribution} {entry.version}")

    @contextmanager
    def logged(self, source: Any) -> Iterator[None]:
        """Context manager that logs at its end which plugins `source` imported."""
        try:
            yield
        finally:
            if self._imported:
                plugins = ", ".join(sorted(self._imported))
                LOGGER.info("%s imported these plugins: %s", source, plugins)


def nothing_foreign() -> AbstractContextManager[Any]:
    """Returns a context manager under which names of third-party plugins count as
    unknown unless they are already imported."""
    first_party = _first_party()

    def check(entry: Entry) -> None:
        if _is_new(entry) and entry.distribution not in first_party:
            raise UnknownNameError(
                f"The {entry.kind} {entry.name!r} of {entry.distribution} isn't "
                f"imported."
            )

    return load_context.changed(permit=check)


def _first_party() -> set[str]:
    """Returns the distributions that belong to Oneiros."""
    owners = {name for table in registry.owners().values() for name in table.values()}
    return {KERNEL, *owners}


def _is_new(entry: Entry) -> bool:
    return entry.kind in GUARDED_KINDS and entry.module not in sys.modules


def _are_names(plugins: Any) -> bool:
    listed = isinstance(plugins, (list, tuple, set, frozenset))
    return listed and all(isinstance(name, str) for name in plugins)


def _refusal(plugins: Any, expected: str) -> ArgumentError:
    return ArgumentError(
        f"plugins={plugins!r} is neither one of {(INSTALLED, LOADED)} nor {expected}."
    )
