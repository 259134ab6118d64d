"""Golden cases on Theano's numba linker: every convolution and pooling layer.

The test command runs one of these classes, the exhaustive run all of them: numba
compiles for minutes.
"""

import draws
import pytest
from golden_layers import CASES, Case, compiled, differences
from oneiros import backend as K

SMALL = ["MaxPooling1D"]
FAMILIES = ("Convolution", "Pooling", "Deconvolution", "ConvLSTM")
NAMES = sorted(
    {
        case["class_name"]
        for case in CASES
        if any(f in case["class_name"] for f in FAMILIES)
    }
)


@pytest.mark.exhaustive
@pytest.mark.parametrize("name", NAMES if draws.is_exhaustive() else SMALL)
def test_numbers(golden, name):
    with K.use("theano"):
        cases = [
            Case(case, golden[1]) for case in golden[0] if case["class_name"] == name
        ]
        results = {}
        for phase in sorted({case.case["phase"] for case in cases}):
            results |= compiled(
                [one for one in cases if one.case["phase"] == phase],
                phase,
                mode="NUMBA",
            )
    problems = [
        line for case, values in results.items() for line in differences(case, values)
    ]
    assert not problems, "\n".join(problems)


def test_the_cases_are_enough():
    assert sum(case["class_name"] in NAMES for case in CASES) >= 60
