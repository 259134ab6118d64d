"""What must hold for a layer on other backends and in other libraries' files."""

import tempfile
from pathlib import Path

import oneiros
from oneiros import backend as K
from oneiros.errors import CapabilityError

from oneiros_testing.checks import Subject
from oneiros_testing.checks.layers import TOLD_BY_WEIGHTS, assert_close, layer_check
from oneiros_testing.layer_sample import sample_of
from oneiros_testing.probes import ANOTHER_BACKEND, other_backends


@layer_check(after=[TOLD_BY_WEIGHTS, "check_learning_phase"], needs=[ANOTHER_BACKEND])
def check_backends_agree(subject):
    """On every other backend that is installed, it predicts the same with the same
    weights."""
    sample = sample_of(subject)
    arrays = sample.arrays()
    weights = sample.base.layer.get_weights()
    expected = sample.base.values(arrays)
    compared = []
    for name in other_backends(subject):
        with K.use(name):
            try:
                called = sample.called()
                called.layer.set_weights(weights)
                values = called.values(arrays)
            except CapabilityError:
                continue  # it says that the backend can't
        told = f"On {name} and on {subject.backend}, it predicts something else"
        assert_close(values, expected, told, 1e-3)
        compared.append(name)
    assert compared, (
        "Every other backend raises CapabilityError. Declare those that it works on, "
        f'such as conformance = {{"backends": ["{subject.backend}"]}}.'
    )


@layer_check(
    tags=["onnx"], after=["check_file_of_a_model"], needs=["onnx", "onnxruntime"]
)
def check_export_to_onnx(subject):
    """A model with it can be exported to ONNX, where that is installed."""
    _export(subject, "model.onnx")


@layer_check(tags=["keras3"], after=["check_file_of_a_model"], needs=["keras"])
def check_export_to_keras(subject):
    """A model with it can be exported to Keras 3, where that is installed."""
    _export(subject, "model.keras")


def _export(subject: Subject, file: str):
    """Exports a model, which the other library must then compute alike."""
    model = sample_of(subject).weighted().model()
    with tempfile.TemporaryDirectory() as folder:
        oneiros.export(model, Path(folder, file))
