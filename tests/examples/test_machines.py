"""The examples that remember, play and watch films learn: at a fraction of their size,
each beats what it names as its baseline, and draws its picture."""

import pytest

pytestmark = pytest.mark.slow


def test_a_machine_with_a_memory_copies_bits(run):
    sizes = {"BITS": 3, "LONGEST": 2, "UNITS": 12, "SLOTS": 6, "WIDTH": 5}
    score, (chance, _) = run(
        "neural_turing_machine", NB_BATCH=200, NB_TEST=50, LSTM_UNITS=4, **sizes
    )
    assert score > chance + 0.1


def test_a_pole_stands_longer_than_by_chance(run):
    points, (chance,) = run(
        "dqn",
        NB_STEP=2500,
        NB_RANDOM=500,
        NB_EXPLORATION=1000,
        TRAIN_EVERY=1,
        COPY_EVERY=50,
        DISCOUNT=0.9,
        TEST_SEEDS=range(5),
    )
    assert points > 2 * chance


def test_moving_digits_are_forecast_better_than_by_persistence(run):
    sizes = {"SIZE": 14, "NB_FRAME": 5, "NB_FILTER": 4, "NB_TEST": 20}
    share_avoided, _ = run(
        "moving_digits", NB_TRAIN=256, BATCH_SIZE=8, NB_EPOCH=6, **sizes
    )
    assert share_avoided > 0.1
