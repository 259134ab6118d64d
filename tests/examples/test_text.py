"""The examples on texts learn: at a fraction of their size, each beats what it names as
its baseline, and draws its picture."""

import pytest

pytestmark = pytest.mark.slow


def test_a_memory_network_finds_more_than_the_place_named_last(run):
    accuracy, baselines = run("babi", NB_TRAIN=2000, NB_EPOCH=6)
    assert accuracy > max(baselines) + 0.1


def test_sums_are_right_more_often_than_guessed(run):
    share, (most_frequent, _) = run(
        "addition", DIGITS=2, NB_TRAIN=4500, UNITS=64, BATCH_SIZE=32, NB_EPOCH=5
    )
    assert share > most_frequent + 0.05


def test_a_recurrent_network_needs_fewer_bits_than_single_characters(run):
    sizes = {"NB_CHARS": 25_000, "UNITS": 16, "STREAMS": 8, "STEPS": 16, "NB_EPOCH": 3}
    saved, _ = run("nietzsche", HIGHEST_ORDER=1, **sizes)
    assert saved > 0.1


def test_vectors_of_words_solve_more_analogies_than_chance(run):
    share, (chance, _) = run(
        "word2vec", EVERY=4, NB_EPOCH=1, DIMENSIONS=32, BATCH_SIZE=1024
    )
    assert share > 3 * chance
