"""Models that Keras 3.15 saved predict here as there, and come back from a file of
ours."""

from pathlib import Path

import numpy as np
import pytest
from genuine_files import Expected, each
from oneiros.errors import OneirosError
from oneiros.models import load_model

FOLDER = Path(__file__).parent / "keras3"
EXPECTED = Expected(FOLDER)
MISSING = {
    *("nested", "ops_arith", "ops_matmul", "ops_misc", "ops_relu", "ops_shape"),
    "ops_slice",
}
"""The models that need what isn't there yet."""


def test_there_are_models_of_every_kind():
    assert len(EXPECTED.names) == 103


@pytest.mark.spread
@pytest.mark.parametrize("name", EXPECTED.names)
def test_predictions(name, backend, tmp_path):
    path = FOLDER / f"{name}.keras"
    if name in MISSING:
        with pytest.raises(OneirosError):
            load_model(path)
        return
    model = load_model(path)
    EXPECTED.check_predictions(model, name)
    model.save(tmp_path / "m.h5")
    inputs = EXPECTED.arrays(name, "x")
    again = each(load_model(tmp_path / "m.h5").predict(inputs))
    for one, other in zip(again, each(model.predict(inputs)), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)
