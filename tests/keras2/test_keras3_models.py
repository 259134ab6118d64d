"""Models that Keras 3.15 saved predict here as there, and come back from a file of
ours."""

from pathlib import Path

import numpy as np
import pytest
from genuine_files import Expected, each
from oneiros.models import load_model

FOLDER = Path(__file__).parent / "keras3"
EXPECTED = Expected(FOLDER)


def test_there_are_models_of_every_kind():
    assert len(EXPECTED.names) == 105


@pytest.mark.parametrize("name", EXPECTED.names)
def test_predictions(name, tmp_path):
    model = load_model(FOLDER / f"{name}.keras")
    EXPECTED.check_predictions(model, name)
    model.save(tmp_path / "m.h5")
    inputs = EXPECTED.arrays(name, "x")
    again = each(load_model(tmp_path / "m.h5").predict(inputs))
    for one, other in zip(again, each(model.predict(inputs)), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)
