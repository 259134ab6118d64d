"""The kit's checks of everything that this distribution provides."""

from oneiros.testing import check_plugin


def test_it_conforms():
    report = check_plugin("lab-scale")
    assert report.ok, str(report)
