"""`oneiros.require`: what a script or a notebook needs of its environment."""

from oneiros.errors import ArgumentError, PluginLoadError
from oneiros.plugins import manager
from oneiros.settings import distribution_name
from packaging.requirements import InvalidRequirement, Requirement

from oneiros_cli.distributions import version_of


def require(*requirements: str) -> None:
    """Raises an error unless distributions are installed in these versions, and work.

    Write it first in a script, so that whoever runs it years later learns at once what
    to install. `oneiros plugins freeze` notes a whole environment.

    # Arguments
        requirements: str, each as for pip, such as `"my-lab>=1.2"`.

    # Raises
        PluginLoadError: if one isn't met; it says what is installed, and what to type.
        ArgumentError: if a text isn't a requirement.

    # Example
        ```python
        import oneiros

        oneiros.require("oneiros-layers-core>=0.1,<1", "numpy")
        ```
    """
    for text in requirements:
        try:
            requirement = Requirement(text)
        except InvalidRequirement as error:
            raise ArgumentError(
                f"oneiros.require received {text!r}. Expected a requirement as for "
                f"pip, such as 'my-lab>=1.2': {error}"
            ) from None
        _check(requirement)


def _check(requirement: Requirement) -> None:
    name = distribution_name(requirement.name)
    version = version_of(name)
    if version is None or not requirement.specifier.contains(version, prereleases=True):
        there = f"{name} {version} is" if version else f"no {name} is"
        raise PluginLoadError(
            f"This program requires {requirement}, but {there} installed. Type: pip "
            f'install "{requirement}"'
        )
    record = manager().records.get(name)
    if record and record.state in ("failed", "disabled"):
        raise PluginLoadError(
            f"This program requires {requirement}; {name} {version} is installed, but "
            f"{record.state}{f': {record.error}' if record.error else ''}. `oneiros "
            "doctor` says what to type."
        )
