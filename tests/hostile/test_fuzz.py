"""Golden files, changed at random.

Loading them succeeds or raises an error of ours, and no more.
"""

import json
import subprocess
import sys

import draws
import pytest
from fresh import ROOT

FUZZ = ROOT / "tools" / "fuzz_files.py"
INPUTS = 10_000 if draws.is_exhaustive() else 225


@pytest.mark.exhaustive
def test_changed_files_do_no_harm():
    command = [sys.executable, FUZZ, "--inputs", str(INPUTS), "--seed", "3"]
    done = subprocess.run(command, capture_output=True, text=True)
    record = json.loads(done.stdout)
    assert record["failures"] == [] and done.returncode == 0
    assert record["inputs"] == INPUTS and len(record["outcomes"]) == 15
    for kind, outcomes in record["outcomes"].items():
        assert "loaded" in outcomes or kind in ("yaml", "safetensors"), (
            "some changes are harmless"
        )
        assert len(outcomes) > 1, "some aren't"
