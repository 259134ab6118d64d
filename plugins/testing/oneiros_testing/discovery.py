"""What a distribution registers, as the subjects of checks."""

import inspect
import re
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from oneiros import registry
from oneiros.discovery import Entry, PluginRecord
from oneiros.errors import OneirosError, UnknownNameError
from oneiros.plugins import manager
from oneiros.settings import distribution_name

from oneiros_testing.checks import Subject, found_tags

DATA_SET = re.compile(r"datasets\.(.+)\.load_data")
"""Names that plugins add to modules: data sets."""
UNCHECKED = ("module", "service", "migration")
"""Kinds whose objects have no checks of their own; the checks of the distribution
import them."""


def record_of(distribution: str) -> PluginRecord:
    """Returns the record of an installed plugin.

    # Arguments
        distribution: str, its name; `"."` for the project in this folder.

    # Raises
        UnknownNameError: if there is no such plugin here; says what to type.
    """
    name = distribution_name(distribution)
    advice = "`oneiros plugins` lists all."
    if distribution == ".":
        name = _project_here()
        advice = "Type: pip install -e ."
    record = manager().records.get(name)
    if not record:
        raise UnknownNameError(f"There is no plugin {name!r} here. {advice}")
    if record.state == "disabled":
        raise UnknownNameError(registry.absence(name))
    return record


def subjects_of(record: PluginRecord) -> list[Subject]:
    """Returns the distribution itself and each component that it registers, in each
    configuration that the component declares."""
    found = [Subject("package", record.distribution, record.distribution, record)]
    for entry in (*_entries(record), *_data_sets(record)):
        found += _imported(entry)
    return found


def entries_of(record: PluginRecord, kind: str) -> list[Entry]:
    """Returns what a plugin registers of a kind; `"module"` for the contents of
    modules."""
    tables = [manager().entries.get(kind, {})]
    if kind == "module":
        tables = list(manager().modules.values())
    return [
        entry
        for table in tables
        for providers in table.values()
        for entry in providers
        if entry.distribution == record.distribution
    ]


def _entries(record: PluginRecord) -> Iterator[Entry]:
    """Yields one entry for each object, although it may have several names."""
    for kind in record.kinds:
        if kind in UNCHECKED:
            continue
        by_reference: dict[str, Entry] = {}
        for entry in entries_of(record, kind):
            if kind == "table":  # each name stands for another class of tables
                yield entry
                continue
            own_name = re.split("[:.]", entry.reference)[-1]
            if entry.reference not in by_reference or entry.name == own_name:
                by_reference[entry.reference] = entry
        yield from by_reference.values()


def _data_sets(record: PluginRecord) -> Iterator[Entry]:
    """Yields an entry of the kind `dataset` for each `load_data` that a plugin adds to
    a module below `oneiros.datasets`."""
    for entry in entries_of(record, "module"):
        found = DATA_SET.fullmatch(entry.name)
        if found:
            yield replace(entry, kind="dataset", name=found[1])


def _imported(entry: Entry) -> Iterator[Subject]:
    """Yields the subjects of an entry, or one that can't be imported."""
    place = entry.kind, entry.name, entry.distribution
    try:
        component = registry.load(entry)
    except OneirosError as error:
        yield Subject(*place, error=error)
    else:
        yield from configurations(*place, component)


def configurations(
    kind: str, name: str, distribution: str, component: Any
) -> Iterator[Subject]:
    """Yields a subject for each configuration that a component declares."""
    for number, declared in enumerate(_declared(component), 1):
        tags = {*declared.get("tags", ()), *found_tags(kind, component)}
        tags |= {"earlier"} & declared.keys()
        shown = name if number == 1 else f"{name}[{number}]"
        yield Subject(kind, shown, distribution, component, frozenset(tags), declared)


def _declared(component: Any) -> list[dict[str, Any]]:
    """Returns what a component declares about itself: a class as an attribute, which it
    inherits from the classes of its own package only; a function in its module."""
    if inspect.isclass(component):
        declared = _of_class(component)
    else:
        name = getattr(component, "__name__", "")
        declared = of_functions(component).get(name, {})
    if isinstance(declared, (list, tuple)):
        return list(declared) or [{}]
    return [declared]


def _of_class(component: Any) -> Any:
    package = component.__module__.partition(".")[0]
    for owner in inspect.getmro(component):
        if owner.__module__.startswith(package) and "conformance" in vars(owner):
            return vars(owner)["conformance"]
    return {}


def of_functions(component: Any) -> dict[str, Any]:
    """Returns what the module of a function declares about its functions, by name."""
    return getattr(inspect.getmodule(component), "conformance", {})


def _project_here() -> str:
    """Returns the name of the project whose pyproject stands in this folder."""
    path = Path("pyproject.toml")
    if not path.exists():
        raise UnknownNameError(
            "This folder has no pyproject.toml. Go to that of your plugin, or type the "
            "plugin's name: oneiros check my-lab"
        )
    project = tomllib.loads(path.read_text(encoding="utf-8"))["project"]
    return distribution_name(project["name"])
