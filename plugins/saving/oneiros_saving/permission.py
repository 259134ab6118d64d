"""Which plugins a file may have imported: the caller's choice, in force while a model is built."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from oneiros import registry
from oneiros.errors import ArgumentError, UnsafeFileError
from oneiros.plugins import KERNEL, Entry
from oneiros.settings import distribution_name

from oneiros_saving.provenance import NAMED_KINDS

LOGGER = logging.getLogger("oneiros")
CHOICES = ("installed", "loaded")


@contextmanager
def permitted(plugins: str | Iterable[str], source: Any) -> Iterator[None]:
    """Inside, what a file names is imported from these plugins alone; those that were are logged at the end.

    # Arguments
        plugins: `"installed"`: from all; `"loaded"`: only what is imported already; or a list of
            distributions, from which more may be imported. Oneiros' own are always permitted.
        source: what names the objects, for messages.
    """
    if plugins not in CHOICES and isinstance(plugins, str):
        raise ArgumentError(f"plugins={plugins!r} is none of {CHOICES}, nor a list: plugins=[{plugins!r}].")
    allowed = set() if isinstance(plugins, str) else {distribution_name(name) for name in plugins}
    own = {KERNEL, *(name for table in registry.owners().values() for name in table.values())}
    imported: set[str] = set()

    def check(entry: Entry) -> None:
        module = entry.reference.partition(":")[0]
        if entry.kind not in NAMED_KINDS or module in sys.modules:
            return
        if plugins != "installed" and entry.distribution not in allowed | own:
            raise UnsafeFileError(
                f"The {entry.kind} {entry.name!r} is named, which is in {module} of {entry.distribution} "
                f"{entry.version}: not imported yet, and plugins={plugins!r} doesn't let a file import it. "
                f"If it may be: plugins=[{entry.distribution!r}], or `import {module}` before."
            )
        imported.add(f"{entry.distribution} {entry.version}")

    token = registry.permit.set(check)
    try:
        yield
    finally:
        registry.permit.reset(token)
        if imported:
            LOGGER.info("%s had these plugins imported: %s", source, ", ".join(sorted(imported)))
