"""What a plugin's distribution requires, by its metadata."""

from contextlib import suppress
from importlib import metadata

from oneiros import __version__
from oneiros.settings import distribution_name
from packaging.requirements import InvalidRequirement, Requirement

FIRST_PARTY = "oneiros-"
"""How the distributions of first-party plugins, and the kernel's, start."""


def requirements_of(distribution: str) -> list[Requirement]:
    """Returns what an installed distribution requires, that of its extras included; a
    line that no installer can read is left out."""
    requirements = []
    for line in metadata.requires(distribution) or []:
        with suppress(InvalidRequirement):
            requirements.append(Requirement(line))
    return requirements


def is_exact(requirement: Requirement) -> bool:
    """Returns whether a requirement allows one version alone."""
    return any(
        bound.operator in ("==", "===") and not bound.version.endswith(".*")
        for bound in requirement.specifier
    )


def loose_requirements(distribution: str) -> dict[str, str]:
    """Returns what is wrong with the requirements of a plugin of the engine tier.

    # Returns
        Fault by the name, as the metadata write it, of each distribution of Oneiros
        that isn't required in one exact version.
    """
    faults = {}
    for requirement in requirements_of(distribution):
        name = distribution_name(requirement.name)
        if name.startswith(FIRST_PARTY) and not is_exact(requirement):
            faults[requirement.name] = (
                f"{requirement} allows several versions: a plugin of the engine tier "
                f"requires one, such as {name}=={__version__}."
            )
    return faults
