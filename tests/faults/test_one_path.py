"""Two that save to one path, and one that reads it meanwhile: each file is always the
whole of one save."""

import random
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import rounds

PROGRAM = Path(rounds.__file__)
ROUNDS = 3_000
"""Of each process, with three files each."""


def started(what, folder, number, count):
    command = [sys.executable, PROGRAM, what, folder, str(number), str(count)]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True)


def test_threads_that_save_to_one_path(tmp_path):
    rounds.write(tmp_path, 0)
    tasks = [("write", 1), ("write", 2), ("read", 0)]
    with ThreadPoolExecutor(len(tasks)) as pool:
        ended = [
            pool.submit(rounds.main, what, tmp_path, number, 4)
            for what, number in tasks
        ]
        for future in ended:
            future.result()
    assert {path.name for path in tmp_path.iterdir()} == set(rounds.FILES)


@pytest.mark.slow
def test_processes_that_save_to_one_path(tmp_path):
    """While one more is killed at any moment, and started again."""
    rounds.write(tmp_path, 0)
    chance = random.Random(3)
    processes = [
        started("write", tmp_path, 1, ROUNDS),
        started("write", tmp_path, 2, ROUNDS),
        started("read", tmp_path, 0, ROUNDS),
    ]
    kills = 0
    while any(process.poll() is None for process in processes):
        with started("write", tmp_path, 3, ROUNDS) as killed:
            time.sleep(chance.uniform(0.5, 2))
            killed.kill()
        kills += 1
    for process in processes:
        _, errors = process.communicate()
        assert process.returncode == 0, errors
    assert kills > 5
    rounds.write(tmp_path, 0)
    assert {path.name for path in tmp_path.iterdir()} == set(rounds.FILES)
