"""The kit's checks of everything that this distribution provides."""

import pytest
from oneiros.testing import check_plugin


def test_it_conforms():
    pytest.importorskip("duckdb", reason="its queries are checked with DuckDB alone")
    report = check_plugin("lab-files")
    assert report.ok, report
