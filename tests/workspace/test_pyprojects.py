"""Nothing is written twice: every distribution's pyproject agrees with the others."""

import importlib
import itertools
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from email.parser import Parser
from graphlib import TopologicalSorter
from importlib.metadata import version
from pathlib import Path

import pytest
from oneiros_backend_tensorflow.installed import FIRST_WITHOUT

ROOT = Path(__file__).resolve().parents[2]
PLUGINS = sorted(path.parent for path in (ROOT / "plugins").glob("*/pyproject.toml"))
MEMBERS = [ROOT / "kernel", *PLUGINS]
LIBRARIES = ("keras3",)
"""Packages that work without Oneiros, and so have neither its kernel nor a manifest."""
BOUNDED = (
    "h5py",
    "jax",
    "llvmlite",
    "numba",
    "numpy",
    "onnx",
    "onnxruntime",
    "pillow",
    "pytensor",
    "scikit-learn",
    "scipy",
    "tensorflow",
)


def load(folder):
    return tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))


ROOT_PROJECT = load(ROOT)
VERSION = ROOT_PROJECT["project"]["version"]
MAJOR, MINOR, _ = VERSION.split(".")
FIRST_PARTY_BOUND = f">={MAJOR}.{MINOR},<{int(MAJOR) + 1}"


def name_of(folder):
    return folder.name


def project_name(folder):
    return load(folder)["project"]["name"]


def every_dependency(project):
    """Yields what a distribution depends on, its extras too."""
    extras = project.get("optional-dependencies", {}).values()
    return itertools.chain(project["dependencies"], *extras)


def requirement_name(dependency):
    return re.match("[a-zA-Z0-9-]+", dependency)[0]


def bound_of(folder):
    """Returns how a distribution bounds others of this repository: exactly if it is of
    the machinery around models (docs/plugins/api.md), which its bound of the kernel
    says."""
    exact = f"=={ROOT_PROJECT['project']['version']}"
    dependencies = load(folder)["project"]["dependencies"]
    return exact if f"oneiros-kernel{exact}" in dependencies else FIRST_PARTY_BOUND


@pytest.mark.parametrize("folder", MEMBERS, ids=name_of)
def test_shared_fields_agree(folder):
    project = load(folder)["project"]
    root = ROOT_PROJECT["project"]
    for field in ("version", "requires-python", "dynamic"):
        assert project[field] == root[field], f"{folder.name}: {field}"
    assert load(folder)["build-system"] == ROOT_PROJECT["build-system"]


@pytest.mark.parametrize(
    "name",
    [project_name(folder) for folder in MEMBERS if folder.name != "keras_namespace"],
)
def test_the_installed_version_is_that_of_the_tree(name):
    assert version(name) == ROOT_PROJECT["project"]["version"]


@pytest.mark.parametrize(
    "folder",
    [
        ROOT,
        pytest.param(ROOT / "kernel", marks=pytest.mark.slow),
        ROOT / "plugins" / "keras_namespace",
    ],
    ids=name_of,
)
def test_the_one_licence_is_in_what_is_built(folder, tmp_path):
    assert [*ROOT.glob("*/LICENSE"), *ROOT.glob("plugins/*/LICENSE")] == []
    build(folder, tmp_path / "from_tree")
    (sdist,) = (tmp_path / "from_tree").glob("*.tar.gz")
    shutil.unpack_archive(sdist, tmp_path, filter="data")
    build(tmp_path / sdist.name.removesuffix(".tar.gz"), tmp_path / "from_sdist")
    wheels = [read_wheel(tmp_path / name) for name in ("from_tree", "from_sdist")]
    for names, metadata, licence in wheels:
        assert names == wheels[1][0] and licence == (ROOT / "LICENSE").read_bytes()
        assert "License-Expression: MIT" in metadata and "\n\n# " in metadata
        check_index_page(metadata)
    assert any(name.endswith(".py") for name in names) == (folder != ROOT)
    assert ("oneiros-stubs/layers/__init__.pyi" in names) == (folder == ROOT)


def check_index_page(metadata):
    """Checks what an index shows of a distribution."""
    shown = Parser().parsestr(metadata.partition("\n\n")[0])
    assert shown["Author"] == "The Oneiros developers" and shown["Keywords"]
    urls = {url.split(", ")[0] for url in shown.get_all("Project-URL")}
    assert urls == {"Repository", "Documentation", "Changelog", "Issues"}
    classifiers = shown.get_all("Classifier")
    assert {"Typing :: Typed", "Programming Language :: Python :: 3.11"} <= {
        *classifiers
    }


@pytest.mark.parametrize("folder", [ROOT, *MEMBERS], ids=name_of)
def test_links_of_a_readme_lead_somewhere_on_an_index(folder, monkeypatch):
    monkeypatch.syspath_prepend(ROOT)
    hatch_build = importlib.import_module("hatch_build")
    page = hatch_build.readme(str(folder), VERSION)
    page = re.sub(r"```.*?```", "", page, flags=re.DOTALL)
    tagged = f"{hatch_build.REPOSITORY}/(?:blob|raw)/v{VERSION}/([^#]+)"
    for link in re.findall(r"\]\(([^)\s]+)\)", page):
        assert link.startswith(("https://", "http://", "#")), link
        if own := re.match(tagged, link):
            assert (ROOT / own[1]).exists(), link


def test_one_file_says_where_the_repository_is():
    said = subprocess.run(
        ["git", "grep", "--name-only", "github.com/[o]neiros"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert said.stdout.split() in ([], ["hatch_build.py"])


def build(folder, out):
    command = [sys.executable, "-m", "hatchling", "build", "-d", str(out)]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)


def read_wheel(folder):
    """Returns the names in a wheel, its metadata and its licence."""
    (path,) = folder.glob("*.whl")
    with zipfile.ZipFile(path) as wheel:
        names = sorted(wheel.namelist())
        (licence,) = (name for name in names if name.endswith("/LICENSE"))
        (metadata,) = (name for name in names if name.endswith("/METADATA"))
        assert licence.endswith(".dist-info/licenses/LICENSE")
        return names, wheel.read(metadata).decode(), wheel.read(licence)


@pytest.mark.parametrize(
    "folder", [each for each in PLUGINS if each.name not in LIBRARIES], ids=name_of
)
def test_a_plugin_is_a_small_package_with_a_short_pyproject(folder):
    text = (folder / "pyproject.toml").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 30
    project = load(folder)["project"]
    package = f"oneiros_{folder.name}"
    dashed = folder.name.replace("_", "-")
    assert project["name"] == f"oneiros-{dashed}"
    assert project["entry-points"]["oneiros.v1"] == {dashed: f"{package}.manifest"}
    assert f"oneiros-kernel{bound_of(folder)}" in project["dependencies"]
    assert [path.name for path in folder.glob("oneiros*") if path.is_dir()] == [package]
    assert set(load(folder)["tool"]) == {"hatch"}, "tools are configured at the root"


@pytest.mark.parametrize("folder", MEMBERS, ids=name_of)
def test_first_party_dependencies_exist_and_are_exact_in_the_engine_tier(folder):
    known = {project_name(member) for member in MEMBERS}
    for dependency in every_dependency(load(folder)["project"]):
        name, bound = re.match(r"([a-z0-9-]+)(.*)", dependency).groups()
        if name.startswith("oneiros"):
            assert name in known and bound == bound_of(folder), dependency


def test_the_error_and_the_dependency_agree_for_which_pythons_tensorflow_is_there():
    first = ".".join(map(str, FIRST_WITHOUT))
    dependencies = load(ROOT / "plugins" / "backend_tensorflow")["project"][
        "dependencies"
    ]
    (tensorflow,) = [each for each in dependencies if each.startswith("tensorflow")]
    assert tensorflow.endswith(f"; python_version < '{first}'")
    page = (ROOT / "docs" / "start" / "install.md").read_text(encoding="utf-8")
    assert f"TensorFlow has no release for {first} yet" in page


def test_root_lists_every_standard_plugin():
    extras = ROOT_PROJECT["project"]["optional-dependencies"]
    apart = {
        "oneiros-backend-jax",
        "oneiros-backend-onnx",
        "oneiros-backend-tensorflow",
        "oneiros-distribution-ray",
        "oneiros-keras2",
        "oneiros-keras3",
        "oneiros-scikit-learn",
    }
    apart.add("oneiros-keras-namespace")
    apart.add("oneiros-theano-namespace")
    names = {project_name(member) for member in MEMBERS} - apart
    standard = {f"{name}{FIRST_PARTY_BOUND}" for name in names}
    listed = {re.sub(r"\[.*\]", "", d) for d in ROOT_PROJECT["project"]["dependencies"]}
    assert listed == standard
    for engine in ("jax", "onnx", "tensorflow"):
        assert extras[engine] == [
            f"oneiros-backend-{engine}{FIRST_PARTY_BOUND}",
            f"oneiros-exports[{engine}]{FIRST_PARTY_BOUND}",
        ]
    assert extras["safetensors"] == [f"oneiros-saving[safetensors]{FIRST_PARTY_BOUND}"]
    assert extras["scikit-learn"] == [f"oneiros-scikit-learn{FIRST_PARTY_BOUND}"]
    assert extras["keras2"] == [f"oneiros-keras2{FIRST_PARTY_BOUND}"]
    assert extras["keras"] == [f"oneiros-keras-namespace{FIRST_PARTY_BOUND}"]
    assert extras["theano"] == [f"oneiros-theano-namespace{FIRST_PARTY_BOUND}"]
    (everything,) = extras["all"]
    assert "keras2" in everything and everything.count("keras") == 1


def test_the_architecture_shows_every_plugin_in_its_diagram_and_in_its_table():
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    _, diagram, tables = page.split("```", 2)
    shown = set(re.findall(r"\w+\*?", diagram))
    listed = set(re.findall(r"`([\w-]+\*?)`", tables))
    names = {re.sub("layers_.*", "layers_*", folder.name) for folder in PLUGINS}
    assert names - shown == set()
    assert {name.replace("_", "-") for name in names} - listed == set()


def test_every_member_is_a_workspace_source():
    sources = set(ROOT_PROJECT["tool"]["uv"]["sources"])
    ours = {project_name(member) for member in MEMBERS} | {"oneiros"}
    examples = (ROOT / "examples" / "plugins").glob("*/pyproject.toml")
    assert ours <= sources
    assert sources - ours <= {project_name(path.parent) for path in examples}


def test_dependencies_of_distributions_form_no_cycle():
    requirements = {
        project_name(folder): map(requirement_name, every_dependency(project))
        for folder in MEMBERS
        for project in [load(folder)["project"]]
    }
    TopologicalSorter(requirements).prepare()


@pytest.mark.parametrize("folder", MEMBERS, ids=name_of)
def test_libraries_of_the_arrays_and_files_are_bounded_above(folder):
    for dependency in every_dependency(load(folder)["project"]):
        name, bound = re.match(r"([A-Za-z0-9-]+)([^;]*)", dependency).groups()
        assert name not in BOUNDED or "<" in bound, dependency


FAMILIES = (
    *(folder.name for folder in PLUGINS if folder.name.startswith("layers_")),
    *("activations", "constraints", "initializations", "regularizers"),
    *("metrics", "objectives", "optimizers"),
)


@pytest.mark.parametrize("name", FAMILIES)
def test_a_family_brings_the_kernel_and_families_that_it_uses(name):
    declared = load(ROOT / "plugins" / name)["project"]["dependencies"]
    needed = set(map(requirement_name, declared))
    families = {f"oneiros-{family.replace('_', '-')}" for family in FAMILIES}
    assert needed - families <= {"numpy", "oneiros-kernel"}
