"""`oneiros plugins freeze` and `oneiros plugins sync`: the exact versions of plugins,
kernel and engines, for a paper."""

import json
import platform
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Annotated

import oneiros
import typer
from oneiros.errors import ArgumentError, FileMissingError
from oneiros.plugins import manager
from oneiros.settings import distribution_name
from packaging.requirements import InvalidRequirement, Requirement

from oneiros_cli.distributions import requirements, version_of

PYTHON = "# Python "


def freeze() -> None:
    """Print the exact versions of all plugins, the kernel and the engines.

    The text is a requirements file: `oneiros plugins freeze > paper.txt`; `pip install
    -r paper.txt` installs the same, and `oneiros plugins sync paper.txt` compares.
    """
    typer.echo(
        f"# Plugins of Oneiros {oneiros.__version__}, and what they require.\n"
        "# Install: pip install -r FILE. Compare: oneiros plugins sync FILE\n"
        f"{PYTHON}{platform.python_version()}"
    )
    for name in sorted(_with_requirements(list(manager().records))):
        typer.echo(_pinned(name))


def sync(
    lock: Annotated[Path, typer.Argument(help="A file that `freeze` printed.")],
) -> None:
    """Compare this environment with a file of `freeze`, and say what to type.

    The exit status is 1 if they differ. Nothing is installed.
    """
    differences = list(_differences(lock))
    for difference in differences:
        typer.echo(difference)
    if differences:
        typer.echo(f"Type: pip install -r {lock}")
        raise typer.Exit(1)
    typer.echo("The environment is that of the file.")


def _differences(lock: Path) -> Iterator[str]:
    if not lock.is_file():
        raise FileMissingError(
            f"There is no file {lock}. `oneiros plugins freeze > {lock}` writes it in "
            "an environment that works."
        )
    names = set()
    for line in lock.read_text(encoding="utf-8").splitlines():
        if line.startswith(PYTHON):
            yield from _difference_of_python(line.removeprefix(PYTHON))
        if not line.strip() or line.startswith("#"):
            continue
        requirement = _requirement(line, lock)
        name = distribution_name(requirement.name)
        names.add(name)
        version = version_of(name)
        if version is None:
            yield f"{requirement} isn't installed"
        elif not requirement.specifier.contains(version, prereleases=True):
            yield f"{name} {version} is installed; the file has {requirement}"
        elif requirement.url and _pinned(name) != str(requirement):
            yield f"{name} comes from elsewhere; the file has {requirement}"
    for name in sorted(manager().records.keys() - names):
        yield f"{name} isn't in the file. Type: pip uninstall {name}"


def _requirement(line: str, lock: Path) -> Requirement:
    try:
        return Requirement(line.partition(" #")[0])
    except InvalidRequirement as error:
        raise ArgumentError(
            f"{lock} has the line {line!r:.80}, which isn't a requirement. Write the "
            f"file with `oneiros plugins freeze`. {error}"
        ) from None


def _difference_of_python(frozen: str) -> Iterator[str]:
    here = platform.python_version()
    if here.split(".")[:2] != frozen.split(".")[:2]:
        yield f"This is Python {here}; the file was made with {frozen}"


def _with_requirements(names: list[str]) -> set[str]:
    """Returns the names of distributions, and of all that they require here."""
    found: set[str] = set()
    while names:
        name = names.pop()
        if name in found or version_of(name) is None:
            continue
        found.add(name)
        for requirement in requirements(metadata.distribution(name)):
            names.append(distribution_name(requirement.name))
    return found


def _pinned(name: str) -> str:
    """Returns the requirement of an installed distribution; with the commit, if it was
    installed from a repository."""
    text = metadata.distribution(name).read_text("direct_url.json") or "{}"
    origin = json.loads(text)
    if "vcs_info" in origin:
        commit = origin["vcs_info"]
        return f"{name} @ {commit['vcs']}+{origin['url']}@{commit['commit_id']}"
    return f"{name}=={version_of(name)}"
