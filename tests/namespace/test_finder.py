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

ADVICE = """
import json, sys
sys.path.insert(0, sys.argv[1])
import oneiros_keras_namespace.finder
messages = []
for line in sys.argv[2:]:
    try:
        exec(line)
    except ImportError as error:
        messages.append(str(error))
print(json.dumps(messages))
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


def test_names_of_later_versions_get_advice_in_the_names_of_keras():
    messages = run(
        ADVICE,
        "from keras.losses import mse",
        "from keras.layers.merge import add",
        "from keras import losses",
    )
    assert "Type: from keras.objectives import mse" in messages[0]
    assert "write merge([a, b], mode='sum')" in messages[1]
    assert "write from oneiros import objectives" in messages[2]
