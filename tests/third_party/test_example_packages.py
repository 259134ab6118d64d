"""The packages of examples/plugins do what packages of third parties may, and nothing
else."""

import importlib.util
import re
import runpy
import tomllib

import pytest
from fresh import ROOT, project
from oneiros.plugins import manager
from oneiros_testing.imports import faulty_imports

FOLDERS = {
    project(path.parent)["name"]: path.parent
    for path in sorted((ROOT / "examples" / "plugins").glob("*/pyproject.toml"))
}
PACKAGES = {
    name: next(folder.rglob("manifest.py")).parent for name, folder in FOLDERS.items()
}
HEAVY = "torch-for-oneiros"
"""What isn't in the environment of the tests, unless somebody has installed it."""
REPLACING = "lab-summaries"
"""What isn't there either: it stands in for a part of Oneiros."""
INSTALLED = [
    pytest.param(
        name,
        marks=pytest.mark.skipif(
            name == HEAVY and not importlib.util.find_spec("torch_for_oneiros"),
            reason="PyTorch isn't installed; the package's README says how",
        ),
    )
    for name in FOLDERS
    if name != REPLACING
]
"""Its own tests, which the test command runs, include the kit's."""
LABS = [name for name in FOLDERS if name.startswith("lab-")]
"""The kit runs over the others, which are backends, in tests/kit."""
CONFORMS = """
import runpy, sys
runpy.run_path(sys.argv[1])["test_it_conforms"]()
"""
READY = """
from oneiros import plugins, registry
record = plugins.manager().records["{name}"]
kinds = record.kinds.items()
loaded = [
    registry.resolve(kind, each)
    for kind, names in kinds
    for each in names
    if kind != "module"
]
print(record.state, len(loaded))
"""
"""Imports every component of a plugin."""


@pytest.mark.parametrize("name", INSTALLED)
def test_they_use_public_names_alone(name):
    assert faulty_imports(name, PACKAGES[name].name) == []
    assert manager().records[name].state == "ok"


@pytest.mark.parametrize("name", FOLDERS)
def test_they_are_complete_distributions(name):
    folder = FOLDERS[name]
    table = tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))
    described = table["project"]
    assert described["requires-python"] and described["license"] == "MIT"
    assert described["license-files"] == ["LICENSE"]
    assert any("oneiros-testing" in each for each in table["dependency-groups"]["test"])
    assert (folder / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()
    assert (PACKAGES[name] / "py.typed").exists()
    text = (ROOT / "examples" / "plugins" / "README.md").read_text()
    assert f"]({folder.name}/README.md)" in text


def test_the_tutorial_shows_every_file_that_its_package_needs():
    page = ROOT / "docs" / "plugins" / "tutorial.md"
    shown = re.findall(r"{literalinclude} (.+)", page.read_text(encoding="utf-8"))
    folder = FOLDERS["lab-scale"]
    files = [folder / "pyproject.toml", *folder.rglob("*.py")]
    needed = {path for path in files if path.read_text(encoding="utf-8")}
    assert {(page.parent / path).resolve() for path in shown} == needed


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted({*LABS} - {REPLACING}))
def test_they_conform(name):
    tests = runpy.run_path(str(FOLDERS[name] / "tests" / "test_conformance.py"))
    tests["test_it_conforms"]()


@pytest.mark.slow
def test_what_replaces_a_part_conforms_where_it_is_chosen(new_environment):
    environment = new_environment(REPLACING)
    environment.install(FOLDERS[REPLACING], "oneiros")
    environment.run(CONFORMS, FOLDERS[REPLACING] / "tests" / "test_conformance.py")


@pytest.mark.slow
@pytest.mark.parametrize("name", [*LABS, "numpy-backend"])
def test_they_build_and_install_with_what_they_require_alone(name, new_environment):
    environment = new_environment(name)
    environment.install(FOLDERS[name])
    state, names = environment.run(READY.format(name=name)).stdout.split()
    assert state == "ok" and int(names) > 0


@pytest.mark.slow
def test_two_encoder_blocks_learn_to_sort():
    sorting = runpy.run_path(str(FOLDERS["lab-transformer"] / "sorting.py"))
    assert sorting["main"](samples=1000, epochs=8) > 0.8
