"""What the tests of layers share.

Golden cases, layers fed and differentiated in few compiled functions.
"""

import json

import numpy as np
import pytest


@pytest.fixture(scope="session")
def golden(golden_dir):
    """The cases of layers.json, and the arrays."""
    cases = json.loads((golden_dir / "layers.json").read_text())["cases"]
    with np.load(golden_dir / "layers.npz") as archive:
        return cases, dict(archive)


@pytest.fixture
def run():
    """Computes a layer's output (or outputs) for arrays, in a phase."""
    from oneiros import backend as K
    from oneiros.layers import Input

    def compute(layer, *arrays, phase=0, outputs=None):
        inputs = [
            Input(batch_shape=(None, *array.shape[1:]), dtype=str(array.dtype))
            for array in arrays
        ]
        y = layer(inputs if len(inputs) > 1 else inputs[0])
        tensors = [y] if outputs is None else outputs(layer, y)
        function = K.function([*inputs, K.learning_phase()], tensors)
        values = function([*arrays, phase])
        return values[0] if outputs is None else values

    return compute
