"""Reuters: 11,228 pieces of news, on 46 topics."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
from oneiros.arguments import check_fraction

from oneiros_datasets.sequences import Array, Vocabulary, are_texts, as_rows, shuffle
from oneiros_datasets.sources import (
    KERAS_2,
    DatasetFile,
    is_pair,
    located,
    read,
    read_words,
    unexpected,
)

NEWS = DatasetFile("reuters.pkl", "https://s3.amazonaws.com/text-datasets/reuters.pkl")
NEWS_OF_KERAS_2 = DatasetFile("reuters.npz", f"{KERAS_2}/reuters.npz")
WORDS = DatasetFile(
    "reuters_word_index.pkl",
    "https://s3.amazonaws.com/text-datasets/reuters_word_index.pkl",
)
WORDS_OF_KERAS_2 = DatasetFile(
    "reuters_word_index.json", f"{KERAS_2}/reuters_word_index.json"
)
EXPECTED = "news as lists of word numbers, and their topics"
Part = tuple[Array, Array]


def load_data(
    path: str | os.PathLike[str] = "reuters.pkl",
    nb_words: int | None = None,
    skip_top: int = 0,
    maxlen: int | None = None,
    test_split: float = 0.2,
    seed: int = 113,
    start_char: int | None = 1,
    oov_char: int | None = 2,
    index_from: int = 3,
) -> tuple[Part, Part]:
    """Returns the news; downloads them if they aren't here.

    A word is a number: the rarer it is, the greater. Numbers up to 2 have no word: 0 is
    for padding, 1 begins a piece, 2 stands for words that are left out.

    It seeds NumPy's generator.

    # Arguments
        path: name of the file in the cache, or its path; `reuters.npz` of Keras 2 is
            read, too.
        nb_words: int, words of this number and rarer ones are left out.
        skip_top: int, words below this number, the most frequent ones, are left out.
        maxlen: int, pieces of this length and longer ones are left out.
        test_split: float, the fraction of the pieces to use for testing.
        seed: int, seed of the pieces' order.
        start_char: int, what each piece begins with, or None.
        oov_char: int, what stands for a word that is left out; None for nothing.
        index_from: int, what is added to the number of each word.

    # Returns
        `(X_train, y_train), (X_test, y_test)`: arrays of lists of int, and int arrays
        of topics from 0 to 45.

    # Raises
        FileMissingError: if they can't be downloaded; the message says where to put
            the file by hand.
        FileFormatError: if the file holds something else.
        ArgumentError: if `test_split` is no fraction.
        DataError: if no piece is shorter than `maxlen`.
    """
    check_fraction("reuters.load_data", "test_split", test_split)
    file = located(path, NEWS, NEWS_OF_KERAS_2)
    texts, labels = _news(file)
    shuffle(seed, texts, labels)
    vocabulary = Vocabulary(
        nb_words, skip_top, maxlen, start_char, oov_char, index_from
    )
    texts, labels = vocabulary.apply(texts, labels)
    cut = int(len(texts) * (1 - test_split))
    return (
        (as_rows(texts[:cut]), np.array(labels[:cut])),
        (as_rows(texts[cut:]), np.array(labels[cut:])),
    )


def _news(path: Path) -> tuple[list[Any], list[Any]]:
    data = read(path)
    if isinstance(data, dict):
        data = (data.get("x"), data.get("y"))
    if not is_pair(data) or not are_texts(*data):
        raise unexpected(path, EXPECTED)
    texts, labels = map(list, data)
    return texts, labels


def get_word_index(
    path: str | os.PathLike[str] = "reuters_word_index.pkl",
) -> dict[str, int]:
    """Returns the number of each word, without what `index_from` adds to it.

    # Arguments
        path: name of the file in the cache, or its path; `reuters_word_index.json` of
            Keras 2 is read, too.

    # Returns
        Dict from words to int: 1 for the most frequent one.

    # Raises
        FileMissingError: if it can't be downloaded; the message says where to put it.
        FileFormatError: if it holds something else.

    # Example
        ```python
        from pathlib import Path

        from oneiros.datasets import reuters

        Path("words.json").write_text('{"the": 1, "and": 2}')
        print(reuters.get_word_index("words.json"))  # {'the': 1, 'and': 2}
        ```
    """
    return read_words(path, WORDS, WORDS_OF_KERAS_2)
