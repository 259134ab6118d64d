"""The examples on texts learn: at a fraction of their size, each beats what it names as
its baseline, and draws its picture."""

import pytest

pytestmark = pytest.mark.spread


def test_a_memory_network_finds_more_than_the_place_named_last(run, backend):
    accuracy, baselines = run("babi", NB_TRAIN=2000, NB_EPOCH=6)
    assert accuracy > max(baselines) + 0.1
