"""The checks of all kinds but layers and backends: each faulty component is found by
the check that is named for its fault, and by no other."""

import sys

import faulty_exports
import faulty_files
import faulty_functions
import faulty_objects
import pytest
from oneiros.testing import check_component

MODULES = (faulty_functions, faulty_files, faulty_objects, faulty_exports)
EVERY = 12
"""The test command checks each twelfth fault, the slow tests all."""
FAULTS = [
    pytest.param(
        *fault,
        marks=pytest.mark.slow if number % EVERY or module is faulty_exports else (),
        id=fault[1].__name__,
    )
    for module in MODULES
    for number, fault in enumerate(module.FAULTS)
]
FAULTLESS = [part for module in MODULES for part in module.FAULTLESS]


@pytest.mark.parametrize(("kind", "component", "check"), FAULTS)
def test_a_fault_is_found_by_its_check_alone(kind, component, check):
    report = check_component(kind, component, backends=["theano"])
    assert {fault.check for fault in report.faults} == {check}, report


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "component"), FAULTLESS)
def test_what_has_no_fault_passes(kind, component):
    report = check_component(kind, component, backends=["theano"])
    assert report.ok, str(report)


def test_a_format_is_checked_where_the_package_of_another_one_is_absent(monkeypatch):
    monkeypatch.setitem(sys.modules, "safetensors", None)
    monkeypatch.delitem(
        sys.modules, "oneiros_safe_files.safetensors_file", raising=False
    )
    component = next(each for kind, each in FAULTLESS if kind == "format")
    report = check_component("format", component, backends=["theano"])
    assert report.ok, str(report)
