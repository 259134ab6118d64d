"""Padding of sequences; skip-grams: pairs of neighbouring words, and random pairs."""

import random
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike
from oneiros.arguments import (
    check_choice,
    check_int,
    check_optional_int,
    int_if_whole,
    open_to_old_code,
    refusal,
    shown,
)
from oneiros.errors import DataError
from oneiros.typing import Array

SIDES = ("pre", "post")


@open_to_old_code
def pad_sequences(
    sequences: Iterable[Any],
    maxlen: int | None = None,
    dtype: DTypeLike = "int32",
    padding: str = "pre",
    truncating: str = "pre",
    value: float = 0.0,
) -> Array:
    """Truncates or pads sequences to the same length, one per row of an array.

    # Arguments
        sequences: list of sequences of numbers, or of arrays of the same shape.
        maxlen: int, the length; None for the length of the longest sequence.
        dtype: type of the array.
        padding: `"pre"` or `"post"`, the side to pad.
        truncating: `"pre"` or `"post"`, the side to truncate.
        value: float, the padding value.

    # Returns
        Array `(len(sequences), maxlen, *shape of an item)`.

    # Raises
        ArgumentError: if `padding` or `truncating` is unknown, or `maxlen` isn't an
            integer.
        DataError: if an item isn't a sequence, or its items differ in shape from the
            other sequences', or don't fit `dtype`.

    # Example
        ```python
        from oneiros.preprocessing.sequence import pad_sequences

        print(pad_sequences([[1], [2, 3], [4, 5, 6]], maxlen=2).tolist())
        # [[0, 1], [2, 3], [5, 6]]
        ```
    """
    check_choice("pad_sequences", "padding", padding, SIDES)
    check_choice("pad_sequences", "truncating", truncating, SIDES)
    maxlen = check_optional_int("pad_sequences", "maxlen", int_if_whole(maxlen))
    rows = list(sequences)
    lengths = [_length(number, row) for number, row in enumerate(rows)]
    size = max(lengths, default=0) if maxlen is None else maxlen
    item_shape: tuple[int, ...] = ()
    if filled := [number for number, length in enumerate(lengths) if length]:
        item_shape = np.shape(rows[filled[0]])[1:]
    padded = np.full((len(rows), size, *item_shape), value).astype(dtype)
    for number in filled:
        items = _items(number, rows[number], dtype)
        if items.shape[1:] != item_shape:
            raise DataError(
                f"pad_sequences received sequence {number} with items of shape "
                f"{items.shape[1:]}, but those of sequence {filled[0]} have the shape "
                f"{item_shape}. All must have the same shape."
            )
        cut_items = _cut(items, size, truncating)
        start = size - len(cut_items) if padding == "pre" else 0
        padded[number, start : start + len(cut_items)] = cut_items
    return padded


def _cut(items: Array, size: int, truncating: str) -> Array:
    """Returns at most `size` items."""
    if truncating == "post":
        return items[:size]
    return items[max(len(items) - size, 0) :]


def _length(number: int, sequence) -> int:
    try:
        return len(sequence)
    except TypeError:
        raise DataError(
            f"pad_sequences expected a list of sequences, but item {number} is "
            f"{shown(sequence)}. Write [x] for one sequence x, and list(x) for an "
            "iterator."
        ) from None


def _items(number: int, sequence, dtype) -> Array:
    try:
        return np.asarray(sequence, dtype=dtype)
    except (TypeError, ValueError) as error:
        raise DataError(
            f"pad_sequences can't make an array of type {dtype!r} of sequence "
            f"{number}, {shown(sequence)}: {error}."
        ) from None


Pair = list[Any]
EULER_GAMMA = 0.577
SEEDS = 10_000_000
"""Upper limit of the seed with which pairs and labels are shuffled alike."""


def make_sampling_table(size: int, sampling_factor: float = 1e-5) -> Array:
    """Returns the probability of keeping a word, by rank; frequent words are rarely
    kept.

    It assumes that word frequencies follow Zipf's law, so the word of rank `r` has
    about the frequency `1 / (r * (log(r) + 0.577) + 1/2 - 1 / (12 * r))`. A word is
    kept with the probability `sqrt(sampling_factor / frequency)`, at most 1.

    # Arguments
        size: int, number of words, the most frequent first.
        sampling_factor: float, the frequency above which words are dropped.

    # Returns
        float64 array `(size,)` of probabilities. Item 0, which represents no word,
        equals the item of rank 1.

    # Raises
        ArgumentError: if `size` isn't an integer of at least 1.

    # Example
        ```python
        from oneiros.preprocessing.sequence import make_sampling_table

        table = make_sampling_table(1000)
        print(table[[1, 10, 100]].round(4))  # [0.0032 0.0171 0.072 ]
        ```

    # References
        - [Distributed Representations of Words and Phrases and their
          Compositionality](https://arxiv.org/abs/1310.4546)
    """
    size = check_int("make_sampling_table", "size", int_if_whole(size))
    rank = np.arange(size)
    rank[0] = 1
    inverse_frequency = rank * (np.log(rank) + EULER_GAMMA) + 0.5 - 1.0 / (12.0 * rank)
    ratio = sampling_factor * inverse_frequency
    return np.asarray(np.minimum(1.0, ratio / np.sqrt(ratio)))


@open_to_old_code
def skipgrams(
    sequence: Sequence[int],
    vocabulary_size: int,
    window_size: int = 4,
    negative_samples: float = 1.0,
    shuffle: bool = True,
    categorical: bool = False,
    sampling_table: ArrayLike | None = None,
) -> tuple[list[Pair], list[Any]]:
    """Returns pairs of neighbouring words, and pairs with a random second word.

    It draws from Python's `random`, as Keras 1 does; call `random.seed(n)` for
    reproducible results.

    # Arguments
        sequence: list of int, the words' numbers; 0 means no word.
        vocabulary_size: int, an upper limit of the numbers.
        window_size: int, how many words on each side count as neighbours.
        negative_samples: float, random pairs per pair of neighbours; 0 for none.
        shuffle: bool, whether to shuffle the pairs.
        categorical: bool, whether the labels are `[0, 1]` and `[1, 0]` instead of 1 and
            0.
        sampling_table: array `(vocabulary_size,)`, the probability of using a word as
            the first of a pair, such as the result of `make_sampling_table`.

    # Returns
        List of pairs `[word, other]`, and list of labels.

    # Raises
        DataError: if a word's number isn't in `sampling_table`.
        ArgumentError: if `vocabulary_size` or `window_size` isn't an integer, or there
            is no word to draw below `vocabulary_size`.

    # References
        - [Efficient Estimation of Word Representations in Vector
          Space](https://arxiv.org/abs/1301.3781)

    # Example
        ```python
        from oneiros.preprocessing.sequence import skipgrams

        pairs, labels = skipgrams(
            [1, 2, 3], 4, window_size=1, negative_samples=0, shuffle=False
        )
        print(pairs, labels)  # [[1, 2], [2, 1], [2, 3], [3, 2]] [1, 1, 1, 1]
        ```
    """
    vocabulary_size = check_int(
        "skipgrams", "vocabulary_size", int_if_whole(vocabulary_size)
    )
    window_size = check_int(
        "skipgrams", "window_size", int_if_whole(window_size), minimum=0
    )
    close_label: Any = [0, 1] if categorical else 1
    random_label: Any = [1, 0] if categorical else 0
    words = list(sequence)
    pairs = list(_close_pairs(words, window_size, sampling_table))
    labels = [close_label] * len(pairs)
    if negative_samples > 0:
        count = int(len(labels) * negative_samples)
        if count and vocabulary_size < 2:
            expected = "the number of words plus one, as 0 means no word"
            raise refusal("skipgrams", "vocabulary_size", vocabulary_size, expected)
        pairs += _random_pairs([word for word, _ in pairs], count, vocabulary_size)
        labels += [random_label] * count
    if shuffle:
        seed = random.randint(0, SEEDS)
        for items in (pairs, labels):
            random.seed(seed)
            random.shuffle(items)
    return pairs, labels


def _close_pairs(words: list[Any], window_size: int, sampling_table) -> Iterator[Pair]:
    for place, word in enumerate(words):
        if not word or not _is_sampled(word, sampling_table):
            continue
        start = max(0, place - window_size)
        end = min(len(words), place + window_size + 1)
        for other_place in range(start, end):
            if other_place != place and words[other_place]:
                yield [word, words[other_place]]


def _is_sampled(word, sampling_table) -> bool:
    if sampling_table is None:
        return True
    try:
        probability = sampling_table[word]
    except IndexError:
        raise DataError(
            f"skipgrams received the word {word}, but a sampling_table of only "
            f"{len(sampling_table)} words. Call make_sampling_table"
            "(vocabulary_size) with a size above every word's number."
        ) from None
    return bool(probability >= random.random())


def _random_pairs(words: list[Any], count: int, vocabulary_size: int) -> list[Pair]:
    """Returns pairs of the words, in random order, with other random words."""
    random.shuffle(words)
    return [
        [words[number % len(words)], random.randint(1, vocabulary_size - 1)]
        for number in range(count)
    ]
