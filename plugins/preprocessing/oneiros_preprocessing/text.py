"""Splits texts into words, and turns texts into word numbers, by their hashes or by a
vocabulary."""

from collections import Counter
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

import numpy as np
from oneiros.arguments import (
    check_choice,
    check_int,
    check_optional_int,
    int_if_whole,
    open_to_old_code,
    shown,
)
from oneiros.errors import ArgumentError, DataError
from oneiros.typing import Array

PUNCTUATION = '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n'
"""Characters that separate words; an apostrophe is part of a word."""
WORD_BITS = 64
MULTIPLIER = 1_000_003


def base_filter() -> str:
    """Returns the characters that separate words, the default of `filters`.

    Keras 1.0 and 1.1 had this function.

    # Returns
        Str of 34 characters: punctuation without the apostrophe, tab, new line.

    # Example
        ```python
        from oneiros.preprocessing.text import base_filter

        print("!" in base_filter(), "'" in base_filter())  # True False
        ```
    """
    return PUNCTUATION


@open_to_old_code
def text_to_word_sequence(
    text: str, filters: str = PUNCTUATION, lower: bool = True, split: str = " "
) -> list[str]:
    """Splits a text into words.

    # Arguments
        text: str.
        filters: str, characters that separate words.
        lower: bool, whether to convert words to lower case.
        split: str, another separator of words.

    # Returns
        List of str.

    # Raises
        DataError: if the text isn't a str.

    # Example
        ```python
        from oneiros.preprocessing.text import text_to_word_sequence

        print(text_to_word_sequence("Don't stop, it said."))
        # ["don't", 'stop', 'it', 'said']
        ```
    """
    if not isinstance(text, str):
        advice = ": write text.decode('utf-8')" if isinstance(text, bytes) else ""
        raise DataError(f"Expected a text; received {shown(text)}{advice}.")
    if lower:
        text = text.lower()
    separated = text.translate(_separators(filters, split))
    return [word for word in separated.split(split) if word]


@lru_cache
def _separators(filters: str, split: str) -> dict[int, str]:
    """Returns the table with which `str.translate` puts `split` between words.

    Made for each text, it prolongs the counting of short texts' words by 29 %
    (`benchmarks/mechanisms.py separators`).
    """
    return {ord(character): split for character in filters}


@open_to_old_code
def one_hot(
    text: str, n: int, filters: str = PUNCTUATION, lower: bool = True, split: str = " "
) -> list[int]:
    """Numbers the words of a text by their hashes; several words may share a number.

    It is the hash of 64-bit Python 2.7, which is the same in every process.

    # Arguments
        text: str.
        n: int, an upper limit of the numbers.
        filters, lower, split: as for `text_to_word_sequence`.

    # Returns
        List of int, from 1 to `n - 1`.

    # Raises
        ArgumentError: if `n` isn't an integer of at least 2.
        DataError: if the text isn't a str.

    # Example
        ```python
        from oneiros.preprocessing.text import one_hot

        print(one_hot("the cat saw the dog", 50))  # [16, 34, 28, 16, 20]
        ```
    """
    n = check_int("one_hot", "n", int_if_whole(n), minimum=2)
    words = text_to_word_sequence(text, filters=filters, lower=lower, split=split)
    return [abs(_hash(word)) % (n - 1) + 1 for word in words]


@lru_cache(maxsize=100_000)
def _hash(word: str) -> int:
    """Returns `hash(word)` as in Python 2.7, which doesn't salt hashes.

    If it computes each word anew, `one_hot` takes 4.8 times as long
    (`benchmarks/mechanisms.py word_hashes`).
    """
    mask = 2**WORD_BITS - 1
    value = ord(word[0]) << 7
    for character in word:
        value = (MULTIPLIER * value ^ ord(character)) & mask
    value ^= len(word)
    if value >= 2 ** (WORD_BITS - 1):
        value -= 2**WORD_BITS
    return -2 if value == -1 else value


MODES = ("binary", "count", "tfidf", "freq")


class Tokenizer:
    """Numbers the words of texts by frequency.

    The most frequent word has number 1; 0 means no word.

    # Arguments
        nb_words: int; words with numbers above `nb_words - 1` are dropped from the
            results. None drops no words.
        filters: str, characters that separate words.
        lower: bool, whether to convert words to lower case.
        split: str, another separator of words.
        char_level: bool, whether each character is a word; texts are then used
            unchanged.

    # Properties
        word_counts: dict, how often each word occurred.
        word_docs: dict, in how many texts each word occurred.
        word_index: dict, the words' numbers.
        index_docs: dict, in how many texts the word with each number occurred.
        document_count: int, the number of texts in the last call of `fit_on_texts`.

    # Example
        ```python
        from oneiros.preprocessing.text import Tokenizer

        tokenizer = Tokenizer()
        tokenizer.fit_on_texts(["The cat saw the dog.", "The dog slept."])
        print(tokenizer.word_index)
        # {'the': 1, 'dog': 2, 'cat': 3, 'saw': 4, 'slept': 5}
        print(tokenizer.texts_to_sequences(["A dog saw the cat"]))  # [[2, 4, 1, 3]]
        print(tokenizer.texts_to_matrix(["the dog, the cat"], mode="count"))
        # [[0. 2. 1. 1. 0. 0.]]
        ```
    """

    @open_to_old_code
    def __init__(
        self,
        nb_words: int | None = None,
        filters: str = PUNCTUATION,
        lower: bool = True,
        split: str = " ",
        char_level: bool = False,
    ):
        self.nb_words = check_optional_int(
            "Tokenizer", "nb_words", int_if_whole(nb_words)
        )
        self.filters = filters
        self.lower = lower
        self.split = split
        self.char_level = char_level
        self.word_counts: dict[str, int] = {}
        self.word_docs: dict[str, int] = {}
        self.word_index: dict[str, int] = {}
        self.index_docs: dict[int, int] = {}
        self.document_count = 0

    def fit_on_texts(self, texts: Iterable[Any]) -> None:
        """Learns words and their numbers.

        It adds to the counts of earlier calls.

        # Arguments
            texts: list or iterator of str; with `char_level`, also of lists of str.
        """
        self.document_count = 0
        for text in texts:
            self.document_count += 1
            words = self._words(text)
            for word in words:
                self.word_counts[word] = self.word_counts.get(word, 0) + 1
            for word in dict.fromkeys(words):
                self.word_docs[word] = self.word_docs.get(word, 0) + 1
        by_count = sorted(
            self.word_counts, key=lambda word: self.word_counts[word], reverse=True
        )
        self.word_index = {word: rank for rank, word in enumerate(by_count, start=1)}
        self.index_docs = {
            self.word_index[word]: count for word, count in self.word_docs.items()
        }

    def fit_on_sequences(self, sequences) -> None:
        """Counts in how many sequences each number occurs.

        Use it for `mode="tfidf"` without `fit_on_texts`.

        # Arguments
            sequences: list of lists of int.
        """
        self.document_count = len(sequences)
        self.index_docs = dict(
            Counter(number for sequence in sequences for number in set(sequence))
        )

    def texts_to_sequences(self, texts: Iterable[Any]) -> list[list[int]]:
        """Turns texts into lists of word numbers; unknown words are dropped.

        # Arguments
            texts: list or iterator of str.

        # Returns
            List of lists of int.
        """
        return list(self.texts_to_sequences_generator(texts))

    def texts_to_sequences_generator(self, texts: Iterable[Any]) -> Iterator[list[int]]:
        """Yields the items of `texts_to_sequences` one by one."""
        for text in texts:
            numbers = (self.word_index.get(word) for word in self._words(text))
            yield [
                number
                for number in numbers
                if number is not None and self._is_kept(number)
            ]

    def texts_to_matrix(self, texts: Iterable[Any], mode: str = "binary") -> Array:
        """Returns one row per text, with one value per word.

        # Arguments
            texts: list or iterator of str.
            mode: the kind of value, as for `sequences_to_matrix`.

        # Returns
            float64 array `(number of texts, nb_words)`, as from `sequences_to_matrix`.
        """
        return self.sequences_to_matrix(self.texts_to_sequences(texts), mode=mode)

    def sequences_to_matrix(self, sequences, mode: str = "binary") -> Array:
        """Returns one row per sequence, with one value per number.

        # Arguments
            sequences: list of lists of int.
            mode: `"binary"`: 1 where the number occurs. `"count"`: how often it does.
                `"freq"`: the count divided by the sequence's length. `"tfidf"`: `(1 +
                log(count)) * log(1 + n / (1 + m))`, where `m` of the `n` fitted texts
                contain the number.

        # Returns
            float64 array `(len(sequences), nb_words)`. Without `nb_words`, it has one
            column per fitted word, and one for 0.

        # Raises
            ArgumentError: if the mode is unknown, or the number of columns isn't known,
                or `"tfidf"` is used before fitting.
        """
        check_choice("sequences_to_matrix", "mode", mode, MODES)
        if mode == "tfidf" and not self.document_count:
            raise ArgumentError(
                "mode='tfidf' needs to know in how many texts a word occurs: call "
                "fit_on_texts or fit_on_sequences first."
            )
        rows = list(sequences)
        matrix = np.zeros((len(rows), self._columns()))
        for row, sequence in zip(matrix, rows, strict=True):
            counts = Counter(number for number in sequence if number < len(row))
            for number, count in counts.items():
                row[number] = self._value(mode, number, count, len(sequence))
        return matrix

    def _words(self, text):
        """Returns the words of a text; a list of words stays unchanged."""
        if self.char_level or isinstance(text, (list, tuple)):
            return text
        return text_to_word_sequence(text, self.filters, self.lower, self.split)

    def _is_kept(self, number: int) -> bool:
        return not self.nb_words or number < self.nb_words

    def _columns(self) -> int:
        if self.nb_words:
            return self.nb_words
        if not self.word_index:
            raise ArgumentError(
                "The number of columns isn't known: write Tokenizer(nb_words=n), or "
                "call fit_on_texts first."
            )
        return len(self.word_index) + 1

    def _value(self, mode: str, number: int, count: int, length: int) -> float:
        if mode == "count":
            return count
        if mode == "freq":
            return count / length
        if mode == "tfidf":
            with_it = self.index_docs.get(number, 0)
            frequency = 1 + np.log(count)
            return float(frequency * np.log(1 + self.document_count / (1 + with_it)))
        return 1
