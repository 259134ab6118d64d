"""Faulty exports: each writes files of ONNX that compute what the model predicts, and
one check is named for its fault. The docstring says what the fault is."""

from dataclasses import replace

from oneiros.exports import Refusal
from oneiros_exports.onnx.onnx_file import OnnxExport
from oneiros_saving.pickling import on_backend


class Untitled(OnnxExport):
    """Messages can't call it by a name."""

    title = ""


class TurnsInputs(OnnxExport):
    """It lists the inputs in another order than the model."""

    def write(self, model, path):
        written = super().write(model, path)
        return replace(written, inputs=written.inputs[::-1])


class RefusesWithoutNames(OnnxExport):
    """It refuses layers that it doesn't know, and doesn't say which."""

    def refusals(self, model):
        own = "oneiros_testing"
        if not any(type(layer).__module__.startswith(own) for layer in model.layers):
            return []
        return [Refusal(model, "a layer has no counterpart.", "Leave it out.")]


class ChangesTheModel(OnnxExport):
    """It gets the user's own model, and changes its weights."""

    trains = True

    def write(self, model, path):
        written = super().write(on_backend(model, "onnx"), path)
        model.set_weights([2 * array for array in model.get_weights()])
        return written


FAULTS = [
    ("export", Untitled, "check_export_is_declared"),
    ("export", TurnsInputs, "check_inputs_keep_their_order"),
    ("export", RefusesWithoutNames, "check_unknown_parts_are_refused"),
    ("export", ChangesTheModel, "check_model_is_left_alone"),
]
"""Kind, component, and the one check that fails."""
FAULTLESS = [("export", OnnxExport)]
