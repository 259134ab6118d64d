"""The names that a plugin may use from the kernel and first-party plugins."""

from __future__ import annotations

from dataclasses import dataclass

from oneiros.plugins import KERNEL
from oneiros.settings import distribution_name

from oneiros_testing.interface import AUTHORING, ENGINE
from oneiros_testing.published import is_published, is_published_whole, tier_of

KERNEL_PACKAGE = "oneiros"
FIRST_PARTY = "oneiros_"
"""Prefix of the packages of first-party plugins."""


@dataclass(frozen=True)
class Permissions:
    """The names that a plugin may use.

    # Properties
        package: the plugin's own package, which it may use freely.
        tier: `"authoring"` or `"engine"`.
        requirements: distributions that the plugin requires; None if unknown.
    """

    package: str = ""
    tier: str = AUTHORING
    requirements: frozenset[str] | None = None

    def fault_of(self, path: str) -> str | None:
        """Says why the plugin may not use a dotted path; returns None if it may."""
        if not is_first_party(path) or self.has(path):
            return None
        if not is_published(path, self.tier):
            if tier_of(path) == ENGINE:
                return (
                    f"{path} belongs to the engine tier. To use it, require one exact "
                    f"version of {KERNEL}."
                )
            return f"{path} isn't published."
        package = path.partition(".")[0]
        owner = distribution_name(package)
        if package == KERNEL_PACKAGE or self.requirements is None:
            return None
        if owner not in self.requirements:
            return f"{path} belongs to {owner}, which the plugin doesn't require."
        return None

    def fault_of_all(self, module: str) -> str | None:
        """Says why the plugin may not use all names of a module; returns None if it
        may."""
        fault = self.fault_of(module)
        if fault or not is_first_party(module) or self.has(module):
            return fault
        if is_published_whole(module, self.tier):
            return None
        return f"{module} isn't published as a whole: import its published names."

    def has(self, path: str) -> bool:
        """Returns whether a path leads into the plugin itself."""
        return bool(self.package) and f"{path}.".startswith(f"{self.package}.")


def is_first_party(path: str) -> bool:
    """Returns whether a path is in the kernel or in a first-party plugin."""
    package = path.partition(".")[0]
    return package == KERNEL_PACKAGE or package.startswith(FIRST_PARTY)
