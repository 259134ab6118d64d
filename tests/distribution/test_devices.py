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

EMBEDDED = """
import numpy as np
from oneiros.distribution import DataParallel
from oneiros.layers import Dense, Embedding, GlobalAveragePooling1D
from oneiros.models import Sequential

with DataParallel(shard={"words": 0}):
    model = Sequential([Embedding(5000, 4, input_length=6, name="words")])
    model.add(GlobalAveragePooling1D())
    model.add(Dense(1))
    model.compile("adam", "mse")
    model.fit(np.ones((8, 6)), np.ones((8, 1)), batch_size=4, verbose=0)
"""


def run_on_devices(script: str, devices: int, *flags: str) -> None:
    """Runs a script on JAX, with a CPU that is several devices."""
    run_python(
        script,
        XLA_FLAGS=" ".join([os.environ.get("XLA_FLAGS", ""), *flags]),
        JAX_NUM_CPU_DEVICES=str(devices),
        ONEIROS_BACKEND="jax",
    )


def test_four_devices_of_one_process():
    run_on_devices(SCRIPT.read_text("utf-8"), 4)


def sent_by_devices(script: str, folder: Path) -> list[str]:
    """Returns the operations by which two devices send something to each other."""
    dumping = [f"--xla_dump_to={folder}", "--xla_dump_hlo_as_text"]
    run_on_devices(script, 2, *dumping)
    compiled = folder.glob("*after_optimizations.txt")
    lines = "".join(path.read_text("utf-8") for path in compiled).splitlines()
    return [line for line in lines if "all-reduce(" in line or "all-gather(" in line]


def test_devices_send_gradients_but_no_sequences(tmp_path):
    sent = sent_by_devices(RECURRENT, tmp_path)
    assert sent
    assert not any("all-gather(" in line for line in sent)


def test_devices_send_no_table_that_is_split(tmp_path):
    sent = sent_by_devices(EMBEDDED, tmp_path)
    assert sent
    assert not any("f32[5000," in line or "f32[2500," in line for line in sent)


@pytest.mark.parametrize("name", ["tensorflow", "onnx"])
def test_other_backends_refuse(name):
    with K.use(name), pytest.raises(CapabilityError, match=f"The backend '{name}'"):
        DataParallel().start()
