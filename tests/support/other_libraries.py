"""Exports models, and compares what a process that has the other library, and not
Oneiros, computes from the files."""

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import oneiros
from drawn_networks import batch_for
from oneiros_exports.cases import Case
from oneiros_exports.exporting import ROUNDING_FACTOR
from oneiros_exports.replay import Recording
from oneiros_exports.rounding import rounding_of

SUPPORT = Path(__file__).resolve().parent
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
EQUAL = "equal"
WITHIN_ROUNDING = "equal within rounding"
"""The outputs differ by more than the tolerance, and by less than the model amplifies
rounding."""


class Library:
    """A process that computes what files predict."""

    def __init__(self, name):
        self.name = name
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


def reasons(refusal):
    """Returns the lines of a refusal, one for each layer."""
    first, *lines = str(refusal).splitlines()
    return lines or [first]


def kind_of(line):
    """Returns a reason without the layer's name."""
    return re.sub(r" '\w+':", ":", line)


def compare(library, model, seed):
    """Exports a model, and compares what the library computes for a batch.

    # Returns
        `EQUAL` or `WITHIN_ROUNDING`.

    # Raises
        AssertionError: if the outputs differ.
    """
    arrays = batch_for(model, seed)
    with tempfile.TemporaryDirectory() as folder:
        report = oneiros.export(model, Path(folder) / FILES[library.name])
        outputs = library.predictions(report, arrays)
    expected = model.predict_on_batch(arrays)
    expected = expected if isinstance(expected, list) else [expected]
    return compare_outputs(model, arrays, expected, outputs)


def compare_outputs(model, arrays, expected, outputs):
    """Compares what a model and a library compute for a batch, as `compare` does."""
    allowed = [TOLERANCE * magnitude(mine) for mine in expected]
    try:
        check_close(outputs, expected, allowed)
    except AssertionError:
        recording = Recording([Case("the batch", arrays)], [expected])
        changes = rounding_of(model, recording)
        amplified = [ROUNDING_FACTOR * change for change in changes]
        check_close(outputs, expected, list(map(max, allowed, amplified)))
        return WITHIN_ROUNDING
    return EQUAL


def magnitude(array):
    return np.abs(array).max(initial=0.0, where=np.isfinite(array))


def check_close(outputs, expected, allowed):
    for other, mine, difference in zip(outputs, expected, allowed, strict=True):
        assert mine.shape == other.shape, f"{other.shape} there, {mine.shape} here"
        np.testing.assert_allclose(other, mine, rtol=0, atol=difference)
