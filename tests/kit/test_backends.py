"""Backends and the kit: ours pass, and each planted fault is found by its check."""

import subprocess
import sys
from pathlib import Path

import pytest
from backends import BACKENDS
from faulty_backends import FAULTS
from fresh import ROOT
from oneiros.testing import check_component, check_plugin
from oneiros_testing.report import FAILED
from oneiros_testing.runner import plan_of

EXPECTED = Path(__file__).with_name("expected.toml")
CHECKED = ["numpy", "onnx", *BACKENDS]
EXHAUSTIVE = pytest.mark.exhaustive(only=True)
ON_ALL = (
    "check_any_batch_size",
    "check_double_precision",
    "check_draws_differ",
    "check_random_numbers",
    "check_seeds",
    "check_signatures",
    "check_updates_are_simultaneous",
    "check_values_do_not_alias",
    "check_variable_makers",
    "check_variables_copy",
)
"""Checks that the test command runs on all backends."""
IN_TURN = (
    "check_agrees_with_keras_1",
    "check_bits",
    "check_gradients_of_keras_1",
    "check_types_of_arithmetic",
    "check_types_of_choices",
    "check_types_of_comparisons",
)
"""Those that take turns on backends that train, and run on those that predict."""


def distribution(backend):
    return "numpy-backend" if backend == "numpy" else f"oneiros-backend-{backend}"


@pytest.mark.parametrize("backend", CHECKED[1:])
def test_a_backend_passes_the_checks_whose_turn_it_is(backend):
    plan = plan_of(distribution(backend), EXPECTED)
    names = {*ON_ALL, *IN_TURN}
    if backend in BACKENDS:
        place = BACKENDS.index(backend)
        names = {*ON_ALL, *IN_TURN[place :: len(BACKENDS)]}
    chosen = [planned for planned in plan.planned if planned.check.name in names]
    outcomes = [plan.run(planned) for planned in chosen]
    assert len(outcomes) >= len(ON_ALL)
    assert [str(outcome) for outcome in outcomes if outcome.state == FAILED] == []


@pytest.mark.parametrize(
    "backend",
    [pytest.param(x, marks=() if x == "numpy" else EXHAUSTIVE) for x in CHECKED],
)
def test_a_backend_passes(backend):
    report = check_plugin(distribution(backend), EXPECTED)
    assert report.ok and report.ran >= 50, report


@EXHAUSTIVE
@pytest.mark.parametrize("check", sorted(FAULTS))
def test_a_planted_fault_is_found_by_its_check_alone(check):
    report = check_component("backend", FAULTS[check])
    found = [outcome.check for outcome in report.outcomes if outcome.state == FAILED]
    assert found == [check], report


def test_the_capabilities_choose_the_checks():
    report = plan_of("numpy-backend")
    names = {planned.check.name for planned in report.planned}
    assert "check_convolutions" in names
    assert names.isdisjoint({"check_gradients", "check_recurrent_layers"})


@EXHAUSTIVE
def test_the_cases_of_the_kit_are_current():
    command = [sys.executable, ROOT / "tools" / "write_kit_cases.py", "--check"]
    subprocess.run(command, check=True)
