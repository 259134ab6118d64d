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
BUILT = {}
"""The cases by backend."""


@pytest.mark.parametrize("name", CLASSES)
def test_numbers(golden, backend, name):
    count, problems = problems_of_class(name, golden[1])
    assert not problems, "\n".join(problems)
    assert count == sum(case["class_name"] == name for case in golden[0])


@pytest.fixture
def every_case(golden, backend):
    """Returns all cases; what a test asks of them needs no new ones."""
    if backend not in BUILT:
        BUILT[backend] = [Case(case, golden[1]) for case in golden[0]]
    return BUILT[backend]


def test_shapes_names_and_configurations(every_case):
    problems = []
    for this in every_case:
        case = this.case
        mine, expected = this.described()
        problems += (
            [f"{case['id']}: {mine} expected {expected}"] if mine != expected else []
        )
        config = json.loads(json_text.dumps(this.layer.get_config()))
        golden_config = {k: v for k, v in case["config"].items() if not is_bytecode(v)}
        if not same(config, golden_config):
            problems.append(f"{case['id']}: {config} expected {case['config']}")
    assert not problems, "\n".join(problems)
    assert len(every_case) == len(CASES)


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


def test_every_forgotten_argument_is_kept(every_case):
    """Each argument of a constructor is in the configuration, apart from those that are
    no part of it."""
    left_out = {"weights", "layers", "node_indices", "tensor_indices", "name"}
    for this in every_case:
        arguments = this.case["kwargs"].keys()
        lost = arguments - this.layer.get_config().keys() - left_out
        assert not lost, f"{this.case['id']} loses {lost}"
