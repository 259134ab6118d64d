"""Reuters: 11,228 news stories on 46 topics."""

from oneiros.arguments import check_fraction, open_to_old_code

from oneiros_datasets.sequences import are_texts, divided, numbered, shuffle
from oneiros_datasets.sources import (
    KERAS_2,
    DatasetFile,
    Part,
    PathLike,
    is_pair,
    located,
    read,
    read_words,
    unexpected,
)

NEWS = DatasetFile("reuters.pkl", "https://s3.amazonaws.com/text-datasets/reuters.pkl")
NEWS_OF_KERAS_2 = DatasetFile(
    "reuters.npz",
    f"{KERAS_2}/reuters.npz",
    sha256="d6586e694ee56d7a4e65172e12b3e987c03096cb01eab99753921ef915959916",
)
WORDS = DatasetFile(
    "reuters_word_index.pkl",
    "https://s3.amazonaws.com/text-datasets/reuters_word_index.pkl",
)
WORDS_OF_KERAS_2 = DatasetFile(
    "reuters_word_index.json", f"{KERAS_2}/reuters_word_index.json"
)
EXPECTED = "news as lists of word numbers, and their topics"


@open_to_old_code
def load_data(
    path: PathLike = "reuters.pkl",
    nb_words: int | None = None,
    skip_top: int = 0,
    maxlen: int | None = None,
    test_split: float = 0.2,
    seed: int = 113,
    start_char: int | None = 1,
    oov_char: int | None = 2,
    index_from: int = 3,
) -> tuple[Part, Part]:
    """Returns the news stories; downloads them if needed.

    They are coded as the reviews of `imdb.load_data`, and it seeds NumPy's generator.

    # Arguments
        path: name of the file in the cache, or its path; `reuters.npz` of Keras 2
            works, too.
        test_split: float, the fraction of the stories to use for testing.
        nb_words, skip_top, maxlen, seed, start_char, oov_char, index_from: as for
            `imdb.load_data`.

    # Returns
        `(X_train, y_train), (X_test, y_test)`: arrays of lists of int, and int arrays
        of topics from 0 to 45.

    # Raises
        FileMissingError: if they can't be downloaded. The message says where you can
            put the file by hand.
        FileFormatError: if the file has other contents.
        ArgumentError: if `test_split` isn't a fraction.
        DataError: if no story is shorter than `maxlen`.
    """
    check_fraction("reuters.load_data", "test_split", test_split)
    file = located(path, NEWS, NEWS_OF_KERAS_2)
    data = read(file)
    if isinstance(data, dict):
        data = (data.get("x"), data.get("y"))
    if not is_pair(data) or not are_texts(*data):
        raise unexpected(file, EXPECTED)
    texts, labels = map(list, data)
    shuffle(seed, texts, labels)
    words = nb_words, skip_top, maxlen, start_char, oov_char, index_from
    texts, labels = numbered(texts, labels, *words)
    return divided(texts, labels, int(len(texts) * (1 - test_split)))


def get_word_index(path: PathLike = "reuters_word_index.pkl") -> dict[str, int]:
    """Returns the number of each word, before `index_from` is added.

    # Arguments
        path: name of the file in the cache, or its path; `reuters_word_index.json` of
            Keras 2 works, too.

    # Returns
        Dict from words to int; the most frequent word has number 1.

    # Raises
        FileMissingError: if it can't be downloaded. The message says where you can put
            it by hand.
        FileFormatError: if the file has other contents.

    # Example
        ```python
        from pathlib import Path

        from oneiros.datasets import reuters

        Path("words.json").write_text('{"the": 1, "and": 2}')
        print(reuters.get_word_index("words.json"))  # {'the': 1, 'and': 2}
        ```
    """
    return read_words(path, WORDS, WORDS_OF_KERAS_2)
