"""Writes the kernel's index of owners.

Which distribution of this repository provides which name.

    python tools/write_owners.py            writes kernel/oneiros/owners.json
    python tools/write_owners.py --check    says whether the file is up to date, and
    writes nothing

The index lets an error name the distribution to install. It is made from the manifests
in plugins/.
"""

import importlib
import json
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
OWNERS = ROOT / "kernel" / "oneiros" / "owners.json"


def index() -> dict[str, dict[str, str]]:
    """Returns kind → name → distribution, sorted.

    For kind `module`, the names with their modules' paths; for `package`, the packages.
    """
    owners = {"package": packages()}
    for distribution, manifest in manifests("plugins/*"):
        for kind, names in _names(manifest).items():
            for name in names:
                owners.setdefault(kind, {}).setdefault(name, distribution)
    return {kind: dict(sorted(owners[kind].items())) for kind in sorted(owners)}


def packages() -> dict[str, str]:
    """Returns the distribution of each package under kernel/ and plugins/."""
    found = {"oneiros": "oneiros-kernel"}
    for pyproject in ROOT.glob("plugins/*/pyproject.toml"):
        name = tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]["name"]
        found[name.replace("-", "_")] = name
    return found


def manifests(folders: str) -> Iterator[tuple[str, Any]]:
    """Yields the distribution and the manifest of each plugin in some folders."""
    for pyproject in sorted(ROOT.glob(f"{folders}/pyproject.toml")):
        project = tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]
        for reference in project.get("entry-points", {}).get("oneiros.v1", {}).values():
            yield project["name"], _manifest(pyproject.parent, reference)


def text() -> str:
    """Returns the file's contents."""
    return json.dumps(index(), indent=0, ensure_ascii=False) + "\n"


def _manifest(folder: Path, reference: str) -> Any:
    sys.path.insert(0, str(folder))
    try:
        return importlib.import_module(reference)
    finally:
        sys.path.remove(str(folder))


def _names(manifest: Any) -> dict[str, list[str]]:
    from oneiros.plugins import KINDS

    provided = {kind: getattr(manifest, f"oneiros_{kind}s", dict)() for kind in KINDS}
    modules = [
        f"{path}.{name}" if path else name
        for path, names in provided.pop("module").items()
        for name in names
    ]
    layers = [f"layers.{name}" for name in provided["layer"]]
    return {kind: list(names) for kind, names in provided.items()} | {
        "module": modules + layers
    }


def main() -> int:
    """Writes the index, or compares it."""
    if "--check" in sys.argv[1:]:
        current = OWNERS.read_text(encoding="utf-8") == text()
        print(
            "up to date"
            if current
            else f"{OWNERS} is out of date: run python tools/write_owners.py"
        )
        return int(not current)
    OWNERS.write_text(text(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
