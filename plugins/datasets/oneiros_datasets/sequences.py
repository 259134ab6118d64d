"""Shared code of IMDB and Reuters: texts as lists of word numbers."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import compress
from typing import Any

import numpy as np
from oneiros.errors import DataError

Words = list[int]
Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Vocabulary:
    """Selects words and numbers them.

    # Attributes
        nb_words: int, drops words from this number on; None keeps all but the rarest.
        skip_top: int, drops words below this number.
        maxlen: int, drops texts of this length and longer ones, or None.
        start_char: int, the first item of each text, or None.
        oov_char: int, replaces dropped words; None removes them.
        index_from: int, added to the number of each word.
    """

    nb_words: int | None
    skip_top: int
    maxlen: int | None
    start_char: int | None
    oov_char: int | None
    index_from: int

    def apply(
        self, texts: list[Words], labels: list[Any]
    ) -> tuple[list[Words], list[Any]]:
        """Returns the selected texts with their new numbers, and their labels.

        # Raises
            DataError: if no text remains.
        """
        numbered = self._numbered(texts)
        if self.maxlen:
            is_short = [len(text) < self.maxlen for text in numbered]
            numbered = list(compress(numbered, is_short))
            labels = list(compress(labels, is_short))
        if not numbered:
            raise DataError(
                f"load_data received maxlen={self.maxlen}, but no text is shorter. "
                "Pass a larger number."
            )
        return self._within_vocabulary(numbered), labels

    def _numbered(self, texts: list[Words]) -> list[Words]:
        if self.start_char is not None:
            return [
                [self.start_char, *(word + self.index_from for word in text)]
                for text in texts
            ]
        if self.index_from:
            return [[word + self.index_from for word in text] for text in texts]
        return texts

    def _within_vocabulary(self, texts: list[Words]) -> list[Words]:
        first = self.skip_top
        end = self.nb_words or max(max(text, default=0) for text in texts)
        unknown = self.oov_char
        if unknown is None:
            return [[word for word in text if first <= word < end] for text in texts]
        return [
            [word if first <= word < end else unknown for word in text]
            for text in texts
        ]


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
    sizes_fit = all(map(_is_sequence, (texts, labels))) and len(texts) == len(labels)
    return sizes_fit and all(
        isinstance(text, list) and _NUMBERS.issuperset(map(type, text))
        for text in texts
    )


_NUMBERS = frozenset({int})


def _is_sequence(value: Any) -> bool:
    return isinstance(value, (list, np.ndarray))


def as_rows(texts: list[Words]) -> Array:
    """Returns an array of lists, which may differ in length."""
    return np.fromiter(texts, dtype=object, count=len(texts))
