"""One process with several devices, and backends that have none to offer."""

import os
from pathlib import Path

import pytest
from oneiros import backend as K
from oneiros.distribution import DataParallel
from oneiros.errors import CapabilityError
from processes import run_python

SCRIPT = Path(__file__).parent / "devices_script.py"


def test_four_devices_of_one_process():
    flags = (
        f"{os.environ.get('XLA_FLAGS', '')} --xla_force_host_platform_device_count=4"
    )
    run_python(SCRIPT.read_text("utf-8"), XLA_FLAGS=flags, ONEIROS_BACKEND="jax")


@pytest.mark.parametrize("name", ["tensorflow", "onnx"])
def test_other_backends_refuse(name):
    with K.use(name), pytest.raises(CapabilityError, match=f"The backend '{name}'"):
        DataParallel().start()
