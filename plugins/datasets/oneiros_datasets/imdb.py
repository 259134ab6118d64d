"""IMDB: 50,000 positive and negative film reviews."""

import warnings
from pathlib import Path
from typing import Any

from oneiros.arguments import open_to_old_code

from oneiros_datasets.sequences import are_texts, divided, numbered, shuffle
from oneiros_datasets.sources import (
    KERAS_2,
    DatasetFile,
    Part,
    PathLike,
    halves,
    located,
    read_words,
    unexpected,
)

REVIEWS = DatasetFile(
    "imdb_full.pkl", "https://s3.amazonaws.com/text-datasets/imdb_full.pkl"
)
REVIEWS_OF_KERAS_2 = DatasetFile(
    "imdb.npz",
    f"{KERAS_2}/imdb.npz",
    sha256="69664113be75683a8fe16e3ed0ab59fda8886cb3cd7ada244f7d9544e4676b9f",
)
WORDS = DatasetFile(
    "imdb_word_index.pkl", "https://s3.amazonaws.com/text-datasets/imdb_word_index.pkl"
)
WORDS_OF_KERAS_2 = DatasetFile(
    "imdb_word_index.json", f"{KERAS_2}/imdb_word_index.json"
)
EXPECTED = "reviews as lists of word numbers, and labels, for training and for testing"
TEST = 2
"""The test data is shuffled with twice the seed."""


@open_to_old_code
def load_data(
    path: PathLike = "imdb_full.pkl",
    nb_words: int | None = None,
    skip_top: int = 0,
    maxlen: int | None = None,
    seed: int = 113,
    start_char: int | None = 1,
    oov_char: int | None = 2,
    index_from: int = 3,
) -> tuple[Part, Part]:
    """Returns the reviews; downloads them if needed.

    Each word is a number; rarer words have larger numbers. Numbers up to 2 aren't
    words: 0 is for padding, 1 for the start of a review, 2 for dropped words.

    It seeds NumPy's generator.

    # Arguments
        path: name of the file in the cache, or its path; `imdb.npz` of Keras 2 works,
            too.
        nb_words: int, drops words with this number and rarer ones.
        skip_top: int, drops words below this number, which are the most frequent.
        maxlen: int, drops reviews of this length and longer ones.
        seed: int, seed of the reviews' order.
        start_char: int, the first item of each review, or None.
        oov_char: int, replaces dropped words; None removes them.
        index_from: int, added to the number of each word.

    # Returns
        `(X_train, y_train), (X_test, y_test)`: arrays of lists of int, and int arrays
        of labels, 0 for negative and 1 for positive; 25,000 each. The training data is
        the first 25,000 reviews that remain after `maxlen`.

    # Raises
        FileMissingError: if they can't be downloaded. The message says where you can
            put the file by hand.
        FileFormatError: if the file has other contents.
        DataError: if no review is shorter than `maxlen`.

    # References
        A. L. Maas, R. E. Daly, P. T. Pham, D. Huang, A. Y. Ng, C. Potts: Learning word
        vectors for sentiment analysis. ACL, 2011.
    """
    file = located(path, REVIEWS, REVIEWS_OF_KERAS_2)
    texts, labels, cut = _shuffled(halves(file, EXPECTED), file, seed)
    words = nb_words, skip_top, maxlen, start_char, oov_char, index_from
    texts, labels = numbered(texts, labels, *words)
    _warn_of_strays([factor for _, factor in labels[:cut]].count(TEST), maxlen)
    return divided(texts, [label for label, _ in labels], cut)


def _shuffled(
    parts: tuple[Part, Part], file: Path, seed: int
) -> tuple[list[Any], list[Any], int]:
    """Returns all texts, their labels with the part's number, and the number of texts
    for training."""
    if not all(are_texts(*part) for part in parts):
        raise unexpected(file, EXPECTED)
    texts: list[Any] = []
    labels: list[Any] = []
    for factor, part in enumerate(parts, 1):
        part_texts, part_labels = map(list, part)
        shuffle(seed * factor, part_texts, part_labels)
        texts += part_texts
        labels += [(label, factor) for label in part_labels]
    return texts, labels, len(parts[0][0])


def _warn_of_strays(count: int, maxlen: int | None) -> None:
    """Warns about test reviews that are now in the training data."""
    if count:
        warnings.warn(
            f"imdb.load_data(maxlen={maxlen}): {count:,} of the test reviews "
            "are in the training data, as in Keras 1, which splits after it drops long "
            "ones. To keep them apart, load without maxlen and filter each part.",
            stacklevel=3,
        )


def get_word_index(path: PathLike = "imdb_word_index.pkl") -> dict[str, int]:
    """Returns the number of each word, before `index_from` is added.

    # Arguments
        path: name of the file in the cache, or its path; `imdb_word_index.json` of
            Keras 2 works, too.

    # Returns
        Dict from words to int; the most frequent word has number 1.

    # Raises
        FileMissingError: if it can't be downloaded. The message says where you can put
            it by hand.

    # Example
        ```python
        from pathlib import Path

        from oneiros.datasets import imdb

        Path("words.json").write_text('{"the": 1, "and": 2}')
        print(imdb.get_word_index("words.json"))  # {'the': 1, 'and': 2}
        ```
    """
    return read_words(path, WORDS, WORDS_OF_KERAS_2)
