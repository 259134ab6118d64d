"""The checks of an installed plugin: its contributions can be imported, its backends
are complete, and its manifest is light."""

import os
import subprocess
import sys
from contextlib import suppress
from importlib import metadata

from oneiros import registry
from oneiros.backend.contract import Backend, missing
from oneiros.discovery import Entry, PluginRecord
from oneiros.errors import OneirosError
from oneiros.plugins import manager

MARKER = "oneiros.hookimpl"
"""The decorator of a manifest's functions."""
LOADED_BY = """
import sys
from oneiros import hookimpl
before = set(sys.modules)
import {module}
print(*sorted(set(sys.modules) - before))
"""
"""A program that says what importing a module loads."""


def check_plugin(distribution: str) -> list[str]:
    """Checks an installed plugin and returns its problems.

    It also adds the problems to the plugin's record, so `oneiros plugins` shows them.

    # Arguments
        distribution: str, the plugin's name, such as `"my-lab"`.

    # Raises
        KeyError: if the plugin doesn't exist.
    """
    record = manager().records[distribution]
    for entry in _entries_of(record):
        with suppress(OneirosError):  # recorded by the registry
            loaded = registry.load(entry)
            if fault := _fault_of_backend(entry, loaded):
                record.report("backend", fault, "ok")
    excess = [] if record.state == "failed" else excess_imports(record.module)
    if excess:
        imported = ", ".join(excess)
        fault = f"Its manifest imports {imported}; it should only import {MARKER}."
        record.report("manifest", fault, "ok")
    return [message for _, message, _ in record.problems]


def excess_imports(module: str) -> list[str]:
    """Returns what importing a manifest loads in a new process besides its own package,
    Python's own modules and the part of the kernel that is loaded anyway."""
    own_package = module.partition(".")[0]
    printed = subprocess.run(
        [sys.executable, "-c", LOADED_BY.format(module=module)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    loaded = set(printed.split()) - {module, own_package}
    of_kernel = {name for name in loaded if name.startswith("oneiros.")}
    foreign = loaded & metadata.packages_distributions().keys()
    return sorted(of_kernel | foreign)


def _entries_of(record: PluginRecord) -> list[Entry]:
    """Returns the entries that a plugin provides."""
    plugins = manager()
    tables = [*plugins.entries.values(), *plugins.modules.values()]
    return [
        entry
        for table in tables
        for providers in table.values()
        for entry in providers
        if entry.distribution == record.distribution
    ]


def _fault_of_backend(entry: Entry, loaded) -> str | None:
    """Says why a backend can't be selected by name; returns None if it can, or isn't a
    backend."""
    if entry.kind != "backend":
        return None
    if not (isinstance(loaded, type) and issubclass(loaded, Backend)):
        return f"The backend {entry.name!r} isn't a subclass of Backend."
    lacking = missing(loaded)
    if lacking:
        return f"The backend {entry.name!r} must define {', '.join(lacking)}."
    return None
