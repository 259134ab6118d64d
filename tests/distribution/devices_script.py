"""A script for one process with four devices; it fails if something isn't as it
should be."""

import numpy as np
import pytest
from oneiros import backend as K
from oneiros.distribution import DataParallel, info
from oneiros.errors import ArgumentError
from oneiros.layers import Convolution2D, Dense, Embedding, Flatten
from oneiros.models import Sequential

np.random.seed(1)


def check_functions_of_anything():
    """Inputs needn't be batches, nor have rows that four devices divide."""
    a, b = K.placeholder((3, 5)), K.placeholder((5, 2))
    total = K.variable(0.0)
    function = K.function([a, b], [K.dot(a, b)], updates=[(total, total + K.sum(a))])
    x, y = np.random.random((3, 5)), np.random.random((5, 2))
    np.testing.assert_allclose(function([x, y])[0], x @ y, rtol=1e-5)
    np.testing.assert_allclose(K.get_value(total), x.sum(), rtol=1e-5)
    number = K.placeholder(())
    assert K.function([number], [number * 2])([3])[0] == 6


def check_beam_search():
    """It is computed on the host."""
    scores = np.random.random((6, 9, 4)).astype("float32")
    scores /= scores.sum(axis=2, keepdims=True)
    lengths = np.full(6, 9)
    decoded = [K.ctc_decode(scores, lengths, greedy=False, beam_width=5)]
    with DataParallel():
        decoded.append(K.ctc_decode(scores, lengths, greedy=False, beam_width=5))
    alone, together = [K.eval(paths[0]) for paths, _ in decoded]
    np.testing.assert_array_equal(together, alone)


def check_machine_code_of_convolutions():
    """It computes the gradient of large kernels from each device's samples."""
    x = np.random.random((32, 24, 24, 32)).astype("float32")
    y = np.random.random((32, 1))
    trained = []
    for distribution in (None, DataParallel()):
        np.random.seed(2)
        layers = [
            Convolution2D(32, 3, 3, input_shape=x.shape[1:], dim_ordering="tf"),
            Flatten(),
            Dense(1),
        ]
        model = Sequential(layers)
        model.compile("sgd", "mse")
        if distribution is None:
            model.train_on_batch(x, y)
        else:
            with distribution:
                model.train_on_batch(x, y)
        trained.append(model.get_weights())
    for alone, together in zip(*trained, strict=True):
        np.testing.assert_allclose(together, alone, rtol=1e-5, atol=1e-6)


def check_split_weights():
    """A weight that can't be split is refused by name."""
    layers = [Embedding(24, 4, input_length=3, name="words"), Flatten(), Dense(1)]
    model = Sequential(layers)
    with DataParallel(shard={"words": 0}):
        model.compile("adam", "mse")
        x = np.random.randint(0, 24, (20, 3))
        model.fit(x, np.ones(20), nb_epoch=1, verbose=0)
        table = layers[0].W
        moments = [w for w in model.optimizer.weights if K.int_shape(w) == (24, 4)]
        for variable in (table, *moments):
            value = variable.source.storage.slot[0]
            assert value.addressable_data(0).shape == (6, 4)
    refuse(model, {"wrods": 0}, "shard names the layer 'wrods'")
    refuse(model, {layers[2].name: 1}, "can't be split among 4 devices")


def refuse(model, shard, problem):
    """Sees that a model can't be compiled with weights split so."""
    with DataParallel(shard=shard), pytest.raises(ArgumentError, match=problem):
        model.compile("sgd", "mse")


def check_own_rows():
    """Rows of one process that its devices don't divide are refused."""
    model = Sequential([Dense(1, input_dim=2)])
    with DataParallel(own_rows=True):
        assert model.predict(np.ones((8, 2))).shape == (8, 1)
        with pytest.raises(ArgumentError, match="pass a multiple of 4"):
            model.predict(np.ones((9, 2)))


if __name__ == "__main__":
    check_beam_search()
    check_machine_code_of_convolutions()
    with DataParallel():
        assert info().devices == 4
        check_functions_of_anything()
    check_split_weights()
    check_own_rows()
