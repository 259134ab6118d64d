"""The examples on images learn: at a fraction of their size, each beats what it names
as its baseline, and draws its picture."""

import pytest

pytestmark = pytest.mark.slow


def test_digits_are_told_far_better_than_by_chance(run):
    accuracy, _ = run("digits", NB_TRAIN=20, NB_EPOCH=6, NB_FILTERS=(4,), BATCH_SIZE=20)
    assert accuracy > 0.3


def test_an_autoencoder_saves_nats(run):
    saved, _ = run(
        "autoencoder", NB_TRAIN=100, NB_EPOCH=12, NB_HIDDEN=64, GRID=4, BATCH_SIZE=25
    )
    assert saved > 10


def test_a_siamese_network_beats_the_distance_of_pixels(run):
    told_right, (pixels, *_) = run(
        "siamese", NB_PAIRS=2000, NB_TEST_PAIRS=400, NB_EPOCH=2, BATCH_SIZE=50
    )
    assert told_right > pixels + 0.1


def test_frozen_layers_help_to_learn_from_few_images(run):
    added, _ = run(
        "transfer", NB_TRAIN=100, NB_EPOCH=4, FEW=(5,), NB_DRAWS=2, NB_FEW_EPOCH=20
    )
    assert added > 0


def test_generated_digits_are_told_better_than_noise(run):
    told_right, (noise,) = run(
        "gan", NB_STEPS=150, NB_FILTERS=8, NB_JUDGE_EPOCH=2, BATCH_SIZE=32
    )
    assert told_right > noise + 0.2


def test_a_dream_excites_more_than_a_random_change(run):
    times, (by_chance,) = run(
        "deep_dream", NB_EPOCH=1, WIDTH=120, SIZES=(0.5, 1.0), NB_STEPS=6
    )
    assert times > by_chance + 0.2


def test_a_style_is_met_better_than_by_colours(run):
    avoided, _ = run(
        "style_transfer",
        NB_FILTERS=4,
        NB_PATCHES=400,
        NB_EPOCH=4,
        SIZE=(60, 40),
        NB_STEPS=15,
    )
    assert avoided > 0.3
