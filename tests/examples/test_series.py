"""The examples on series learn: at a fraction of their size, each beats what it names
as its baseline, and draws its picture."""

import pytest


def test_gestures_are_told_better_than_by_the_more_frequent_one(run):
    accuracy, (frequent, _) = run("gunpoint", NB_EPOCH=8)
    assert accuracy > frequent + 0.15


def test_sunspots_are_forecast_better_than_by_persistence(run):
    share_avoided, _ = run("sunspots", NB_EPOCH=15, WINDOW=12)
    assert share_avoided > 0.1


@pytest.mark.slow
def test_a_premature_beat_is_less_expected_than_others(run):
    prominence, baselines = run("anomalies", NB_EPOCH=20)
    assert prominence > max(baselines)


def test_state_that_is_kept_forecasts_better(run):
    share_avoided, (without_state, no_change, *_) = run("stateful", NB_EPOCH=8)
    assert share_avoided > 0.1
    assert without_state < no_change


def test_today_s_files_predict_what_those_of_2016_did(run):
    agreement, (unflipped, *_) = run("modernise", NB_DIGITS=64)
    assert agreement > unflipped + 4
