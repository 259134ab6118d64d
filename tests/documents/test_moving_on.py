"""The page about moving on: what it exports to Keras 3 trains there, and comes back."""

import documents
import oneiros
import pytest
from fresh import ROOT
from oneiros.models import load_model
from processes import run_python

PAGE = ROOT / "docs" / "guides" / "exports.md"


@pytest.mark.slow
def test_keras_3_goes_on_training(tmp_path, golden_dir):
    """It starts Keras twice, which takes 15 s."""
    model = load_model(golden_dir / "models" / "seq_conv2d_th.h5")
    oneiros.export(model, tmp_path / "new.keras")
    run_python(documents.files(PAGE)["train.py"], cwd=tmp_path)
    trained = load_model(tmp_path / "trained.keras")
    assert trained.count_params() == model.count_params()
    before, after = model.get_weights()[0], trained.get_weights()[0]
    assert before.shape == after.shape and not (before == after).all()
