"""Golden layers with XLA as users have it: each backend in a process of its own.

This run's own processes compile without optimizing (tests/conftest.py). The exhaustive
run computes all golden data with users' settings; here it is a case of each class, in
47 seconds of the processor for three backends.
"""

import os
import subprocess
import sys

import pytest
from backends import BACKENDS
from fresh import ROOT
from golden_layers import CASES

SCRIPT = ROOT / "tests" / "support" / "golden_layers.py"
OF_THIS_RUN = ("XLA_FLAGS", "ONEIROS_TENSORFLOW_XLA")


@pytest.mark.parametrize("name", BACKENDS)
def test_a_case_of_each_class_is_golden_at_users_settings(name):
    variables = {k: v for k, v in os.environ.items() if k not in OF_THIS_RUN}
    done = subprocess.run(
        [sys.executable, SCRIPT, name], env=variables, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) == len({case["class_name"] for case in CASES})
