"""Faults of installed distributions: what plugins declare in their metadata, and
whether what they require is there."""

import platform
import re
from collections import Counter
from collections.abc import Iterator
from importlib import metadata

from oneiros.discovery import GROUP
from oneiros.settings import distribution_name
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet

from oneiros_cli.faults import Fault

LEVEL = re.compile(r"oneiros\.v(\d+)")


def faults() -> Iterator[Fault]:
    """Yields the faults of every installed distribution."""
    names: list[str] = []
    for distribution in metadata.distributions():
        place = str(getattr(distribution, "_path", "a folder on sys.path"))
        try:
            name = distribution.metadata["Name"]
            groups = Counter(point.group for point in distribution.entry_points)
        except Exception as error:
            yield Fault(
                place, f"Its metadata can't be read: {error}.", f"Delete {place}"
            )
            continue
        yield from _faults_of_groups(name or place, groups)
        if not name:
            yield Fault(
                place,
                "The distribution has no name.",
                f"Install it again, or delete {place}",
            )
            continue
        names.append(distribution_name(name))
        if GROUP in groups:
            yield from _faults_of_requirements(distribution)
    for name, count in Counter(names).items():
        if count > 1 and name.startswith("oneiros"):
            yield Fault(
                name,
                f"It is installed {count} times; the first one on sys.path counts.",
                f"pip uninstall {name}, until it says that it isn't installed; then "
                "install it",
            )


def _faults_of_groups(name: str, groups: Counter[str]) -> Iterator[Fault]:
    """Yields groups of entry points that look like a plugin's, but are read by
    nobody."""
    for group in groups:
        if not group.lower().startswith("oneiros") or group == GROUP:
            continue
        level = LEVEL.fullmatch(group)
        remedy = f'In its pyproject.toml, write entry-points."{GROUP}"; install it'
        if level:
            remedy = "pip install --upgrade oneiros-kernel"
        yield Fault(
            name,
            f"Its entry points are in the group {group!r}; the kernel reads {GROUP!r}.",
            remedy,
        )
    if groups[GROUP] > 1:
        yield Fault(
            name,
            f"It has {groups[GROUP]} entry points in the group {GROUP!r}; one counts.",
            "Let a single manifest implement all hooks",
        )


def _faults_of_requirements(distribution: metadata.Distribution) -> Iterator[Fault]:
    """Yields requirements of a plugin that the environment doesn't meet."""
    name = distribution.metadata["Name"]
    pythons = SpecifierSet(pythons_of(distribution))
    if not pythons.contains(platform.python_version(), prereleases=True):
        yield Fault(
            name,
            f"It is made for Python {pythons}; this is {platform.python_version()}.",
            f"Use a Python {pythons}",
        )
    for requirement in requirements(distribution):
        version = version_of(requirement.name)
        if version and requirement.specifier.contains(version, prereleases=True):
            continue
        there = f"{version} is installed" if version else "it isn't installed"
        yield Fault(
            name,
            f"It requires {requirement}; {there}.",
            f'pip install "{requirement.name}{requirement.specifier}"',
        )


def pythons_of(distribution: metadata.Distribution) -> str:
    """Returns the Pythons for which a distribution is made; an empty text for all."""
    return str(distribution.metadata.json.get("requires_python", ""))


def requirements(distribution: metadata.Distribution) -> list[Requirement]:
    """Returns what a distribution requires here, without its extras."""
    found = []
    for text in distribution.requires or ():
        try:
            requirement = Requirement(text)
        except InvalidRequirement:
            continue
        if not requirement.marker or requirement.marker.evaluate({"extra": ""}):
            found.append(requirement)
    return found


def version_of(name: str) -> str | None:
    """Returns the version of an installed distribution, or None."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
