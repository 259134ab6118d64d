"""Texts as words, numbers and vectors, beside what scikit-learn makes of them."""

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oneiros.preprocessing import text
from oneiros.preprocessing.text import Tokenizer, one_hot, text_to_word_sequence

TEXTS = [
    "The cat sat on the mat.",
    "The dog sat; the dog ran!",
    "A cat and a dog: one (1) bird?",
    "",
]
texts = st.lists(st.text("abc XY.,-\t", max_size=20), min_size=1, max_size=6)


def matrix_columns(tokenizer, vectorizer):
    """Returns the columns of a tokenizer in the order of a vectorizer's."""
    return [tokenizer.word_index[word] for word in vectorizer.get_feature_names_out()]


def vectorizer(kind, **options):
    return kind(analyzer=lambda each: text_to_word_sequence(each), **options)


@given(texts)
def test_counts_are_those_of_scikit_learn(texts):
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.preprocessing import normalize

    tokenizer = Tokenizer()
    tokenizer.fit_on_texts(texts)
    if not tokenizer.word_index:
        return
    other = vectorizer(CountVectorizer)
    expected = other.fit_transform(texts).toarray()
    columns = matrix_columns(tokenizer, other)
    counts = tokenizer.texts_to_matrix(texts, "count")
    np.testing.assert_array_equal(counts[:, columns], expected)
    assert counts.sum() == expected.sum()
    binary = tokenizer.texts_to_matrix(texts, "binary")
    np.testing.assert_array_equal(binary[:, columns], expected > 0)
    frequencies = tokenizer.texts_to_matrix(texts, "freq")
    np.testing.assert_allclose(frequencies[:, columns], normalize(expected, "l1"))


def test_tfidf_is_that_of_scikit_learn_but_for_its_idf():
    """scikit-learn has log((1 + n) / (1 + m)) + 1 where Keras 1 has log(1 + n / (1 +
    m)); the factor of the counts is the same."""
    from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer

    tokenizer = Tokenizer()
    tokenizer.fit_on_texts(TEXTS)
    other = vectorizer(TfidfVectorizer, sublinear_tf=True, norm=None)
    weighted = other.fit_transform(TEXTS).toarray()
    counts = vectorizer(CountVectorizer).fit_transform(TEXTS).toarray()
    seen = (counts > 0).sum(axis=0)
    expected = weighted / other.idf_ * np.log(1 + len(TEXTS) / (1 + seen))
    matrix = tokenizer.texts_to_matrix(TEXTS, "tfidf")
    np.testing.assert_allclose(matrix[:, matrix_columns(tokenizer, other)], expected)


def test_words_of_more_texts_are_counted_on():
    tokenizer = Tokenizer()
    tokenizer.fit_on_texts(["a b", "b"])
    tokenizer.fit_on_texts(["b c c c c"])
    assert tokenizer.word_index == {"c": 1, "b": 2, "a": 3}
    assert tokenizer.word_docs == {"a": 1, "b": 3, "c": 1}
    assert tokenizer.document_count == 1


@given(texts, st.integers(1, 5))
def test_rare_words_and_unknown_ones_are_left_out(texts, nb_words):
    tokenizer = Tokenizer(nb_words=nb_words)
    tokenizer.fit_on_texts(texts)
    everything = Tokenizer()
    everything.fit_on_texts(texts)
    expected = [
        [number for number in numbers if number < nb_words]
        for numbers in everything.texts_to_sequences(texts)
    ]
    assert tokenizer.texts_to_sequences(texts) == expected
    assert list(tokenizer.texts_to_sequences_generator(iter(texts))) == expected
    assert tokenizer.texts_to_matrix(texts).shape == (len(texts), nb_words)
    assert tokenizer.texts_to_sequences(["zzz"]) == [[]]


def test_characters_as_words():
    tokenizer = Tokenizer(char_level=True)
    tokenizer.fit_on_texts(["aab", "A!"])
    assert tokenizer.word_index == {"a": 1, "b": 2, "A": 3, "!": 4}
    assert tokenizer.texts_to_sequences(["ba?"]) == [[2, 1]]


def test_sequences_of_numbers_without_texts():
    tokenizer = Tokenizer(nb_words=4)
    tokenizer.fit_on_sequences([[1, 2], [2, 2, 3]])
    assert tokenizer.document_count == 2
    assert tokenizer.index_docs == {1: 1, 2: 2, 3: 1}
    matrix = tokenizer.sequences_to_matrix([[2, 2, 9], []], mode="tfidf")
    expected = (1 + np.log(2)) * np.log(1 + 2 / 3)
    np.testing.assert_allclose(matrix, [[0, 0, expected, 0], [0, 0, 0, 0]])
    assert tokenizer.sequences_to_matrix([[2, 2, 9]], "freq")[0, 2] == 2 / 3


def test_a_tokenizer_is_pickled_with_what_it_learned():
    tokenizer = Tokenizer(nb_words=3)
    tokenizer.fit_on_texts(TEXTS)
    other = pickle.loads(pickle.dumps(tokenizer))
    assert other.texts_to_sequences(TEXTS) == tokenizer.texts_to_sequences(TEXTS)


@pytest.mark.parametrize(
    ("words", "options", "expected"),
    [
        ("Hello, World! it's a_test", {}, ["hello", "world", "it's", "a", "test"]),
        ("A b", {"lower": False}, ["A", "b"]),
        ("a-b c", {"filters": ""}, ["a-b", "c"]),
        ("a,b;c", {"split": ","}, ["a", "b", "c"]),
        ("one--two", {"filters": "", "split": "--"}, ["one", "two"]),
        ("a!b", {"split": "--"}, ["a", "b"]),
        ("Été à\tla\nmer", {}, ["été", "à", "la", "mer"]),
        ("", {}, []),
    ],
)
def test_words_of_a_text(words, options, expected):
    assert text_to_word_sequence(words, **options) == expected


@given(st.text(max_size=30))
def test_words_hold_nothing_that_stands_between_words(words):
    filters = text.base_filter()
    for word in text_to_word_sequence(words, lower=False):
        assert word and not set(word) & set(filters + " ")


PYTHON_2_HASHES = {"a": 12416037344, "hello": 840651671246116861}
"""What `hash` gives in Python 2.7 on 64 bits."""


@given(st.text(max_size=30), st.integers(2, 100))
def test_hashed_words_have_numbers_below_n(words, n):
    numbers = one_hot(words, n)
    assert len(numbers) == len(text_to_word_sequence(words))
    assert all(1 <= number < n for number in numbers)


@pytest.mark.parametrize(("word", "expected"), PYTHON_2_HASHES.items())
def test_hashes_are_those_of_python_2(word, expected):
    for n in (2, 50, 2**40):
        assert one_hot(word, n) == [expected % (n - 1) + 1]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: text_to_word_sequence(b"a b"),
            r"b'a b': write text.decode\('utf-8'\)",
        ),
        (lambda: text_to_word_sequence(None), "received None"),
        (lambda: one_hot("a", 1), "n=1"),
        (lambda: Tokenizer().texts_to_matrix(["a"]), r"Tokenizer\(nb_words=n\)"),
        (
            lambda: Tokenizer(nb_words=3).sequences_to_matrix([[1]], "tfidf"),
            "call fit_on_texts",
        ),
        (
            lambda: Tokenizer(nb_words=3).sequences_to_matrix([[1]], "tf-idf"),
            "mode='tf-idf'.*'tfidf'",
        ),
    ],
)
def test_errors_say_what_was_received(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_numbers_of_words_may_be_floats():
    tokenizer = Tokenizer(nb_words=2e1)
    tokenizer.fit_on_texts(["a b"])
    assert tokenizer.texts_to_matrix(["a"]).shape == (1, 20)
    numbers = one_hot("the cat and the dog", 1e3)
    assert numbers == one_hot("the cat and the dog", 1000)
    assert {type(number) for number in numbers} == {int}
