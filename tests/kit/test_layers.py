"""The checks of layers: each faulty layer is found by the check that is named for its
fault; layers without a fault pass."""

import pytest
from faulty_layers import FAULTLESS, FAULTS
from oneiros.testing import check_component

FAST = (
    "AttendsToMaskedStepsOfSix",
    "DrawsWeightsOfItsOwn",
    "HoldsALayer",
    "InvertsTheMask",
    "KeepsWeightsInTheClass",
    "MakesWeightsInCall",
    "Mean",
)
"""What the test command checks."""


def cases(layers):
    """Returns the parameters for these layers, most of them for the exhaustive run."""
    return [
        pytest.param(
            *each,
            marks=() if each[0].__name__ in FAST else pytest.mark.slow,
            id=each[0].__name__,
        )
        for each in layers
    ]


@pytest.mark.parametrize(("layer", "check"), cases(FAULTS))
def test_a_fault_is_found_by_its_check_alone(layer, check):
    report = check_component("layer", layer, backends=["theano"])
    assert {fault.check for fault in report.faults} == {check}, report


@pytest.mark.parametrize("layer", cases([(layer,) for layer in FAULTLESS]))
def test_what_has_no_fault_passes(layer):
    report = check_component("layer", layer, backends=["theano"])
    assert report.ok and report.planned > 30, report
