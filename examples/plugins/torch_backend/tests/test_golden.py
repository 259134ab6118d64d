"""What Keras 1.2.2 computed, and all tests of `K`, in a clone of Oneiros: each file of
its tests runs here as it runs there on each backend."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
CLONE = HERE.parents[3]
FILES = [
    "functions/test_golden_functions.py",
    "layers/test_golden_layers.py",
    "optimizers/test_golden_optimizers.py",
    "training/test_golden_training.py",
    "backend",
    "robust/test_interrupts.py",
    "robust/test_seeds.py",
    "robust/test_threads.py",
]


@pytest.mark.parametrize("name", FILES)
def test_of_oneiros(name):
    if not (CLONE / "tests" / "golden").is_dir():
        pytest.skip("this isn't a clone of Oneiros, which has its golden data")
    command = [sys.executable, "-m", "pytest", "-p", "torch_only", "-k", "torch"]
    paths = [str(HERE), str(CLONE / "tests" / "support")]
    run = subprocess.run(
        [*command, f"tests/{name}"],
        cwd=CLONE,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(paths)},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stdout[-5000:] + run.stderr[-1000:]
