"""Splits texts into words, and numbers words without a vocabulary."""

from functools import lru_cache

from oneiros.arguments import check_int, int_if_whole, open_to_old_code, shown
from oneiros.errors import DataError

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
    """Returns the table with which `str.translate` puts `split` between words."""
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
    """Returns `hash(word)` as in Python 2.7, which doesn't salt hashes."""
    mask = 2**WORD_BITS - 1
    value = ord(word[0]) << 7
    for character in word:
        value = (MULTIPLIER * value ^ ord(character)) & mask
    value ^= len(word)
    if value >= 2 ** (WORD_BITS - 1):
        value -= 2**WORD_BITS
    return -2 if value == -1 else value
