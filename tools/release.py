"""Raises the version of all distributions, in one command.

    python3 run.py --group release tools/release.py 0.2.0

Everything that says the version is written anew: the pyprojects of the kernel and of
all plugins, which go in lockstep, their exact bounds of each other, the bounds
`>=0.2,<1` in pyprojects and documents, and the citation. The API level is the major
version and one: 1.0.0 makes the group `oneiros.v2`, and the bounds `>=1.0,<2`. Then
towncrier moves the fragments in `changelog/` to CHANGELOG.md, and the interface as it
is becomes the one that later changes are compared with.
"""

import importlib.util
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import write_interface

ROOT = Path(__file__).resolve().parent.parent
COMMAND = "python3 run.py --group release tools/release.py"
OWN = r"(oneiros[a-z0-9-]*(?:\[[a-z0-9,-]*\])?)"
"""A distribution of this repository, with its extras, in a requirement."""
TOPS = ("kernel", "plugins", "pyproject.toml")
"""Where the pyprojects of this repository's distributions are."""
SUFFIXES = (".cff", ".jinja", ".json", ".md", ".py", ".toml")


def main(new: str) -> None:
    """Raises the version, and moves the fragments of the changelog."""
    if not re.fullmatch(r"\d+\.\d+\.\d+", new):
        sys.exit(f"{new!r} is no version. Expected one such as 0.2.0.")
    if importlib.util.find_spec("towncrier") is None:
        sys.exit(f"No towncrier here. Type: {COMMAND} {new}")
    old = version(ROOT)
    for path in raise_version(ROOT, tracked_files(ROOT), old, new):
        print(path)
    write_interface.release()
    command = [sys.executable, "-m", "towncrier", "build", "--yes", "--version", new]
    subprocess.run(command, cwd=ROOT, check=True)
    print(f"{old} is {new}. Look at `git diff`, commit it, and tag it v{new}.")


def version(root: Path) -> str:
    """Returns the version of the tree."""
    text = (root / "pyproject.toml").read_text("utf-8")
    found: str = tomllib.loads(text)["project"]["version"]
    return found


def tracked_files(root: Path) -> list[Path]:
    """Returns the files that git keeps, as paths in the tree."""
    listed = subprocess.run(
        ["git", "ls-files"], cwd=root, check=True, capture_output=True, text=True
    )
    paths = map(Path, listed.stdout.splitlines())
    return [path for path in paths if path.suffix in SUFFIXES]


def raise_version(root: Path, files: list[Path], old: str, new: str) -> list[Path]:
    """Writes a version in the place of another; returns the files that changed.

    # Arguments
        root: Path, the tree.
        files: list of paths in it.
        old, new: str, such as `"0.1.0"`.
    """
    changed = []
    for file in files:
        path = root / file
        text = path.read_text("utf-8")
        raised = _raised(text, old, new)
        if file.name == "pyproject.toml" and file.parts[0] in TOPS:
            raised = raised.replace(f'\nversion = "{old}"', f'\nversion = "{new}"')
        if file.suffix == ".cff":
            raised = raised.replace(f"\nversion: {old}", f"\nversion: {new}")
        if raised != text:
            path.write_text(raised, encoding="utf-8")
            changed.append(file)
    return changed


def _raised(text: str, old: str, new: str) -> str:
    """Returns a text with other bounds, and another group of entry points."""
    text = re.sub(rf"{OWN}=={re.escape(old)}\b", rf"\g<1>=={new}", text)
    text = re.sub(rf"{OWN}{re.escape(bound(old))}\b", rf"\g<1>{bound(new)}", text)
    return re.sub(rf"\b{re.escape(group(old))}\b", group(new), text)


def bound(of: str) -> str:
    """Returns how others bound a version of Oneiros, such as `>=0.1,<1`."""
    major, minor, _ = of.split(".")
    return f">={major}.{minor},<{int(major) + 1}"


def group(of: str) -> str:
    """Returns the group of entry points that belongs to a version."""
    return f"oneiros.v{int(of.split('.')[0]) + 1}"


if __name__ == "__main__":
    main(*sys.argv[1:])
