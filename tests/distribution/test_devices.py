"""One process with several devices, and backends that have none to offer."""

import os
from pathlib import Path

import pytest
from oneiros import backend as K
from oneiros.distribution import DataParallel
from oneiros.errors import CapabilityError
from processes import run_python

SCRIPT = Path(__file__).parent / "devices_script.py"
RECURRENT = """
import numpy as np
from oneiros.distribution import DataParallel
from oneiros.layers import GRU, LSTM, Dense
from oneiros.models import Sequential

with DataParallel():
    model = Sequential()
    model.add(LSTM(3, return_sequences=True, input_shape=(5, 2)))
    model.add(GRU(3))
    model.add(Dense(1))
    model.compile("sgd", "mse")
    model.fit(np.ones((8, 5, 2)), np.ones((8, 1)), batch_size=4, verbose=0)
"""


def run_on_devices(script: str, devices: int, *flags: str) -> None:
    """Runs a script on JAX, with a CPU that is several devices."""
    count = f"--xla_force_host_platform_device_count={devices}"
    all_flags = " ".join([os.environ.get("XLA_FLAGS", ""), count, *flags])
    run_python(script, XLA_FLAGS=all_flags, ONEIROS_BACKEND="jax")


def test_four_devices_of_one_process():
    run_on_devices(SCRIPT.read_text("utf-8"), 4)


def test_devices_send_gradients_but_no_sequences(tmp_path):
    dumping = [f"--xla_dump_to={tmp_path}", "--xla_dump_hlo_as_text"]
    run_on_devices(RECURRENT, 2, *dumping)
    compiled = tmp_path.glob("*after_optimizations.txt")
    programs = "".join(path.read_text("utf-8") for path in compiled)
    assert "all-reduce(" in programs
    assert "all-gather(" not in programs


@pytest.mark.parametrize("name", ["tensorflow", "onnx"])
def test_other_backends_refuse(name):
    with K.use(name), pytest.raises(CapabilityError, match=f"The backend '{name}'"):
        DataParallel().start()
