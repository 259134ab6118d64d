"""Shared code of IMDB and Reuters: texts as lists of word numbers."""

from itertools import compress
from typing import Any

import numpy as np
from oneiros.errors import DataError

from oneiros_datasets.sources import Part, are_all

Words = list[int]
SEQUENCES = (list, np.ndarray)
NUMBERS = (int, float, np.number)
MOST_WORDS = 1 << 20
"""Maximum number of different words; the data sets have 88,587 at most."""


def numbered(
    texts: list[Words],
    labels: list[Any],
    nb_words: int | None,
    skip_top: int,
    maxlen: int | None,
    start_char: int | None,
    oov_char: int | None,
    index_from: int,
) -> tuple[list[Words], list[Any]]:
    """Returns the selected texts with their new numbers, and their labels.

    The texts are replaced one by one: both lists of all of them would take much memory.

    # Arguments
        nb_words: int, drops words from this number on; None keeps all but the rarest.
        skip_top: int, drops words below this number.
        maxlen: int, drops texts of this length and longer ones, or None.
        start_char: int, the first item of each text, or None.
        oov_char: int, replaces dropped words; None removes them.
        index_from: int, added to the number of each word.

    # Raises
        DataError: if no text remains.
    """
    start = [] if start_char is None else [start_char]
    if maxlen:
        is_short = [len(text) + len(start) < maxlen for text in texts]
        texts = list(compress(texts, is_short))
        labels = list(compress(labels, is_short))
    if not texts:
        raise DataError(
            f"load_data received maxlen={maxlen}, but no text is shorter. Pass a "
            "larger number."
        )
    highest = max(max(text, default=0) for text in texts)
    added = index_from or 0
    end = nb_words or max([highest + added, *start])

    def kept(number: int) -> int | None:
        return number if skip_top <= number < end else oov_char

    numbers = [kept(word + added) for word in range(highest + 1)]
    first = list(map(kept, start))
    for index, text in enumerate(texts):
        new: list[Any] = first + [numbers[word] for word in text]
        if oov_char is None:
            new = [word for word in new if word is not None]
        texts[index] = new
    return texts, labels


def shuffle(seed: int, texts: list[Words], labels: list[Any]) -> None:
    """Shuffles texts and labels in place, in the same order.

    As in Keras 1, it seeds NumPy's generator, which affects later random numbers in
    your script.
    """
    for values in (texts, labels):
        np.random.seed(seed)
        np.random.shuffle(values)


def are_texts(texts, labels) -> bool:
    """Returns whether these are lists of word numbers with one label each."""
    are_lists = isinstance(texts, SEQUENCES) and isinstance(labels, SEQUENCES)
    if not are_lists or len(texts) != len(labels):
        return False
    are_numbers = all(isinstance(label, NUMBERS) for label in labels)
    return are_numbers and all(map(_is_text, texts))


def _is_text(text) -> bool:
    if not isinstance(text, list) or not are_all(int, text):
        return False
    return min(text, default=0) >= 0 and max(text, default=0) < MOST_WORDS


def divided(texts: list[Words], labels: list[Any], cut: int) -> tuple[Part, Part]:
    """Returns the texts before and after the cut, as arrays of lists, which may differ
    in length, and their labels."""
    rows = np.fromiter(texts, dtype=object, count=len(texts))
    y = np.array(labels)
    return (rows[:cut], y[:cut]), (rows[cut:], y[cut:])
