"""The plugins of this repository pass their own kit.

The kernel's layers are the inputs of models, which have none themselves. Backends are
in test_backends.py. On the NumPy backend all components predict.
"""

import pytest
from backends import BACKENDS, PREDICTING
from oneiros.plugins import manager
from oneiros.testing import check_plugin
from oneiros_testing.report import PASSED
from oneiros_testing.runner import plan_of

FAST = ("oneiros-cli", "oneiros-initializations")
"""Those that the test command checks, on one backend."""
OF_LAMBDA = "a file holds a function's name, and whoever loads it passes the function"
OF_MERGE = "Merge of Keras 1 takes neither trainable nor input_shape"
OF_KEYS = "the bias of keys moves all scores of a query alike, which softmax ignores"
OF_LOOPS = "as in Keras 1, U_regularizer has an effect with consume_less='gpu' only"
EXPECTED = {
    "oneiros-keras2": {
        f"layer:{name}/{check}": OF_KEYS
        for name in ("GroupQueryAttention", "MultiHeadAttention")
        for check in ("check_every_weight_is_used", "check_training_changes_weights")
    },
    "oneiros-layers-core": {
        "layer:Lambda/check_configuration_is_json": OF_LAMBDA,
        "layer:Lambda/check_copy_computes_the_same": OF_LAMBDA,
        "layer:Merge/check_takes_what_every_layer_takes": OF_MERGE,
        "layer:Merge/check_arguments_are_kept": OF_MERGE,
    },
    "oneiros-layers-recurrent": {
        "layer:GRU/check_regularizers_take_effect": OF_LOOPS,
        "layer:LSTM/check_regularizers_take_effect": OF_LOOPS,
    },
}
"""What is expected to fail, by distribution."""
ALWAYS = (
    "check_configuration_is_whole",
    "check_imports_are_published",
    "check_imports_are_required",
    "check_optimizer_configuration",
)
"""Checks that the test command runs over all plugins."""
NAMES = [name for name in manager().records if name.startswith("oneiros-")]
ELSEWHERE = {"oneiros-kernel", *(f"oneiros-backend-{name}" for name in PREDICTING)}
CHECKED = [
    pytest.param(
        name,
        backend,
        marks=()
        if name in FAST and backend == BACKENDS[0]
        else pytest.mark.exhaustive(only=True),
        id=f"{name}-{backend}",
    )
    for name in NAMES
    if name not in ELSEWHERE
    for backend in (*BACKENDS, "numpy")
]


@pytest.mark.parametrize(("name", "backend"), CHECKED)
def test_a_plugin_of_this_repository_passes(name, backend):
    report = check_plugin(name, EXPECTED.get(name), [backend])
    assert report.ok, report


@pytest.mark.parametrize("name", NAMES)
def test_configurations_are_whole_and_imports_required(name):
    plan = plan_of(name, backends=[BACKENDS[0]])
    chosen = [each for each in plan.planned if each.check.name in ALWAYS]
    outcomes = [plan.run(each) for each in chosen]
    assert len(outcomes) >= 2
    assert [str(outcome) for outcome in outcomes if outcome.state != PASSED] == []
