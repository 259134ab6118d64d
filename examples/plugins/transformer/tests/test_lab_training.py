"""What transformers are trained with: the papers' formulas, and what a network learns
with all of it."""

import numpy as np
import pytest
from oneiros import activations, initializations, metrics, objectives
from oneiros import backend as K
from oneiros.applications.transformer import tagger
from oneiros.constraints import ZeroRow
from oneiros.errors import ArgumentError
from oneiros.layers import Dense, Embedding, Flatten
from oneiros.models import Sequential
from oneiros.optimizers import Adam
from oneiros.regularizers import ZLoss

RANDOM = np.random.default_rng(3)
SCORES = RANDOM.normal(size=(2, 6, 5)).astype("float32")
NUMBERS = RANDOM.integers(0, 5, size=(2, 6, 1))


def shares_of(scores):
    powers = np.exp(scores)
    return powers / powers.sum(axis=-1, keepdims=True)


def evaluated(function, *arrays):
    return K.eval(function(*map(K.variable, arrays)))


def test_squared_relu():
    found = evaluated(activations.get("squared_relu"), SCORES)
    np.testing.assert_allclose(found, np.maximum(SCORES, 0) ** 2, rtol=1e-6)


@pytest.mark.parametrize("shape", [(400, 100), (3, 3, 40, 50)])
def test_small_normal_has_the_deviation_of_the_paper(shape):
    np.random.seed(1)
    values = K.get_value(initializations.get("small_normal")(shape, dim_ordering="tf"))
    inputs = np.prod(shape[:-1])
    assert values.std() == pytest.approx(np.sqrt(2 / (5 * inputs)), rel=0.05)
    assert abs(values.mean()) < values.std() / 10


def test_smoothed_labels_are_those_of_the_paper():
    shares = shares_of(SCORES)
    targets = 0.9 * np.eye(5)[NUMBERS[..., 0]] + 0.1 / 5
    expected = -(targets * np.log(shares)).sum(axis=-1)
    loss = objectives.get("sparse_smoothed_crossentropy")
    np.testing.assert_allclose(evaluated(loss, NUMBERS, shares), expected, rtol=1e-5)


def test_perplexity_is_the_number_of_classes_that_seem_alike():
    alike = np.zeros((2, 6, 5))
    alike[..., :4] = 0.25
    perplexity = metrics.get("sparse_perplexity")
    assert evaluated(perplexity, NUMBERS % 4, alike) == pytest.approx(4, rel=1e-5)


def test_zloss_is_that_of_the_paper():
    logarithms = np.log(np.exp(SCORES).sum(axis=-1))
    expected = 0.5 * (logarithms**2).mean()
    assert evaluated(ZLoss(0.5), SCORES) == pytest.approx(expected, rel=1e-5)
    huge = evaluated(ZLoss(0.5), SCORES + 1000)
    assert huge == pytest.approx(0.5 * ((logarithms + 1000) ** 2).mean(), rel=1e-5)


def test_a_zero_row_stays_zero_in_training():
    words = Embedding(4, 3, input_length=2, W_constraint=ZeroRow(2))
    model = Sequential([words, Flatten(), Dense(1)])
    model.compile("adam", "mse")
    model.fit([[0, 2], [1, 2], [3, 2]], np.ones((3, 1)), nb_epoch=2, verbose=0)
    (vectors,) = words.get_weights()
    assert not vectors[2].any() and vectors[[0, 1, 3]].all()
    with pytest.raises(ArgumentError, match="ZeroRow received row=-1"):
        ZeroRow(-1)


def test_accuracy_knows_that_targets_are_class_numbers():
    model = Sequential([Dense(5, input_dim=3, activation="softmax")])
    names = ["accuracy", "sparse_categorical_accuracy"]
    model.compile("sgd", "sparse_smoothed_crossentropy", metrics=names)
    inputs = RANDOM.normal(size=(40, 3))
    numbers = model.predict(inputs).argmax(axis=-1)
    numbers[::4] += 1
    _, found, expected = model.evaluate(inputs, numbers[:, np.newaxis] % 5, verbose=0)
    assert found == expected == 0.75


def test_a_tagger_learns_and_leaves_padding_alone():
    np.random.seed(2)
    words = RANDOM.integers(1, 6, size=(64, 4))
    tags = (words % 3)[..., np.newaxis]
    padded = words.copy()
    padded[::2, 3] = 0
    model = tagger(words=6, classes=3, max_steps=4, blocks=1, num_heads=1)
    loss = "sparse_smoothed_crossentropy"
    model.compile(Adam(lr=0.02), loss, metrics=["sparse_perplexity"])
    model.fit(padded, tags, nb_epoch=20, verbose=0)
    _, perplexity = model.evaluate(words, tags, verbose=0)
    assert 1 < perplexity < 1.3
    assert not model.layers[1].get_weights()[0][0].any()
