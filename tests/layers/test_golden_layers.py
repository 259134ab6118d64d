"""Every layer of these plugins against what Keras 1.2.2 computed, on each backend.

One test per class builds all its cases and runs those of one phase in one compiled
function: outputs, masks, gradients, regularization losses and updated weights. It lists
every difference, and counts the cases.
"""

import json

import pytest
from golden_layers import CASES, Case, problems_of_class, same
from oneiros import layers
from oneiros.errors import UnsafeFileError
from oneiros_safe_files import json_text

CLASSES = sorted({case["class_name"] for case in CASES})
NO_CONFIGURATION = {"weights", "layers", "node_indices", "tensor_indices", "name"}
"""Arguments of constructors that aren't part of a configuration."""


@pytest.mark.parametrize("name", CLASSES)
def test_numbers(golden, predicting_backend, name):
    count, problems = problems_of_class(name, golden[1])
    assert not problems, "\n".join(problems)
    assert count == sum(case["class_name"] == name for case in golden[0])


def test_shapes_names_and_configurations(golden, backend):
    """They are those of Keras, and each argument of a constructor is in the
    configuration, apart from those that are no part of it."""
    problems = []
    for case in golden[0]:
        this = Case(case, golden[1])
        mine, expected = this.described()
        if mine != expected:
            problems.append(f"{case['id']}: {mine} expected {expected}")
        config = json.loads(json_text.dumps(this.layer.get_config()))
        golden_config = {k: v for k, v in case["config"].items() if not is_bytecode(v)}
        if not same(config, golden_config):
            problems.append(f"{case['id']}: {config} expected {case['config']}")
        lost = case["kwargs"].keys() - config.keys() - NO_CONFIGURATION
        if lost:
            problems.append(f"{case['id']} loses {lost}")
    assert not problems, "\n".join(problems)


def is_bytecode(value):
    return isinstance(value, list) and len(value) == 3 and isinstance(value[0], str)


def test_the_configurations_of_keras_are_accepted(golden, backend):
    problems = []
    for case in golden[0]:
        cls = getattr(layers, case["class_name"])
        config = case["config"]
        if any(is_bytecode(value) for value in config.values()):
            with pytest.raises(
                UnsafeFileError, match=rf"{config['name']}.*bytecode.*functions="
            ):
                cls.from_config(config)
        elif not same(
            json.loads(json_text.dumps(cls.from_config(config).get_config())), config
        ):
            problems.append(case["id"])
    assert not problems
