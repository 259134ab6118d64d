"""Writes the stubs of what the plugins of this repository contribute to modules.

    python tools/write_stubs.py FOLDER

The build of the distribution `oneiros` runs it; in an environment, `oneiros stubs` does
the same for the plugins that are installed there. It needs nothing but pluggy.
"""

import sys
from pathlib import Path
from typing import Any

from write_owners import ROOT, manifests

sys.path[:0] = [str(ROOT / "kernel"), str(ROOT / "plugins" / "cli")]


def main(folder: Path) -> None:
    """Writes the stubs into a folder."""
    from oneiros_cli.stub_files import BY_KIND, stub_files, tables, write

    by_kind: dict[str, dict[str, str]] = {}
    modules: dict[str, dict[str, str]] = {}
    for _, manifest in [*manifests("kernel"), *manifests("plugins/*")]:
        for kind in BY_KIND:
            by_kind.setdefault(kind, {}).update(_provided(manifest, kind))
        for path, names in _provided(manifest, "module").items():
            modules.setdefault(path, {}).update(names)
    write(stub_files(tables(by_kind, modules), ROOT / "kernel" / "oneiros"), folder)


def _provided(manifest: Any, kind: str) -> dict[str, Any]:
    return dict(getattr(manifest, f"oneiros_{kind}s", dict)())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
