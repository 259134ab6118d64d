"""Golden and hostile files, changed at random.

Reading them succeeds or raises an error of ours, and no more.
"""

import json
import subprocess
import sys

import pytest
from fresh import ROOT

FUZZ = ROOT / "tools" / "fuzz.py"
INPUTS = 260


def run(*arguments):
    done = subprocess.run(
        [sys.executable, FUZZ, *arguments], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_changed_files_do_no_harm():
    outcomes = run("--inputs", str(INPUTS), "--seed", "3")
    names = {each.pop("reader") for each in outcomes}
    assert len(names) == 13
    assert all(sum(each.values()) == INPUTS / 13 for each in outcomes)
    assert any("loaded" in each for each in outcomes)


@pytest.mark.slow
def test_what_earlier_runs_kept_does_no_harm():
    assert run("--kept")
