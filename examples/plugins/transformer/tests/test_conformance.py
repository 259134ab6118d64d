"""The kit's checks of everything that this distribution provides."""

from oneiros.testing import check_plugin

EXPECTED = {
    "layer:EncoderBlock/check_training_changes_weights": (
        "the bias of keys moves all scores of a query alike, so its gradient is 0"
    )
}


def test_it_conforms():
    report = check_plugin("lab-transformer", EXPECTED)
    assert report.ok, report
