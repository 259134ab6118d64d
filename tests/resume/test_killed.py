"""Trainings killed with SIGKILL, at random batches and times, end with the same bits as
others."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from scenarios import SCENARIOS

KILLS = 10
PROGRAM = Path(__file__).with_name("killed.py")


def killed(backend, scenario, folder, kills, signal="SIGKILL", **variables):
    command = [sys.executable, PROGRAM, backend, scenario, folder, str(kills), "7"]
    command.append(signal)
    environment = {**os.environ, **variables}
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        env=environment,
        timeout=1800,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert int(done.stdout.split()[-2]) >= kills


def test_killed_a_few_times(tmp_path):
    killed("theano", "generator", tmp_path, 2)


@pytest.mark.slow
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_killed_often(backend, scenario, tmp_path):
    """With XLA's optimizations, as users run it."""
    killed(
        backend, scenario, tmp_path, KILLS, XLA_FLAGS="", ONEIROS_TENSORFLOW_XLA="on"
    )


@pytest.mark.slow
@pytest.mark.parametrize("scenario", ["arrays", "workers"])
def test_terminated_often(backend, scenario, tmp_path):
    """SIGTERM is what a cluster sends before it takes a machine away."""
    killed(backend, scenario, tmp_path, KILLS, "SIGTERM", ONEIROS_TENSORFLOW_XLA="off")
