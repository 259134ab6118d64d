"""The examples that remember, play and watch films learn: at a fraction of their size,
each beats what it names as its baseline, and draws its picture."""

import pytest

pytestmark = pytest.mark.spread


def test_a_machine_with_a_memory_copies_bits(run, backend):
    sizes = {"BITS": 3, "LONGEST": 2, "UNITS": 12, "SLOTS": 6, "WIDTH": 5}
    score, (chance, _) = run(
        "neural_turing_machine", NB_BATCH=200, NB_TEST=50, LSTM_UNITS=4, **sizes
    )
    assert score > chance + 0.1
