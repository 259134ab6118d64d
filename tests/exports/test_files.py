"""All whole models among the files of Keras 1 and 2 go to every destination.

The test command takes four of them to ONNX; the exhaustive run takes all to all. Keras
3 refuses some, by the names of their layers; what it takes comes back.
"""

from pathlib import Path

import oneiros
import onnx
import pytest
from comparison import assert_each_close
from oneiros import backend as K
from oneiros.exports import ExportError
from oneiros.models import load_model
from oneiros_exports.replay import expectation_of

pytestmark = pytest.mark.usefixtures("one_process")

TESTS = Path(__file__).resolve().parents[1]
FOLDERS = ("golden/models", "saving/keras2", "saving/genuine/ethnicolr")
LEFT_OUT = ("weights", "refused")
"""Parts of the names of files that hold no model, or one that isn't loaded."""
STATEFUL = ("seq_stateful_lstm.h5",)
TARGETS = ("model.onnx", "model.stablehlo", "saved_model", "model.tflite")
KERAS_3 = "model.keras"
IN_TEST_COMMAND = (
    "census2000_ln_lstm.h5",
    "func_resnet_block_th.h5",
    "recurrent.h5",
    "seq_convlstm_th.h5",
)


def files():
    return [
        path
        for folder in FOLDERS
        for path in sorted((TESTS / folder).glob("*.h5"))
        if not any(part in path.name for part in LEFT_OUT)
    ]


def cases():
    for target in (*TARGETS, KERAS_3):
        for path in files():
            is_short = target == TARGETS[0] and path.name in IN_TEST_COMMAND
            mark = () if is_short else pytest.mark.slow
            yield pytest.param(path, target, id=f"{path.name}-{target}", marks=mark)


@pytest.mark.parametrize(("path", "target"), list(cases()))
def test_a_file_predicts_the_same_elsewhere(tmp_path, path, target):
    with K.use("theano"):
        model = load_model(path)
        if path.name in STATEFUL and target not in (TARGETS[0], KERAS_3):
            with pytest.raises(ExportError, match="keeps its state"):
                oneiros.export(model, tmp_path / target)
            return
        try:
            report = oneiros.export(model, tmp_path / target)
        except ExportError as error:
            assert target == KERAS_3
            assert "Keras 3 can't hold this model exactly" in str(error)
            return
    assert report.comparison.largest.relative < 1e-5
    if target == TARGETS[0]:
        onnx.checker.check_model(tmp_path / target, full_check=True)
    if target == KERAS_3:
        with K.use("theano"):
            assert_predicts_alike(load_model(tmp_path / target), model)


def assert_predicts_alike(model, other):
    """Checks that two models predict the same for the inputs of a replay."""
    expectation = expectation_of(other)
    model.reset_states()
    for case, outputs in zip(expectation.cases, expectation.outputs, strict=True):
        predicted = as_list(model.predict_on_batch(case.arrays))
        assert_each_close(predicted, outputs, rtol=1e-5, atol=1e-5)


def as_list(values):
    return values if isinstance(values, list) else [values]
