"""The kit's checks of everything that this distribution provides."""

import pytest
from oneiros.testing import check_plugin

EXPECTED = {
    "callback:MLflowTracker/check_runs_are_told_alike": (
        "each training has a run of its own, with another identifier"
    )
}


def test_it_conforms():
    pytest.importorskip("mlflow", reason="MLflowTracker is checked with MLflow alone")
    report = check_plugin("lab-trackers", EXPECTED)
    assert report.ok, str(report)
