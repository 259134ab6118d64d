"""Shared code of IMDB and Reuters: texts as lists of word numbers."""

from itertools import compress
from typing import Any

import numpy as np
from oneiros.errors import DataError

Words = list[int]
Array = np.ndarray[Any, Any]


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


def are_texts(texts: Any, labels: Any) -> bool:
    """Returns whether these are lists of word numbers with one label each."""
    if not all(map(_is_sequence, (texts, labels))) or len(texts) != len(labels):
        return False
    return all(map(_is_text, texts)) and all(map(_is_number, set(map(type, labels))))


def _is_number(kind: type) -> bool:
    return issubclass(kind, (int, float, np.number))


def _is_text(text: Any) -> bool:
    if not isinstance(text, list) or not _NUMBERS.issuperset(map(type, text)):
        return False
    return min(text, default=0) >= 0 and max(text, default=0) < MOST_WORDS


_NUMBERS = frozenset({int})
MOST_WORDS = 1 << 20
"""Maximum number of different words; the data sets have 88,587 at most."""


def _is_sequence(value: Any) -> bool:
    return isinstance(value, (list, np.ndarray))


def as_rows(texts: list[Words]) -> Array:
    """Returns an array of lists, which may differ in length."""
    return np.fromiter(texts, dtype=object, count=len(texts))
