"""The programs of docs/guides/scale.md that split exported models run."""

import documents
import pytest
from fresh import ROOT
from processes import run_python

FILES = documents.files(ROOT / "docs" / "guides" / "scale.md")
SPLIT = ["train_in_keras.py", "predict_in_jax.py"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("exported")
    run_python(FILES["export.py"], cwd=folder)
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("program", SPLIT)
def test_an_exported_model_on_four_devices(folder, program):
    run_python(FILES[program], cwd=folder)
