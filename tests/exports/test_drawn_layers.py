"""Layers with any arguments, drawn by hypothesis, compute the same in ONNX Runtime, or
are refused by name."""

import tempfile
from dataclasses import replace
from pathlib import Path

import oneiros
from hypothesis import given, note
from hypothesis import strategies as st
from layer_strategies import STRATEGIES, Drawn
from oneiros import backend as K
from oneiros.errors import CapabilityError
from oneiros.exports import ExportError
from oneiros.models import Model

REFUSAL = "needs to know the sizes of images"
"""What the message of the only refusal holds: borders depend on sizes that aren't
known."""


@given(name=st.sampled_from(sorted(STRATEGIES)), data=st.data())
def test_a_drawn_layer_computes_the_same_in_onnx(name, data):
    case = STRATEGIES[name](Drawn(data.draw))
    if case.dtype == "float64":
        case = replace(case, dtype="float32")
    note(repr(case))
    with K.use("theano"), tempfile.TemporaryDirectory() as folder:
        _, inputs, outputs = case.connected()
        model = Model(inputs, outputs)
        try:
            report = oneiros.export(model, Path(folder) / "m.onnx")
        except (CapabilityError, ExportError) as refusal:
            assert REFUSAL in str(refusal), refusal
            return
    assert report.comparison.agrees
