"""Fits on Ray, which runs locally, give the weights of one process."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.slow

PROGRAM = Path(__file__).parent / "ray_cases.py"
TOLERANCE = 1e-5
QUIET = {
    "RAY_AUTH_MODE": "disabled",
    "RAY_DATA_DISABLE_PROGRESS_BARS": "1",
    "RAY_TRAIN_ENABLE_PREEMPTION_WATCHER": "0",
    "RAY_TRAIN_HEALTH_CHECK_INTERVAL_S": "0.1",
    "RAY_TRAIN_METRICS_ENABLED": "0",
    "RAY_USAGE_STATS_ENABLED": "0",
}


def computed(*cases):
    """Returns what the cases compute, and the processes that are left."""
    # The path of a socket has 107 characters at most.
    folder = Path(tempfile.mkdtemp(prefix="ray-", dir="/tmp"))
    try:
        done = subprocess.run(
            [sys.executable, PROGRAM, folder, *cases],
            env={**os.environ, **QUIET, "HOME": str(folder)},
            capture_output=True,
            text=True,
            timeout=900,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        results = {
            case: json.loads((folder / f"{case}.json").read_text()) for case in cases
        }
        return {**results, "left": processes_of(folder)}
    finally:
        shutil.rmtree(folder)


def processes_of(folder):
    """Returns the programs with this home, once they had time to end."""
    until = time.monotonic() + 20
    while (left := list(programs(folder))) and time.monotonic() < until:
        time.sleep(0.1)
    return left


def programs(folder):
    home = f"HOME={folder}\0".encode()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if home in (process / "environ").read_bytes():
                yield (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:  # it has ended
            continue


@pytest.fixture(scope="module")
def killed():
    return computed("alone", "killed")


@pytest.fixture(scope="module")
def others():
    datasets = ["dataset", "dataset_in_batches"]
    return computed("whole", *datasets, "examples", "refusals", "missing")


def assert_close(one, other):
    for a, b in zip(one["weights"], other["weights"], strict=True):
        np.testing.assert_allclose(a, b, rtol=TOLERANCE, atol=TOLERANCE)
    assert one["history"].keys() == other["history"].keys()
    for name, values in one["history"].items():
        np.testing.assert_allclose(values, other["history"][name], rtol=TOLERANCE)


def test_with_a_worker_killed_the_result_is_that_of_one_process(killed):
    assert killed["killed"]["was_killed"]
    assert_close(killed["killed"], killed["alone"])


def test_ray_is_told_of_each_epoch_once(killed):
    result = killed["killed"]
    assert result["reported"] == {"epoch": [1, 2, 3, 4], **result["history"]}


def test_no_process_is_left(killed):
    assert not killed["left"]


def test_with_a_worker_killed_the_result_is_to_the_bit_the_same(killed, others):
    for name in ("weights", "history", "reported"):
        assert killed["killed"][name] == others["whole"][name]


def test_a_run_of_the_same_name_goes_on_where_it_was(others):
    for name, values in others["whole"]["again"].items():
        assert values == others["whole"][name]


def test_of_a_dataset_no_row_is_left_out(others):
    assert_close(others["dataset"]["ray"], others["dataset"]["alone"])


def test_with_a_worker_killed_a_dataset_is_read_in_the_same_order(others):
    results = others["dataset_in_batches"]
    assert results["was_killed"]
    assert results["killed"] == results["whole"]


@pytest.mark.parametrize(
    ("case", "message"),
    [
        ("data", "fit received data=5. Expected (x, y), (x, y, sample_weight) or"),
        ("workers", "fit received workers=0. Expected an integer of at least 1"),
        (
            "places",
            "no places for 2 workers with 2 CPU each within 1 s. Free are 3 CPU",
        ),
        ("spare", "take all 3 CPUs of the Ray cluster"),
        ("columns", "Expected names of the dataset's columns, ['x', 'y']"),
        ("batch_size", "fit received batch_size=9. Expected a multiple of 2"),
        ("rows", "rows of train data=1. Expected at least 2, one for each"),
        ("validation", "Expected a ray.data.Dataset, too"),
    ],
)
def test_what_cannot_work_is_refused(others, case, message):
    assert message in others["refusals"][case]


def test_workers_without_oneiros(others):
    assert "can't import 'oneiros_missing'" in others["missing"]


def test_the_examples_of_the_pages_and_the_docstring(others):
    assert others["examples"] == ["Sequential"] * 3
