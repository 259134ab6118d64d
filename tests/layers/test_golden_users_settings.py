"""Golden layers with XLA as users have it: each backend in a process of its own.

This run's own processes compile without optimizing (tests/conftest.py). The exhaustive
run computes all golden data with users' settings on each backend; here three classes
are computed with them, each on one backend. test_golden_layers.py has the rest.
"""

import os
import subprocess
import sys

import pytest
from backends import BACKENDS
from fresh import ROOT
from golden_layers import CASES

AT_USERS_SETTINGS = ("Convolution2D", "Dense", "GRU")

SCRIPT = ROOT / "tests" / "support" / "golden_layers.py"
OF_THIS_RUN = ("XLA_FLAGS", "ONEIROS_TENSORFLOW_XLA")


@pytest.mark.parametrize("name", BACKENDS)
def test_all_cases_of_some_classes_are_golden_at_users_settings(name):
    classes = [case["class_name"] for case in CASES]
    turn = AT_USERS_SETTINGS[BACKENDS.index(name) :: len(BACKENDS)]
    chosen = [cls for cls in classes if cls in turn]
    variables = {k: v for k, v in os.environ.items() if k not in OF_THIS_RUN}
    done = subprocess.run(
        [sys.executable, SCRIPT, name, *sorted(set(chosen))],
        env=variables,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) == len(chosen)
