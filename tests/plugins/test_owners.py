"""The index of owners: up to date, and true."""

import importlib.util
from pathlib import Path

from oneiros import plugins, registry

ROOT = Path(__file__).resolve().parents[2]


def tool():
    spec = importlib.util.spec_from_file_location(
        "write_owners", ROOT / "tools" / "write_owners.py"
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_committed_index_is_what_the_manifests_say():
    written = (ROOT / "kernel" / "oneiros" / "owners.json").read_text(encoding="utf-8")
    assert written == tool().text(), "run python tools/write_owners.py"


def test_every_owner_provides_what_it_owns():
    manager = plugins.manager()
    owned = {**registry.owners()}
    packages = owned.pop("package")
    for package, distribution in packages.items() - {("oneiros", "oneiros-kernel")}:
        record = manager.records.get(distribution)
        assert not record or record.module.startswith(f"{package}.")
    for kind, table in owned.items():
        for name, owner in table.items():
            kinds = manager.records[owner].kinds
            shown = (
                [f"layers.{layer}" for layer in kinds.get("layer", [])]
                if kind == "module"
                else []
            )
            assert name in [*kinds.get(kind, []), *shown], (kind, name)
