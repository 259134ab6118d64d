"""The kernel's own time per training step, by the benchmark that the documentation
names."""

import subprocess
import sys
from pathlib import Path

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "train_overhead.py"


def test_train_on_batch_costs_less_than_50_microseconds():
    run = subprocess.run(
        [sys.executable, BENCHMARK],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert "train_on_batch of the classifier" in run.stdout
