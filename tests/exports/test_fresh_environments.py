"""Exported files work where Oneiros isn't: each in an environment that has the library
that it was written for, what that library requires, and nothing else."""

import json
import re
import subprocess
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import numpy as np
import oneiros
import oneiros_keras3
import pytest
from drawn_networks import batch_for
from fresh import make_environment
from oneiros import backend as K
from oneiros.exports import shared_processes
from oneiros.layers import (
    GRU,
    LSTM,
    BatchNormalization,
    Convolution2D,
    Dense,
    Flatten,
    Input,
    Masking,
    merge,
)
from oneiros.models import Model
from packaging.requirements import Requirement

pytestmark = pytest.mark.slow
SUPPORT = Path(__file__).resolve().parents[1] / "support"
LIBRARIES = {
    "keras": ("m.keras", ["keras", "jax", "jaxlib"]),
    "onnx": ("m.onnx", ["onnxruntime"]),
    "saved_model": ("saved_model", ["tensorflow"]),
    "stablehlo": ("m.stablehlo", ["jax", "jaxlib", "flatbuffers"]),
    "tflite": ("m.tflite", ["tensorflow"]),
}
"""By destination, a file, and the distributions that one installs to use it."""


def network():
    image = Input((2, 6, 6), name="image")
    steps = Input((5, 3), name="steps")
    seen = Convolution2D(2, 3, 3, dim_ordering="th", activation="relu")(image)
    seen = Flatten()(BatchNormalization(axis=1)(seen))
    heard = LSTM(4, return_sequences=True)(Masking()(steps))
    joined = merge([seen, GRU(3)(heard)], mode="concat")
    return Model([image, steps], Dense(2, activation="softmax", name="y")(joined))


def required(names):
    """Returns the installed distributions that some require, these too."""
    found = {}
    waiting = list(names)
    while waiting:
        name = re.sub(r"[-_.]+", "-", waiting.pop()).lower()
        if name in found:
            continue
        try:
            found[name] = distribution(name)
        except PackageNotFoundError:
            continue
        for line in found[name].requires or []:
            requirement = Requirement(line)
            marker = requirement.marker
            if marker is None or marker.evaluate({"extra": ""}):
                waiting.append(requirement.name)
    return found.values()


def environment(folder, names):
    """Makes an environment with some distributions and what they require; returns its
    Python."""
    libraries = folder / "libraries"
    libraries.mkdir()
    for each in required([*names, "numpy"]):
        for top in {path.parts[0] for path in each.files} - {"..", "__pycache__"}:
            link = libraries / top
            if not link.exists():
                link.symlink_to(each.locate_file(top))
    make_environment(folder / "venv", "--without-pip")
    (packages,) = (folder / "venv").glob("lib/python*/site-packages")
    (packages / "libraries.pth").write_text(f"{libraries}\n")
    return folder / "venv" / "bin" / "python"


@pytest.fixture(scope="module")
def model():
    with K.use("theano"), shared_processes():
        np.random.seed(5)
        model = network()
        model.set_weights([np.random.random(w.shape) for w in model.get_weights()])
        yield model


@pytest.mark.parametrize("name", LIBRARIES)
def test_a_file_predicts_the_same_where_oneiros_is_not(tmp_path, model, name):
    file, names = LIBRARIES[name]
    report = oneiros.export(model, tmp_path / file)
    python = environment(tmp_path, names)
    if name == "keras":
        package = Path(oneiros_keras3.__file__).parent
        (tmp_path / "libraries" / package.name).symlink_to(package)
    missing = subprocess.run(
        [python, "-c", "import oneiros"], capture_output=True, text=True
    )
    assert "No module named 'oneiros'" in missing.stderr
    arrays = batch_for(model, 1)
    np.savez(tmp_path / "inputs.npz", *arrays)
    request = {
        "path": str(report.path),
        "inputs": [port.name for port in report.written.inputs],
        "outputs": [port.name for port in report.written.outputs],
        "arrays": str(tmp_path / "inputs.npz"),
        "results": str(tmp_path / "outputs.npz"),
    }
    done = subprocess.run(
        [python, SUPPORT / "foreign_runtimes.py", name],
        input=json.dumps(request) + "\n",
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    with np.load(tmp_path / "outputs.npz") as stored:
        (outputs,) = [stored[name] for name in stored.files]
    expected = model.predict(arrays)
    atol = 1e-5 * np.abs(expected).max()
    np.testing.assert_allclose(outputs, expected, rtol=0, atol=atol)
