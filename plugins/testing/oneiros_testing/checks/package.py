"""What must hold for a distribution itself: its metadata, what it imports, and its
manifest."""

import ast
import difflib
import importlib.util
import inspect
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import cache
from importlib import import_module, metadata
from pathlib import Path
from typing import Any

from oneiros import hookspecs, registry
from oneiros.config import CLASS_KINDS
from oneiros.discovery import GROUP, KERNEL
from oneiros.plugins import manager
from oneiros.settings import distribution_name

from oneiros_testing.checks import Subject, check
from oneiros_testing.discovery import UNCHECKED, entries_of
from oneiros_testing.imports import faulty_imports, requirements, sources

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
HOOKS = [name for name in dir(hookspecs) if name.startswith("oneiros_")]
MARK = "oneiros_impl"
"""The attribute that `hookimpl` sets."""
IMPORTING = """
import contextlib, io, json, os, sys, warnings
def state():
    return {
        "the filters of warnings": list(map(str, warnings.filters)),
        "sys.path": list(sys.path),
    }
CHANGES = {
    "os.chdir": "the working directory",
    "os.putenv": "the environment",
    "os.unsetenv": "the environment",
}
# Not by comparing: this process has both from one that has imported the manifest.
changed = set()
sys.addaudithook(lambda event, _: event in CHANGES and changed.add(CHANGES[event]))
from oneiros import hookimpl
changed.clear()
before = state()
printed = io.StringIO()
with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
    import MODULE
changed |= {name for name, value in state().items() if value != before[name]}
print(json.dumps({"printed": printed.getvalue(), "changed": sorted(changed)}))
"""
"""A program that says what importing a manifest does."""


@check("package")
def check_registers_its_names(subject: Subject) -> None:
    """The manifest can be imported, and what its hooks return is understood."""
    record = subject.component
    faults = [
        f"{phase}: {message}"
        for phase, message, _ in record.problems
        if phase != "resolve"
    ]
    assert not faults, "\n".join(faults)


@check("package", after="check_registers_its_names")
def check_manifest_is_light(subject: Subject) -> None:
    """The manifest imports only `oneiros.hookimpl`."""
    imported = ", ".join(excess_imports(subject.component.module))
    assert not imported, (
        f"Its manifest imports {imported}; it should only import {MARKER}."
    )


@check("package", after="check_registers_its_names")
def check_other_names_can_be_imported(subject: Subject) -> None:
    """What it adds to modules, and its services and migrations, can be imported."""
    for kind in UNCHECKED:
        for entry in entries_of(subject.component, kind):
            registry.load(entry)


@check("package", after="check_manifest_is_light")
def check_manifest_prints_nothing(subject: Subject) -> None:
    """Importing the manifest prints nothing."""
    printed = importing(subject)["printed"]
    assert not printed, f"It prints {printed[:200]!r}, in every program of its users."


@check("package", after="check_manifest_is_light")
def check_manifest_changes_nothing(subject: Subject) -> None:
    """Importing the manifest changes neither the environment, nor the working
    directory, nor the filters of warnings."""
    changed = importing(subject)["changed"]
    assert not changed, f"It changes {', '.join(changed)}."


@check("package", after="check_registers_its_names")
def check_hooks_are_marked(subject: Subject) -> None:
    """Each function of the manifest whose name begins with `oneiros_` is a hook, and is
    marked with `@hookimpl`."""
    manifest = import_module(subject.component.module)
    for name, value in vars(manifest).items():
        if not name.startswith("oneiros_") or not inspect.isroutine(value):
            continue
        near = difflib.get_close_matches(name, HOOKS, 1)
        advice = f" Did you mean {near[0]}?" if near else ""
        assert name in HOOKS, f"There is no hook {name}.{advice}"
        assert hasattr(value, MARK), f"Write @hookimpl above {name}: nobody calls it."


@check("package")
def check_entry_points_are_read(subject: Subject) -> None:
    """Its entry points are in the group that is read, and in none that only looks like
    it."""
    points = metadata.distribution(subject.distribution).entry_points
    groups = {point.group for point in points}
    near = sorted(
        group for group in groups if group.startswith("oneiros") and group != GROUP
    )
    assert not near, f"Nobody reads {', '.join(near)}. The group is {GROUP!r}."


@check("package")
def check_is_typed(subject: Subject) -> None:
    """The package has a file `py.typed`, so type checkers believe its annotations."""
    package = package_of(subject)
    spec = importlib.util.find_spec(package)
    folders = list(map(Path, (spec.submodule_search_locations or ()) if spec else ()))
    assert any((folder / "py.typed").exists() for folder in folders), (
        f"Put an empty file py.typed into {package}/."
    )


@check("package")
def check_states_its_python(subject: Subject) -> None:
    """Its metadata says which Pythons it needs."""
    found = _metadata(subject).get("Requires-Python")
    assert found, 'Write into [project] of pyproject.toml: requires-python = ">=3.11"'


@check("package")
def check_requires_the_kernel(subject: Subject) -> None:
    """It requires the kernel, in versions that it works with."""
    if subject.distribution == KERNEL:
        return
    bounds = requirements(subject.distribution).get(KERNEL)
    assert bounds is not None, (
        f'Write into [project] of pyproject.toml: dependencies = ["{KERNEL}>=0.1,<1"]'
    )
    assert re.search("<|==|~=", bounds), (
        f"It accepts every later kernel ({bounds or 'no bound'}). Objects that people "
        "name in a model need <1, machinery around models needs an exact version."
    )


@check("package")
def check_has_a_licence(subject: Subject) -> None:
    """Its metadata names its licence."""
    found = _metadata(subject)
    classifiers = found.get_all("Classifier") or []
    stated = found.get("License-Expression") or found.get("License")
    assert stated or any(each.startswith("License ::") for each in classifiers), (
        'Write into [project] of pyproject.toml: license = "MIT"'
    )


@check("package")
def check_has_a_readme(subject: Subject) -> None:
    """Its metadata holds a README and a summary, which package indexes show."""
    found: Any = _metadata(subject)
    description = found.get("Description") or found.get_payload()
    assert description and str(description).strip(), (
        'Write into [project] of pyproject.toml: readme = "README.md"'
    )
    assert found.get("Summary"), (
        'Write into [project] of pyproject.toml: description = "What it is for"'
    )


@check("package")
def check_imports_are_published(subject: Subject) -> None:
    """What it imports from Oneiros is published, of distributions that it requires."""
    faults = faulty_imports(subject.distribution, package_of(subject))
    assert not faults, "\n".join(faults)


@check("package")
def check_imports_are_required(subject: Subject) -> None:
    """It requires every distribution that it imports, at least in an extra; a backend
    brings its engine. In a function, it may import what any requirement brings."""
    own = package_of(subject)
    required = {*requirements(subject.distribution), subject.distribution}
    plugins = manager().records.values()
    backends = {each.distribution for each in plugins if "backend" in each.kinds}
    outside = required | _brought(required & backends)
    inside = outside | _brought(required | backends)
    owners = _owners(tuple(sys.path))
    for folder, path in sources(own):
        for module, line, is_inside in _imported(path):
            known = {distribution_name(name) for name in owners.get(module, ())}
            is_own = module == own or module in sys.stdlib_module_names
            if is_own or not known or known & (inside if is_inside else outside):
                continue
            place = path.relative_to(folder.parent)
            raise AssertionError(
                f"{place}:{line}: imports {module}, of {' or '.join(sorted(known))}, "
                "which it doesn't require. Add that to dependencies in pyproject.toml, "
                "and install the package again: pip install --editable ."
            )


@check(*CLASS_KINDS, once=True)
def check_says_whether_files_may_use_it(subject: Subject) -> None:
    """A class says itself whether files may use it: `loadable` is True or False."""
    component = subject.component
    if not inspect.isclass(component):
        return
    assert isinstance(vars(component).get("loadable"), bool), (
        "Write into the class: loadable = True, if its constructor only stores "
        "arguments. A base class's declaration doesn't count."
    )


def _metadata(subject: Subject) -> Any:
    return metadata.metadata(subject.distribution)


def _brought(names: set[str]) -> set[str]:
    """Returns what distributions require, in extras, too."""
    found: set[str] = set()
    for name in names:
        with suppress(metadata.PackageNotFoundError):
            found |= requirements(name).keys()
    return found


@cache
def _owners(paths: tuple[str, ...]) -> Mapping[str, list[str]]:
    """Returns the distributions of packages; to find them takes a second."""
    return metadata.packages_distributions()


def _imported(path: Path) -> Iterator[tuple[str, int, bool]]:
    """Yields the top-level package of each import that isn't for types alone, with its
    line, and whether it stands in a function."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for_types, inside = set(), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            for_types |= set(map(id, ast.walk(node)))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            inside |= set(map(id, ast.walk(node)))
    for node in ast.walk(tree):
        if id(node) in for_types or not isinstance(node, (ast.Import, ast.ImportFrom)):
            continue
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [node.module]
        for name in names:
            yield name.partition(".")[0], node.lineno, id(node) in inside


def package_of(subject: Subject) -> str:
    """Returns the name of a distribution's package."""
    module: str = subject.component.module
    return module.partition(".")[0]


def importing(subject: Subject) -> dict[str, Any]:
    """Returns what importing the manifest prints and changes, in a new process."""
    program = IMPORTING.replace("MODULE", subject.component.module)
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


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
