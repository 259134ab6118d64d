"""Golden files, changed at random: loading them succeeds or raises an error of ours, and no more."""

import json
import subprocess
import sys

import pytest
from fresh import ROOT

FUZZ = ROOT / "tools" / "fuzz_files.py"


@pytest.mark.parametrize(
    ("inputs", "seed"),
    [(210, 2), pytest.param(10_000, 1, marks=pytest.mark.exhaustive)],
    ids=["some", "many"],
)
def test_changed_files_do_no_harm(inputs, seed):
    command = [sys.executable, FUZZ, "--inputs", str(inputs), "--seed", str(seed)]
    done = subprocess.run(command, capture_output=True, text=True)
    record = json.loads(done.stdout)
    assert record["failures"] == [] and done.returncode == 0
    assert record["inputs"] == inputs and len(record["outcomes"]) == 7
    for kind, outcomes in record["outcomes"].items():
        assert "loaded" in outcomes or kind in ("yaml", "safetensors"), "some changes are harmless"
        assert len(outcomes) > 1, "some aren't"
