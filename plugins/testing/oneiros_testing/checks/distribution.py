"""What must hold for a distribution itself."""

import os
import subprocess
import sys
from importlib import metadata

from oneiros import registry

from oneiros_testing.checks import Subject, check
from oneiros_testing.discovery import UNCHECKED, entries_of

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


@check("distribution")
def check_registers_its_names(subject: Subject) -> None:
    """The manifest can be imported, and what its hooks return is understood."""
    record = subject.component
    faults = [
        f"{phase}: {message}"
        for phase, message, _ in record.problems
        if phase != "resolve"
    ]
    assert not faults, "\n".join(faults)


@check("distribution", after=["check_registers_its_names"])
def check_manifest_is_light(subject: Subject) -> None:
    """The manifest imports only `oneiros.hookimpl`."""
    imported = ", ".join(excess_imports(subject.component.module))
    assert not imported, (
        f"Its manifest imports {imported}; it should only import {MARKER}."
    )


@check("distribution", after=["check_registers_its_names"])
def check_other_names_can_be_imported(subject: Subject) -> None:
    """What it adds to modules, and its services and migrations, can be imported."""
    for kind in UNCHECKED:
        for entry in entries_of(subject.component, kind):
            registry.load(entry)


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
