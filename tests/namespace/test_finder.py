"""The finders behind the names `keras` and `theano`.

Cheap, silent, and without opinions on what they don't own.
"""

import importlib
import json
from pathlib import Path

import pytest
from processes import run_python

PLUGINS = Path(__file__).resolve().parents[2] / "plugins"

IMPORTED = """
import sys
sys.path.insert(0, sys.argv[1])
before = set(sys.modules)
__import__(sys.argv[2])
new = sorted(set(sys.modules) - before)
import json
print(json.dumps(new))
"""

ANSWERS = """
import json, sys
from importlib import import_module
sys.path.insert(0, sys.argv[1])
finder = vars(import_module(sys.argv[2]))[sys.argv[3]]
specs = {name: finder.find_spec(name) for name in sys.argv[4:]}
print(json.dumps([name for name, spec in specs.items() if spec and spec.name == name]))
"""

SUCCESSORS = {
    "theano.tensor.basic": "oneiros_theano_namespace.theano.tensor",
    "theano.tensor.nnet.nnet": "oneiros_theano_namespace.theano.tensor.nnet",
    "theano.tensor.elemwise": "pytensor.tensor.elemwise",
    "theano.tensor.var": "pytensor.tensor.variable",
    "theano.printing": "pytensor.printing",
    "theano.sparse.basic": "oneiros_theano_namespace.theano.sparse",
    "theano.sparse.type": "pytensor.sparse.type",
}


def run(code, namespace, *arguments, options=(), **variables):
    package = f"oneiros_{namespace}_namespace"
    folder = PLUGINS / f"{namespace}_namespace"
    given = (folder, f"{package}.finder", *arguments)
    done = run_python(code, *given, options=options, **variables)
    return json.loads(done.stdout)


def answered(namespace, *names, **variables):
    """Returns those of some names that a finder has a module for."""
    return run(ANSWERS, namespace, f"{namespace.title()}Finder", *names, **variables)


@pytest.mark.parametrize("namespace", ["keras", "theano"])
def test_it_imports_nothing_when_python_starts(namespace):
    package = f"oneiros_{namespace}_namespace"
    imported = run(IMPORTED, namespace, options=["-S"])
    assert imported == [package, f"{package}.finder"]


def test_that_of_keras_owns_what_oneiros_has_and_answers_none_otherwise():
    owned = [
        "keras",
        "keras.backend",
        "keras.layers",
        "keras.layers.core",
        "keras.models",
        "keras.engine.topology",
    ]
    foreign = [
        "kerasx",
        "tensorflow.keras",
        "tf_keras",
        "mykeras.layers",
        "keras_tuner",
        "oneiros",
        "sys",
    ]
    absent = [
        "keras.api",
        "keras.src",
        "keras.src.saving",
        "keras._tf_keras",
        "keras.ops",
        "keras.backend.config",
    ]
    assert answered("keras", *owned, *foreign, *absent) == owned


def test_that_of_theano_answers_for_nothing_else():
    foreign = ["theanox", "pytensor", "my.theano", "lasagne.theano", "sys"]
    names = answered("theano", "theano", *foreign, options=["-S"])
    assert names == ["theano"]


@pytest.mark.parametrize("namespace", ["keras", "theano"])
@pytest.mark.parametrize(("value", "on"), [("0", False), ("1", True), ("", True)])
def test_the_switch(namespace, value, on):
    variable = {f"ONEIROS_{namespace.upper()}_NAMESPACE": value}
    names = answered(namespace, namespace, HOME="/nonexistent", **variable)
    assert names == [namespace] * on


@pytest.mark.parametrize(("name", "successor"), SUCCESSORS.items())
def test_modules_are_those_of_their_successors(name, successor):
    assert importlib.import_module(name) is importlib.import_module(successor)


@pytest.mark.parametrize("name", ["sort", "var"])
def test_a_function_stays_one_beside_a_module_of_its_name(name):
    module = importlib.import_module(f"theano.tensor.{name}")
    tensor = importlib.import_module("theano.tensor")
    assert callable(getattr(tensor, name)) and not callable(module)


def test_a_module_without_a_successor_is_not_found():
    with pytest.raises(ModuleNotFoundError, match=r"theano\.gpuarray"):
        importlib.import_module("theano.gpuarray")
