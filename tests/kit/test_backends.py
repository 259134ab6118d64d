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
EXHAUSTIVE = pytest.mark.slow


OF_TYPES = "check_types_of_"
"""The checks that take turns in the test command on the backends that train: they
compile the most."""


def distribution(backend):
    return "numpy-backend" if backend == "numpy" else f"oneiros-backend-{backend}"


@pytest.mark.parametrize("backend", CHECKED)
def test_a_backend_passes_the_checks_whose_turn_it_is(backend):
    plan = plan_of(distribution(backend), EXPECTED)
    if backend in BACKENDS:
        of_types = [each for each in plan.planned if OF_TYPES in each.name]
        turn = of_types[BACKENDS.index(backend) :: len(BACKENDS)]
        others = [each for each in plan.planned if each not in of_types]
        plan.planned = others + turn
    report = plan.report(list(map(plan.run, plan.planned)))
    assert report.ok and report.ran >= 50, report


@EXHAUSTIVE
@pytest.mark.parametrize("backend", BACKENDS)
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
