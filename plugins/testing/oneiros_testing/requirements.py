"""The requirements of a plugin's distribution, from its metadata."""

from contextlib import suppress
from importlib import metadata

from oneiros import __version__
from oneiros.settings import distribution_name
from packaging.requirements import InvalidRequirement, Requirement

FIRST_PARTY = "oneiros-"
"""Prefix of the distributions of the kernel and first-party plugins."""


def requirements_of(distribution: str) -> list[Requirement]:
    """Returns an installed distribution's requirements, including its extras; omits
    unreadable lines."""
    requirements = []
    for line in metadata.requires(distribution) or []:
        with suppress(InvalidRequirement):
            requirements.append(Requirement(line))
    return requirements


def is_exact(requirement: Requirement) -> bool:
    """Returns whether a requirement allows only one version."""
    return any(
        bound.operator in ("==", "===") and not bound.version.endswith(".*")
        for bound in requirement.specifier
    )


def loose_requirements(distribution: str) -> dict[str, str]:
    """Returns the problems in the requirements of an engine-tier plugin.

    # Returns
        Dict from the name of each distribution of Oneiros that isn't required in one
        exact version, as in the metadata, to the problem.
    """
    faults = {}
    for requirement in requirements_of(distribution):
        name = distribution_name(requirement.name)
        if name.startswith(FIRST_PARTY) and not is_exact(requirement):
            faults[requirement.name] = (
                f"{requirement} allows several versions; a plugin of the engine tier "
                f"must require one, such as {name}=={__version__}."
            )
    return faults
