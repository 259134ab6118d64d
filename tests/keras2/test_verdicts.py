"""What inspecting says of files of Keras 2 and 3 is what loading does, with the plugin
that has their layers and without it."""

from pathlib import Path

import pytest
from processes import run_python

TESTS = Path(__file__).parents[1]
FOLDERS = ("keras2/data", "keras2/keras3", "saving/keras3")
CODE = """
import sys, warnings
from pathlib import Path
from oneiros import backend as K
from oneiros.errors import OneirosError
from oneiros.file_tools import inspect_file
from oneiros.models import load_model, model_from_json

warnings.simplefilter("ignore")
K.set_backend("onnx")
verdicts = []
for folder in sys.argv[1:]:
    for path in sorted(Path(folder).iterdir()):
        is_text = path.suffix == ".json" and path.with_suffix(".h5").exists()
        if path.suffix not in (".h5", ".keras") and not is_text:
            continue
        inspection = inspect_file(path)
        if inspection.holds == "weights":
            continue
        try:
            if is_text:
                model_from_json(path.read_text())
            else:
                model = load_model(path)
                is_compiled = getattr(model, "optimizer", None) is not None
                says_so = bool(inspection.training and not inspection.uncompiled)
                assert is_compiled == says_so, (path, inspection.uncompiled)
            loads = True
        except OneirosError as error:
            loads = str(error)
        assert (loads is True) == inspection.loads, (path, loads, inspection.lacking)
        verdicts.append(inspection.loads)
print(len(verdicts), sum(verdicts))
"""


@pytest.mark.parametrize(
    "disabled", ["oneiros-keras2", pytest.param("", marks=pytest.mark.slow)]
)
def test_inspecting_and_loading_never_disagree(disabled):
    folders = [TESTS / folder for folder in FOLDERS]
    done = run_python(CODE, *folders, ONEIROS_DISABLE=disabled)
    count, loaded = map(int, done.stdout.split())
    assert count > 200 and count > loaded > count // 5
