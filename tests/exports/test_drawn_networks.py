"""Whole networks, drawn by hypothesis or written as in 2016, compute the same in every
library; a drawn one may be refused, with a reason and a way out.

The outputs are compared twice: by the replay of `oneiros.export`, and here, on other
inputs, by a process that has the other library and not Oneiros.
"""

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import oneiros
import pytest
from drawn_networks import batch_for, networks, set_wide_weights
from hypothesis import event, given
from hypothesis import strategies as st
from networks_of_2016 import NETWORKS
from oneiros import backend as K
from oneiros.errors import CapabilityError
from oneiros.exports import ExportError, shared_processes

pytestmark = pytest.mark.exhaustive(only=True)
SUPPORT = Path(__file__).resolve().parents[1] / "support"
TOLERANCE = 1e-5
FILES = {
    "onnx": "m.onnx",
    "saved_model": "saved_model",
    "stablehlo": "m.stablehlo",
    "tflite": "m.tflite",
    "keras": "m.keras",
}
WAYS_OUT = re.compile(
    "ONNX can hold it|Give the sizes|Export it to|put a ZeroPadding|--tolerance"
)
"""What each refusal says to do instead."""


class Library:
    """A process that computes what files predict."""

    def __init__(self, name):
        self.process = subprocess.Popen(
            [sys.executable, SUPPORT / "foreign_runtimes.py", name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def predictions(self, report, arrays):
        """Returns the outputs of an exported file."""
        with tempfile.TemporaryDirectory() as folder:
            given_arrays = Path(folder) / "inputs.npz"
            results = Path(folder) / "outputs.npz"
            np.savez(given_arrays, *arrays)
            request = {
                "path": str(report.path),
                "inputs": [port.name for port in report.written.inputs],
                "outputs": [port.name for port in report.written.outputs],
                "arrays": str(given_arrays),
                "results": str(results),
            }
            print(json.dumps(request), file=self.process.stdin, flush=True)
            assert self.process.stdout.readline() == "\n", "the process has ended"
            with np.load(results) as stored:
                return [stored[name] for name in stored.files]

    def end(self):
        self.process.kill()
        self.process.communicate()


@pytest.fixture(scope="module", params=FILES)
def library(request):
    """A library's name, and a process that has it."""
    library = Library(request.param)
    with shared_processes(), K.use("theano"):
        yield request.param, library
    library.end()


def reasons(refusal):
    """Returns the lines of a refusal, one for each layer."""
    first, *lines = str(refusal).splitlines()
    return lines or [first]


def kind_of(line):
    """Returns a reason without the layer's name."""
    return re.sub(r" '\w+':", ":", line)


@pytest.mark.parametrize("network", NETWORKS)
def test_a_network_of_2016_computes_the_same_elsewhere(library, network):
    np.random.seed(4)
    model = NETWORKS[network]()
    set_wide_weights(model, 1, spread=1.2)
    compare(library, model, 2)


@given(model=networks(), seed=st.integers(0, 99))
def test_a_drawn_network_computes_the_same_elsewhere(library, model, seed):
    try:
        compare(library, model, seed)
    except (CapabilityError, ExportError) as refusal:
        for line in reasons(refusal):
            assert WAYS_OUT.search(line), line
            event(f"refused: {kind_of(line)}")
        return
    event("equal")


def compare(library, model, seed):
    """Exports a model, and compares what the library computes for a batch."""
    name, there = library
    with tempfile.TemporaryDirectory() as folder:
        report = oneiros.export(model, Path(folder) / FILES[name])
        arrays = batch_for(model, seed)
        outputs = there.predictions(report, arrays)
    expected = model.predict_on_batch(arrays)
    expected = expected if isinstance(expected, list) else [expected]
    for mine, other in zip(expected, outputs, strict=True):
        assert mine.shape == other.shape
        scale = np.abs(mine).max(initial=0.0)
        np.testing.assert_allclose(other, mine, rtol=0, atol=TOLERANCE * scale)
