"""Whole networks, drawn by hypothesis, compute the same in every library, or are
refused with a reason and a way out."""

import re
import tempfile
from pathlib import Path

import oneiros
import pytest
from drawn_networks import networks
from hypothesis import event, given
from oneiros import backend as K
from oneiros.errors import CapabilityError
from oneiros.exports import ExportError, shared_processes

pytestmark = pytest.mark.slow

FILES = ("m.onnx", "saved_model", "m.stablehlo", "m.tflite", "m.keras")
WAYS_OUT = re.compile(
    "ONNX can hold it|Give the sizes|Export it to|put a ZeroPadding|--tolerance"
)
"""What each refusal says to do instead."""


@pytest.fixture(scope="module", params=FILES)
def file(request):
    with shared_processes(), K.use("theano"):
        yield request.param


@given(model=networks())
def test_a_drawn_network_computes_the_same_elsewhere(file, model):
    with tempfile.TemporaryDirectory() as folder:
        try:
            report = oneiros.export(model, Path(folder) / file)
        except (CapabilityError, ExportError) as refusal:
            first, *lines = str(refusal).splitlines()
            for line in lines or [first]:
                assert WAYS_OUT.search(line), line
                event(re.sub(r" '\w+':", ":", line))
            return
    assert report.comparison.agrees
