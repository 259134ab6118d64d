"""Sequences as arrays, and pairs of words."""

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oneiros.preprocessing.sequence import pad_sequences, skipgrams

numbers = st.lists(st.integers(-1000, 1000), max_size=7)
sides = st.sampled_from(["pre", "post"])


def padded(sequence, size, padding, truncating, value):
    """Returns one row, by the definition."""
    row = list(sequence)
    while len(row) > size:
        row.pop(0 if truncating == "pre" else -1)
    while len(row) < size:
        row.insert(0 if padding == "pre" else len(row), value)
    return row


@given(
    st.lists(numbers, max_size=6),
    st.none() | st.integers(0, 9),
    sides,
    sides,
    st.integers(-3, 3),
)
def test_each_row_is_cut_or_filled_up(sequences, maxlen, padding, truncating, value):
    array = pad_sequences(
        sequences, maxlen, padding=padding, truncating=truncating, value=value
    )
    size = maxlen
    if size is None:
        size = max(map(len, sequences), default=0)
    assert array.shape == (len(sequences), size)
    assert array.dtype == "int32"
    assert array.tolist() == [
        padded(sequence, size, padding, truncating, value) for sequence in sequences
    ]


def test_items_may_be_arrays_and_sequences_arrays_tuples_or_an_iterator():
    steps = [np.ones((1, 2)), np.full((3, 2), 2.0)]
    array = pad_sequences(steps, maxlen=2, dtype="float32", value=0.5)
    assert array.tolist() == [[[0.5, 0.5], [1, 1]], [[2, 2], [2, 2]]]
    assert pad_sequences(s for s in [(1,), np.array([2, 3])]).tolist() == [
        [0, 1],
        [2, 3],
    ]
    assert pad_sequences([[1, 2]], maxlen=np.int64(3)).shape == (1, 3)
    assert pad_sequences([[1, 2]], maxlen=3.0).shape == (1, 3)


@pytest.mark.parametrize(
    ("sequences", "options", "message"),
    [
        ([1, 2], {}, "item 0 is 1"),
        ([[[1, 2]], [[3, 4, 5]]], {}, r"sequence 1 with items of shape \(3,\)"),
        ([["word"]], {}, "sequence 0, .'word'.: invalid literal"),
        ([[1]], {"padding": "left"}, "padding='left'.*'pre' or 'post'"),
        ([[1]], {"truncating": "left"}, "truncating='left'"),
        ([[1]], {"maxlen": 2.5}, "maxlen=2.5"),
    ],
)
def test_errors_of_padding(sequences, options, message):
    with pytest.raises(ValueError, match=message):
        pad_sequences(sequences, **options)


@given(st.lists(st.integers(0, 9), max_size=8), st.integers(0, 4), st.booleans())
def test_close_pairs_are_those_within_the_window(words, window, categorical):
    pairs, labels = skipgrams(
        words,
        10,
        window_size=window,
        negative_samples=0,
        shuffle=False,
        categorical=categorical,
    )
    assert pairs == [
        [word, other]
        for i, word in enumerate(words)
        for j, other in enumerate(words)
        if 0 < abs(i - j) <= window and word and other
    ]
    assert labels == [[0, 1] if categorical else 1] * len(pairs)


@given(st.integers(0, 1000), st.floats(0.1, 3))
def test_random_pairs_have_the_words_of_the_close_ones(seed, negative_samples):
    random.seed(seed)
    words = [1, 2, 3, 4, 5, 6]
    pairs, labels = skipgrams(words, 7, negative_samples=negative_samples)
    close = [pair for pair, label in zip(pairs, labels, strict=True) if label]
    others = [pair for pair, label in zip(pairs, labels, strict=True) if not label]
    assert sorted(close) == sorted(
        [a, b] for a in words for b in words if 0 < abs(a - b) <= 4
    )
    assert len(others) == int(len(close) * negative_samples)
    assert {word for word, _ in others} <= set(words)
    assert all(1 <= other <= 6 for _, other in others)


def test_words_that_the_table_leaves_out_are_first_in_no_pair():
    table = np.array([1.0, 0.0, 1.0, 1.0])
    pairs, _ = skipgrams([1, 2, 3], 4, negative_samples=0, sampling_table=table)
    assert {word for word, _ in pairs} == {2, 3}
    assert 1 in {other for _, other in pairs}


def test_errors_of_pairs():
    with pytest.raises(
        ValueError, match=r"word 5, but a sampling_table of only 3 words"
    ):
        skipgrams([5, 1], 6, sampling_table=np.ones(3))
    with pytest.raises(ValueError, match=r"vocabulary_size=1\. Expected"):
        skipgrams([1, 1], 1)
    with pytest.raises(ValueError, match="vocabulary_size='many'"):
        skipgrams([1], "many")
