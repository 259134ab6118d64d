"""The finder behind the name `keras`.

Cheap, silent, and without opinions on what it doesn't own.
"""

import json
from pathlib import Path

import pytest
from processes import run_python

PLUGIN = Path(__file__).resolve().parents[2] / "plugins" / "keras_namespace"

IMPORTED = """
import sys
sys.path.insert(0, sys.argv[1])
before = set(sys.modules)
import oneiros_keras_namespace.finder
new = sorted(set(sys.modules) - before)
import json
print(json.dumps(new))
"""

ANSWERS = """
import json, sys
sys.path.insert(0, sys.argv[1])
from oneiros_keras_namespace.finder import KerasFinder
origins = {}
for name in sys.argv[2:]:
    spec = KerasFinder.find_spec(name)
    origins[name] = spec and spec.name
print(json.dumps(origins))
"""


def run(code, *arguments, options=(), **variables):
    done = run_python(code, PLUGIN, *arguments, options=options, **variables)
    return json.loads(done.stdout)


def test_it_imports_nothing_when_python_starts():
    imported = run(IMPORTED, options=["-S"])
    assert imported == ["oneiros_keras_namespace", "oneiros_keras_namespace.finder"]


def test_it_owns_what_oneiros_has_and_answers_none_otherwise():
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
    answers = run(ANSWERS, *owned, *foreign, *absent)
    assert {name for name, spec in answers.items() if spec} == set(owned)


@pytest.mark.parametrize(("value", "on"), [("0", False), ("1", True), ("", True)])
def test_the_switch(value, on):
    answers = run(ANSWERS, "keras", ONEIROS_KERAS_NAMESPACE=value, HOME="/nonexistent")
    assert answers == {"keras": "keras" if on else None}
