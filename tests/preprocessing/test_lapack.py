"""What touches LAPACK, with kernels of OpenBLAS for two kinds of processors."""

from pathlib import Path

import pytest
from processes import run_python

TESTS = Path(__file__).parents[1]
CHOSEN = (
    "preprocessing/test_golden_preprocessing.py::test_batches",
    "preprocessing/test_generator.py::test_whitened_pixels_are_uncorrelated",
    "functions/test_initializations.py::test_golden_statistics",
)


@pytest.mark.parametrize("kind", ["Prescott", "Haswell"])
def test_results_are_those_of_every_processor(kind):
    program = (
        "import sys, pytest\n"
        "options = ['-q', '-p', 'no:cacheprovider', '-k', 'not (jax or tensorflow)']\n"
        "sys.exit(pytest.main([*options, *sys.argv[1:]]))"
    )
    run_python(program, *(TESTS / name for name in CHOSEN), OPENBLAS_CORETYPE=kind)
