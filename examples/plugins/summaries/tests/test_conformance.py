"""The kit's checks of everything that this distribution provides."""

from oneiros import settings
from oneiros.testing import check_plugin


def test_it_conforms():
    with settings.override(prefer={"service:summaries": "lab-summaries"}):
        report = check_plugin("lab-summaries")
    assert report.ok, report
