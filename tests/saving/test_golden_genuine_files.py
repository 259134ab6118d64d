"""Files that others trained, years ago, give their predictions on every backend."""

import csv

import numpy as np
import pytest
from backends import trains
from oneiros.layers import (
    ELU,
    GRU,
    BatchNormalization,
    Convolution2D,
    Dense,
    MaxPooling2D,
    Permute,
    Reshape,
    ZeroPadding2D,
)
from oneiros.models import Sequential, load_model, model_from_json


@pytest.fixture
def genuine(request):
    return request.path.parent / "genuine"


def test_a_network_for_digits_trained_on_theano(genuine, predicting_backend):
    model = model_from_json((genuine / "keras2cpp" / "my_nn_arch.json").read_text())
    model.load_weights(genuine / "keras2cpp" / "my_nn_weights.h5")
    expected = np.load(genuine / "keras2cpp" / "expected.npz")
    predictions = model.predict(expected["x"].reshape(-1, 1, 28, 28))
    np.testing.assert_allclose(
        predictions, expected["out"].reshape(predictions.shape), atol=1e-5
    )
    model.load_weights(
        genuine / "keras2cpp" / "my_nn_weights.h5", trained_on="tensorflow"
    )
    assert (
        abs(model.predict(expected["x"].reshape(-1, 1, 28, 28)) - predictions).max()
        > 1e-3
    )


def test_a_tagger_of_music_trained_on_theano(genuine, predicting_backend):
    image = {"dim_ordering": "th"}
    model = Sequential([ZeroPadding2D((0, 37), input_shape=(1, 96, 1366), **image)])
    model.add(BatchNormalization(axis=3, name="bn_0_freq"))
    for block, (filters, pool) in enumerate([(64, 2), (128, 3), (128, 4), (128, 4)], 1):
        model.add(
            Convolution2D(
                filters, 3, 3, border_mode="same", name=f"conv{block}", **image
            )
        )
        model.add(BatchNormalization(axis=1, name=f"bn{block}"))
        model.add(ELU())
        model.add(MaxPooling2D((pool, pool), **image))
    for layer in (
        Permute((3, 1, 2)),
        Reshape((15, 128)),
        GRU(32, return_sequences=True),
        GRU(32),
    ):
        model.add(layer)
    model.add(Dense(50, activation="sigmoid", name="output"))
    model.load_weights(
        genuine / "music_tagger_crnn" / "music_tagger_crnn_weights_theano.h5"
    )
    x = np.random.RandomState(0).normal(-40, 20, (2, 1, 96, 1366))
    expected = np.load(genuine / "music_tagger_crnn" / "expected.npz")["out"]
    np.testing.assert_allclose(model.predict(x), expected, atol=1e-5)


def test_a_network_for_surnames_of_keras_2(genuine, predicting_backend):
    model = load_model(genuine / "ethnicolr" / "census2000_ln_lstm.h5")
    with (genuine / "ethnicolr" / "census2000_ln_vocab.csv").open() as file:
        vocabulary = [row[0] for row in csv.reader(file)][1:]
    pairs = [vocabulary.index(pair) for pair in ("Sm", "mi", "it", "th")]
    predictions = model.predict(np.array([[0] * 16 + pairs]))
    np.testing.assert_allclose(
        predictions, [[0.002019, 0.247235, 0.014485, 0.736260]], atol=1e-6
    )
    if trains():
        steps = model.optimizer.get_weights()[0]
        assert steps > 0, "the optimizer goes on where it was"
