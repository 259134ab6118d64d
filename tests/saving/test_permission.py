"""Which plugins a file may have imported is the caller's choice."""

import json
import shutil

import pytest
from oneiros import backend as K
from oneiros import registry
from oneiros.errors import ArgumentError
from oneiros.layers import Dense
from oneiros.models import Sequential, load_model, model_from_json, model_from_yaml
from processes import run_python

LAYER = """
from oneiros.layers import Dense

class Loud(Dense):
    loadable = True
"""
MANIFEST = """
from oneiros import hookimpl

@hookimpl
def oneiros_layers():
    return {"Loud": "my_lab.layers:Loud"}
"""
MIGRATION = """
from oneiros.migrations import Migration

class Loud(Migration):
    pass
"""
WITH_MIGRATIONS = """
@hookimpl
def oneiros_migrations():
    return {"Loud": "my_lab.older:Loud"}
"""
WATCHED = """
import sys
import my_lab.layers
from oneiros.errors import UnsafeFileError
from oneiros.models import load_model
from oneiros_cli.file_tools.inspection import inspect_file

inspection = inspect_file(sys.argv[1])
assert inspection.loads, inspection
names = [layer.class_name for layer in inspection.layers]
assert names == ["Dense", "Loud"], inspection
assert "my_lab.older" not in sys.modules
try:
    load_model(sys.argv[1], plugins="loaded")
except UnsafeFileError as error:
    print(error)
assert "my_lab.older" not in sys.modules
load_model(sys.argv[1], plugins=["my-lab"])
assert "my_lab.older" in sys.modules
"""
UNDECLARED = """
import sys
from pathlib import Path
from oneiros.errors import UnsafeFileError
from oneiros.models import load_model
from oneiros_cli.file_tools.inspection import inspect_file

file, source = map(Path, sys.argv[1:])
declared = source.read_text()
assert inspect_file(file).loads
source.write_text(declared.replace("loadable =", "loadable: bool ="))
assert inspect_file(file).loads
source.write_text(declared.replace("loadable =", "other ="))
(refusal,) = inspect_file(file).refused
assert "Loud of my-lab doesn't declare" in refusal.reason, refusal
assert "my_lab.layers" not in sys.modules
try:
    load_model(file)
except UnsafeFileError as error:
    print(error)
"""
CHILD = """
import json, logging, multiprocessing, sys
from oneiros import backend as K
from oneiros.models import load_model, model_from_json, model_from_yaml

class Kept(logging.Handler):
    def emit(self, record):
        lines.append(record.getMessage())

lines = []
logging.getLogger("oneiros").addHandler(Kept())
logging.getLogger("oneiros").setLevel(logging.INFO)
loads = {"h5": load_model, "json": model_from_json, "yaml": model_from_yaml}
K.load("theano")

def attempt(form, choices, sender):
    outcomes = []
    for choice in choices:
        try:
            layers = loads[form](sources[form], plugins=choice).layers
            outcomes.append([type(layer).__name__ for layer in layers])
        except Exception as error:
            outcomes.append(f"{type(error).__name__}: {error}")
        outcomes.append("my_lab.layers" in sys.modules)
    sender.send([outcomes, lines])

def attempted(form, choices):
    receiver, sender = fork.Pipe(duplex=False)
    process = fork.Process(target=attempt, args=(form, choices, sender))
    process.start()
    result = receiver.recv()
    process.join()
    return result

fork = multiprocessing.get_context("fork")
sources, runs = map(json.loads, sys.argv[1:])
print(json.dumps({form: [attempted(form, run) for run in runs] for form in sources}))
"""
"""Loads sources of three forms under one choice of plugins after the other, for each
list of choices in a fork of a process that imported no plugin but the first-party
ones."""
PERMITTED = ["installed", ["my-lab"], ["My_Lab"]]
REFUSED = ["loaded", ["another-lab"]]
LOADED = ["installed", "loaded"]


class Loud(Dense):
    """The same as the laboratory's, in this process."""

    loadable = True


@pytest.fixture(scope="module")
def model():
    with registry.register("layer", "Loud", Loud, "my-lab"), K.use("theano"):
        yield Sequential([Dense(3, input_dim=2), Loud(2)])


@pytest.fixture(scope="module")
def laboratory(tmp_path_factory):
    """A folder with an installed plugin."""
    site = tmp_path_factory.mktemp("site")
    package = site / "my_lab"
    metadata = site / "my_lab-1.5.dist-info"
    package.mkdir()
    metadata.mkdir()
    for name, text in {"__init__": "", "layers": LAYER, "manifest": MANIFEST}.items():
        (package / f"{name}.py").write_text(text)
    (metadata / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: my-lab\nVersion: 1.5\n"
    )
    (metadata / "entry_points.txt").write_text("[oneiros.v1]\nlab = my_lab.manifest\n")
    return site


RUNS = [REFUSED, LOADED, *([choice] for choice in PERMITTED)]


@pytest.fixture(scope="module")
def results(model, laboratory, tmp_path_factory):
    path = tmp_path_factory.mktemp("saved") / "m.h5"
    model.save(path)
    sources = {"h5": str(path), "json": model.to_json(), "yaml": model.to_yaml()}
    arguments = map(json.dumps, (sources, RUNS))
    paths = {"PYTHONPATH": str(laboratory)}
    done = run_python(CHILD, *arguments, ONEIROS_BACKEND="theano", **paths)
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(params=["h5", "json", "yaml"])
def load(request, results):
    """A function that tells what became of loading a source under one choice of plugins
    after the other."""
    return lambda *choices: results[request.param][RUNS.index(list(choices))]


def test_a_plugin_that_is_not_permitted_is_not_imported(load):
    (refusal, imported, other, still), lines = load(*REFUSED)
    assert refusal.startswith(
        "UnsafeFileError: The file needs the layer 'Loud', which is in my_lab.layers "
        "of my-lab 1.5"
    )
    assert "plugins='loaded'" in refusal and "plugins=['my-lab']" in refusal
    assert other.startswith("UnsafeFileError: The file needs the layer 'Loud'")
    assert not imported and not still and not any("my-lab" in line for line in lines)


@pytest.mark.parametrize("choice", PERMITTED)
def test_one_that_is_permitted_is_imported_and_logged(load, choice):
    (layers, imported), lines = load(choice)
    assert layers == ["Dense", "Loud"] and imported
    assert any("imported these plugins: my-lab 1.5" in line for line in lines)


def test_what_is_imported_already_may_be_used(load):
    (_, _, layers, _), _ = load(*LOADED)
    assert layers == ["Dense", "Loud"]


def test_what_reads_older_arguments_is_imported_like_the_layers(
    model, laboratory, tmp_path
):
    site = shutil.copytree(laboratory, tmp_path / "site")
    (site / "my_lab" / "older.py").write_text(MIGRATION)
    with (site / "my_lab" / "manifest.py").open("a") as manifest:
        manifest.write(WITH_MIGRATIONS)
    model.save(tmp_path / "m.h5")
    done = run_python(
        WATCHED, tmp_path / "m.h5", ONEIROS_BACKEND="theano", PYTHONPATH=str(site)
    )
    assert (
        "The file needs the migration 'Loud', which is in my_lab.older of my-lab 1.5"
        in done.stdout
    )


def test_inspection_reads_what_a_class_declares_and_imports_nothing(
    model, laboratory, tmp_path
):
    site = shutil.copytree(laboratory, tmp_path / "site")
    source = site / "my_lab" / "layers.py"
    model.save(tmp_path / "m.h5")
    done = run_python(
        UNDECLARED,
        tmp_path / "m.h5",
        source,
        ONEIROS_BACKEND="theano",
        PYTHONPATH=str(site),
    )
    assert "my_lab.layers.Loud, which doesn't declare" in done.stdout


@pytest.mark.parametrize("choice", [None, 5, [5]])
def test_what_is_no_choice_of_plugins_is_an_error(model, choice):
    with pytest.raises(
        ArgumentError, match=r"is neither one of .* nor a list of distributions' names"
    ):
        model_from_json(model.to_json(), plugins=choice)


def test_ones_own_class_needs_no_permission(model, tmp_path):
    model.save(tmp_path / "m.h5")
    loaded = load_model(
        tmp_path / "m.h5", custom_objects={"Loud": Loud}, plugins="loaded"
    )
    assert type(loaded.layers[1]) is Loud


@pytest.mark.parametrize("loader", [load_model, model_from_json, model_from_yaml])
def test_a_name_alone_is_an_error_that_tells_the_list(loader, model, tmp_path):
    model.save(tmp_path / "m.h5")
    arguments = {
        load_model: tmp_path / "m.h5",
        model_from_json: model.to_json(),
        model_from_yaml: model.to_yaml(),
    }
    with pytest.raises(ArgumentError, match=r"plugins=\['my-lab'\]"):
        loader(arguments[loader], plugins="my-lab")
