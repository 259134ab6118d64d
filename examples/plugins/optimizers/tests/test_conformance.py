"""The kit's checks of everything that this distribution provides."""

from oneiros.testing import check_plugin

COUNTS = "check_every_optimizer_argument_counts"
EXPECTED = {
    f"optimizer:AveragedWeights/{COUNTS}": "keep changes the means, not the steps",
    f"optimizer:DecoupledLionW/{COUNTS}": (
        "beta_1 counts only where a gradient's sign changes"
    ),
}


def test_it_conforms():
    report = check_plugin("lab-optimizers", EXPECTED)
    assert report.ok, str(report)
