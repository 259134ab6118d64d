"""A third party's view.

20 lines of a package, installed with pip beside the built wheels, usable by name.
"""

import json
import re
import tarfile
import zipfile

import pytest
from fresh import MEMBERS, ROOT, project

pytestmark = pytest.mark.slow

NAMES = [project(folder)["name"] for folder in MEMBERS]
NB_WITHOUT_MANIFEST = 2
"""The distribution that requires all others, and `oneiros-keras3`."""
VERSION = project(ROOT)["version"]

PACKAGE = {
    "pyproject.toml": """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "my-lab"
version = "1.0"
dependencies = ["oneiros-kernel>=0.1,<1"]
entry-points."oneiros.v1".my-lab = "my_lab.manifest"
""",
    "my_lab/__init__.py": "",
    "my_lab/manifest.py": """\
from oneiros import hookimpl
@hookimpl
def oneiros_layers():
    return {"Shout": "my_lab.shout:Shout"}
@hookimpl
def oneiros_migrations():
    return {"Megaphone": {"name": "Shout", "renamed": {"gain": "volume"}}}
""",
    "my_lab/shout.py": """\
from oneiros.engine.layer import Layer
class Shout(Layer):
    loadable = True
    def __init__(self, volume=2.0, **kwargs):
        self.volume = volume
        super().__init__(**kwargs)
    def call(self, x, mask=None):
        return x * self.volume
    def get_config(self):
        return {**super().get_config(), "volume": self.volume}
""",
}

SAVE = """
import json, sys
import numpy as np
from oneiros.layers import Dense, Shout
from oneiros.models import Sequential
from oneiros.utils.layer_utils import layer_from_config
model = Sequential([Dense(3, input_dim=4), Shout(5.0, name="loud")])
model.compile("sgd", "mse")
model.save("model.h5")
again = layer_from_config({"class_name": "Shout", "config": {"volume": 7.0}})
canonical = layer_from_config({"class_name": "my-lab:Shout", "config": {}})
from oneiros.migrations import Origin, migrated
there = {"class_name": "Megaphone", "config": {"gain": 3.0, "name": "m"}}
print(json.dumps({
    "migrated": migrated(there, Origin(keras=2)),
    "prediction": model.predict(np.ones((1, 4))).tolist(),
    "volume": again.volume,
    "default": canonical.volume,
    "name": again.name,
    "module": type(again).__module__,
}))
"""

LOAD = """
import json, sys
import numpy as np
from oneiros.models import load_model
early = "my_lab.shout" in sys.modules
model = load_model("model.h5")
prediction = model.predict(np.ones((1, 4))).tolist()
print(json.dumps({"early": early, "prediction": prediction, "loss": model.loss}))
"""

MISSING = """
from oneiros.errors import UnknownNameError
from oneiros.models import load_model
try:
    load_model("model.h5")
except UnknownNameError as error:
    print(error, *error.__notes__)
import sys
heavy = ("pytensor", "oneiros_layers")
print("imported:", sorted({name for name in sys.modules if name.startswith(heavy)}))
"""

LISTING = """
import json
from oneiros import plugins
records = plugins.manager().records.values()
print(json.dumps({p.distribution: [p.version, p.state, p.kinds] for p in records}))
"""

NEEDED = (
    "layers-core",
    "backend-theano",
    "training",
    "saving",
    "objectives",
    "optimizers",
    "activations",
    "initializations",
)


@pytest.fixture(scope="module")
def environment(new_environment):
    made = new_environment("lab")
    made.install(
        *(f"oneiros-{name}" for name in NEEDED), "oneiros-utils", "oneiros-metrics"
    )
    return made


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    folder = tmp_path_factory.mktemp("my-lab")
    for name, content in PACKAGE.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(content)
    return folder


def test_the_package_is_small_and_outside_the_repository(package):
    assert not package.is_relative_to(ROOT)
    code = [
        line
        for name, text in PACKAGE.items()
        if name.endswith(".py")
        for line in text.splitlines()
    ]
    assert len(code) <= 20


def test_installed_it_is_usable_by_name_and_uninstalled_it_is_named(
    environment, package
):
    environment.install(package)
    saved = json.loads(environment.run(SAVE).stdout.splitlines()[-1])
    assert (saved["volume"], saved["default"]) == (7.0, 2.0)
    assert saved["module"] == "my_lab.shout"
    assert saved["name"].startswith("shout_")
    here = {"class_name": "Shout", "config": {"volume": 3.0, "name": "m"}}
    assert saved["migrated"] == here
    loaded = json.loads(environment.run(LOAD).stdout.splitlines()[-1])
    assert loaded == {"early": False, "prediction": saved["prediction"], "loss": "mse"}
    listed = json.loads(environment.run(LISTING).stdout)
    assert listed["my-lab"] == [
        "1.0",
        "ok",
        {"layer": ["Shout"], "migration": ["Megaphone"]},
    ]
    assert {state for _, state, _ in listed.values()} == {"ok"}
    environment.pip("uninstall", "--yes", "my-lab")
    said = environment.run(MISSING).stdout
    assert "Unknown layer 'Shout'" in said
    origin = "The file claims that it came from 'my-lab 1.0'"
    assert f"{origin}. Anyone can write that" in said
    manifests = [f"oneiros_{name}" for name in ("layers_core", "layers_core.manifest")]
    assert said.splitlines()[-1] == f"imported: {manifests}", (
        "neither the engine nor a layer's module"
    )


@pytest.mark.parametrize("name", NAMES)
def test_every_distribution_builds_and_carries_its_licence(wheelhouse, name):
    licence = (ROOT / "LICENSE").read_bytes()
    stem = f"{name.replace('-', '_')}-{VERSION}"
    with zipfile.ZipFile(wheelhouse / f"{stem}-py3-none-any.whl") as wheel:
        assert wheel.read(f"{stem}.dist-info/licenses/LICENSE") == licence
        metadata = wheel.read(f"{stem}.dist-info/METADATA").decode()
        files = wheel.namelist()
    assert "License-Expression: MIT" in metadata
    assert f"\nName: {name}\n" in metadata
    unwanted = re.compile(r"(^|/)tests?[/_]|\.pyc$")
    for_others = re.compile(r"oneiros-stubs/|/templates/")
    assert not [
        file for file in files if unwanted.search(file) and not for_others.search(file)
    ]
    if name != "oneiros":
        package = "oneiros" if name == "oneiros-kernel" else name.replace("-", "_")
        assert {f"{package}/__init__.py", f"{package}/py.typed"} <= set(files)
    with tarfile.open(wheelhouse / f"{stem}.tar.gz") as sdist:
        assert sdist.extractfile(f"{stem}/LICENSE").read() == licence
        assert f"{stem}/README.md" in sdist.getnames()
        if name == "oneiros":  # what the tests of the whole are for, and nothing else
            tops = {path.split("/")[1] for path in sdist.getnames()}
            assert {"docs", "examples", "tests"} <= tops
            assert not {"kernel", "plugins"} & tops


def test_the_kit_carries_the_tutorial_as_the_template_of_a_backend(wheelhouse):
    tutorial = ROOT / "examples/plugins/numpy_backend/src/numpy_backend"
    packed = "oneiros_testing/templates/kinds/backend/tutorial"
    wheel = wheelhouse / f"oneiros_testing-{VERSION}-py3-none-any.whl"
    with zipfile.ZipFile(wheel) as archive:
        for path in tutorial.glob("*.py"):
            assert archive.read(f"{packed}/{path.name}") == path.read_bytes()


def test_nothing_else_is_built(wheelhouse):
    assert len(list(wheelhouse.iterdir())) == 2 * len(MEMBERS)


def test_wheels_hold_every_file_that_the_package_needs(wheelhouse):
    with zipfile.ZipFile(
        wheelhouse / f"oneiros_kernel-{VERSION}-py3-none-any.whl"
    ) as wheel:
        packed = {name for name in wheel.namelist() if name.startswith("oneiros/")}
    kernel = ROOT / "kernel"
    present = {
        str(path.relative_to(kernel))
        for path in (kernel / "oneiros").rglob("*")
        if path.is_file()
    }
    assert packed == {name for name in present if "__pycache__" not in name}


def test_all_of_it_installs_with_pip_alone_and_tensorflow_only_on_request(
    new_environment,
):
    made = new_environment("everything")
    planned = made.install("--dry-run", "oneiros")
    distributions = planned.rpartition("Would install")[2].split()
    assert any(name.startswith("oneiros-backend-theano") for name in distributions)
    assert not [
        name for name in distributions if name.startswith(("keras-", "tensorflow"))
    ]
    said = made.install("oneiros[all,keras,keras3,theano]")
    installed = re.search(r"Successfully installed (.*)", said)[1].split()
    assert sorted(item.rpartition("-")[0] for item in installed) == sorted(NAMES)
    assert made.pip("check").strip() == "No broken requirements found."
    listed = json.loads(made.run(LISTING).stdout)
    assert {state for _, state, _ in listed.values()} == {"ok"} and len(listed) == len(
        MEMBERS
    ) - NB_WITHOUT_MANIFEST
