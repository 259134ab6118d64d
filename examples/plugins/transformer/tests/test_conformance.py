"""The kit's checks of everything that this distribution provides."""

from oneiros.testing import check_plugin

OF_KEYS = "the bias of keys moves all scores of a query alike, which softmax ignores"
EXPECTED = {
    "layer:EncoderBlock/check_every_weight_is_used": OF_KEYS,
    "layer:EncoderBlock/check_training_changes_weights": OF_KEYS,
}


def test_it_conforms():
    report = check_plugin("lab-transformer", EXPECTED)
    assert report.ok, str(report)
