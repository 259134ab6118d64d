"""The finder behind the name `theano`."""

import importlib
import json
from pathlib import Path

import pytest
from processes import run_python

PLUGIN = Path(__file__).resolve().parents[2] / "plugins" / "theano_namespace"

IMPORTED = """
import sys
sys.path.insert(0, sys.argv[1])
before = set(sys.modules)
import oneiros_theano_namespace.finder
new = sorted(set(sys.modules) - before)
import json
print(json.dumps(new))
"""

ANSWERS = """
import json, sys
sys.path.insert(0, sys.argv[1])
from oneiros_theano_namespace.finder import TheanoFinder
names = sys.argv[2:]
print(json.dumps([name for name in names if TheanoFinder.find_spec(name)]))
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


def run(code, *arguments, **variables):
    done = run_python(code, PLUGIN, *arguments, options=["-S"], **variables)
    return json.loads(done.stdout)


def test_it_imports_nothing_when_python_starts():
    expected = ["oneiros_theano_namespace", "oneiros_theano_namespace.finder"]
    assert run(IMPORTED) == expected


def test_it_answers_for_nothing_else():
    foreign = ["theanox", "pytensor", "my.theano", "lasagne.theano", "sys"]
    assert run(ANSWERS, "theano", *foreign) == ["theano"]


@pytest.mark.parametrize(("value", "names"), [("0", []), ("1", ["theano"])])
def test_the_switch(value, names):
    assert run(ANSWERS, "theano", ONEIROS_THEANO_NAMESPACE=value) == names


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
