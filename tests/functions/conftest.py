"""What the tests of functions share.

The golden cases, and evaluation in one compiled function.
"""

import json

import numpy as np
import pytest


@pytest.fixture(scope="session")
def golden(golden_dir):
    """The cases of functions.json by section, and the arrays."""
    cases = json.loads((golden_dir / "functions.json").read_text())
    with np.load(golden_dir / "functions.npz") as archive:
        return cases, dict(archive)


@pytest.fixture
def evaluate():
    """Computes many tensors, named in a dict, in one compiled function."""
    from oneiros import backend as K

    def run(tensors, placeholders=(), feeds=()):
        values = K.function(list(placeholders), list(tensors.values()))(list(feeds))
        return dict(zip(tensors, values, strict=True))

    return run
