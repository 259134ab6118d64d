"""What Keras 1.2.2 itself drew, transformed, counted and filled up."""

import json
import random

import numpy as np
import pytest
from oneiros.preprocessing import image, sequence, text


@pytest.fixture(scope="module")
def cases(golden_dir):
    return json.loads((golden_dir / "preprocessing.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def arrays(golden_dir):
    with np.load(golden_dir / "preprocessing.npz") as stored:
        return dict(stored)


def assert_close(actual, expected, atol=1e-4):
    np.testing.assert_allclose(actual, expected, rtol=1e-4, atol=atol)


def test_transforms(cases, arrays):
    for case in cases["transforms"]:
        x = arrays[case["x"]][0].astype("float32")
        np.random.seed(case["seed"])
        image_array = getattr(image, case["function"])(x, **case["arguments"])
        assert_close(image_array, arrays[case["id"]])
        assert np.random.random() == case["next_draw"], case


def assert_learned(name, actual, expected):
    """Of fewer images than pixels, the matrix is determined only where they differ.

    There its values are far below those of the directions in which no image lies, which
    the kernels of LAPACK choose.
    """
    if name == "principal_components":
        scales, directions = np.linalg.eigh(expected.astype("float64"))
        seen = directions[:, scales < 1]
        assert 0 < seen.shape[1] < len(expected)
        actual, expected = seen.T @ actual @ seen, seen.T @ expected @ seen
        np.testing.assert_allclose(actual, expected, rtol=1e-2, atol=1e-5)
    else:
        np.testing.assert_allclose(actual, expected, rtol=1e-2, atol=1e-2)


def test_batches(cases, arrays):
    for case in cases["batches"]:
        ordering = case["dim_ordering"]
        generator = image.ImageDataGenerator(dim_ordering=ordering, **case["options"])
        x = arrays[f"x_{ordering}"].astype(case["dtype"])
        if case["fit"] is not None:
            generator.fit(x, **case["fit"])
            for name in ("mean", "std", "principal_components"):
                learned = arrays.get(f"{case['id']}/{name}")
                if learned is not None:
                    assert_learned(name, getattr(generator, name), learned)
                    setattr(generator, name, learned)
        np.random.seed(case["np_seed"])
        batches = generator.flow(x, np.arange(5), **case["flow"])
        for number in range(case["count"]):
            batch = next(batches)
            for name, array in zip("xy", batch, strict=True):
                expected = arrays[f"{case['id']}/{name}{number}"]
                assert array.dtype == expected.dtype
                # Pixels up to 255 times 11 cancel out in float32.
                is_white = case["options"].get("zca_whitening")
                assert_close(array, expected, 1e-3 if is_white else 1e-4)
        assert np.random.random() == case["next_draw"], case


def test_orders(cases):
    for case in cases["orders"]:
        np.random.seed(case["np_seed"])
        names = ("n", "batch_size", "shuffle", "seed")
        iterator = image.Iterator(*(case[name] for name in names))
        for expected in case["batches"]:
            numbers, first, size = next(iterator.index_generator)
            assert [numbers.tolist(), first, size] == expected
        assert iterator.batch_index == case["batch_index"]
        assert iterator.total_batches_seen == case["total_batches_seen"]


def test_pictures_of_arrays(cases, arrays):
    for case in cases["images"]:
        x = arrays[f"{case['id']}/x"]
        pixels = np.asarray(image.array_to_img(x, **case["arguments"]))
        # A value that float32 rounds to the other side of an integer is one off.
        assert pixels.dtype == "uint8"
        expected = arrays[f"{case['id']}/y"].astype(int)
        assert abs(pixels - expected).max() <= 1


def test_padded_sequences(cases):
    for case in cases["pad_sequences"]:
        padded = sequence.pad_sequences(case["sequences"], **case["arguments"])
        assert padded.dtype == case["dtype"]
        assert padded.tolist() == case["result"]


def test_sampling_tables(cases):
    for case in cases["sampling_tables"]:
        table = sequence.make_sampling_table(case["size"], case["sampling_factor"])
        np.testing.assert_allclose(table, case["table"], rtol=1e-12)


def test_skipgrams(cases):
    for case in cases["skipgrams"]:
        random.seed(case["seed"])
        grams = sequence.skipgrams(
            case["sequence"], case["vocabulary_size"], **case["arguments"]
        )
        assert grams == (case["pairs"], case["labels"])
        assert random.random() == case["next_draw"]


def test_words(cases):
    for case in cases["words"]:
        words = text.text_to_word_sequence(case["text"], **case["arguments"])
        assert words == case["words"]


def test_tokenizers(cases):
    for case in cases["tokenizers"]:
        tokenizer = text.Tokenizer(**case["arguments"])
        tokenizer.fit_on_texts(case["texts"])
        for name in ("word_counts", "word_docs", "word_index", "document_count"):
            assert getattr(tokenizer, name) == case[name]
        assert tokenizer.index_docs == dict(case["index_docs"])
        assert tokenizer.texts_to_sequences(case["texts"]) == case["sequences"]
        for mode, expected in case["matrices"].items():
            matrix = tokenizer.texts_to_matrix(case["texts"], mode)
            np.testing.assert_allclose(matrix, expected, rtol=1e-12)
