"""The plugins of this repository pass their own kit.

The kernel's layers are the inputs of models, which have none themselves. Backends are
in test_backends.py. On the NumPy backend all components predict; exports are checked
with models that train.
"""

from pathlib import Path

import pytest
from backends import BACKENDS, PREDICTING
from oneiros.plugins import manager
from oneiros.testing import check_plugin
from oneiros_testing.report import PASSED
from oneiros_testing.runner import plan_of

EXPECTED = Path(__file__).with_name("expected.toml")
FAST = ("oneiros-cli", "oneiros-initializations")
"""Those that the test command checks, on one backend."""
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
        marks=() if name in FAST and backend == BACKENDS[0] else pytest.mark.slow,
        id=f"{name}-{backend}",
    )
    for name in NAMES
    if name not in ELSEWHERE
    for backend in (*BACKENDS, "numpy")
    if (name, backend) != ("oneiros-exports", "numpy")
]


@pytest.mark.parametrize(("name", "backend"), CHECKED)
def test_a_plugin_of_this_repository_passes(name, backend):
    report = check_plugin(name, EXPECTED, [backend])
    assert report.ok, str(report)


@pytest.mark.parametrize("name", NAMES)
def test_configurations_are_whole_and_imports_required(name):
    plan = plan_of(name, backends=[BACKENDS[0]])
    chosen = [each for each in plan.planned if each.check.name in ALWAYS]
    outcomes = [plan.run(each) for each in chosen]
    assert len(outcomes) >= 2
    assert [str(outcome) for outcome in outcomes if outcome.state != PASSED] == []
