"""Saving, copying and reading a model while another thread trains it gives a state of
whole updates.

Each update subtracts 1 from each weight, and the optimizer counts the updates, so a
mixture of two states shows.
"""

import copy
import pickle
import threading

import numpy as np
import pytest
from oneiros import backend as K
from oneiros.layers import Dense
from oneiros.models import Sequential
from oneiros.optimizers import SGD
from oneiros.regularizers import l1
from oneiros_saving import model_files

FIRST = 2.0**24
"""The first value of all weights, which falls by one with each update: the largest from
which float32 counts."""
COUNTED = 1e-30
"""A decay that changes nothing, with which the optimizer counts its updates."""
LAYERS = 5
ROWS = 400
REPETITIONS = 1
TIMEOUT = 60
X = np.zeros((ROWS, 4), "float32")


def trained_model():
    model = Sequential()
    for _ in range(LAYERS):
        model.add(Dense(4, input_dim=4, bias=False, W_regularizer=l1(1.0)))
    model.compile(SGD(lr=1.0, decay=COUNTED), "mse")
    model.fit(X[:8], X[:8], batch_size=4, nb_epoch=1, verbose=0)
    model.set_weights([np.full((4, 4), FIRST, "float32")] * LAYERS)
    K.set_value(model.optimizer.iterations, 0)
    return model


def file_state(model, path):
    model.save(path)
    state = model_files.read(path)[1]
    weights = [array for _, arrays in state.weights for _, array in arrays]
    return weights, state.optimizer_weights[0][1]


def weights_file_state(model, path):
    model.save_weights(path)
    arrays = [arrays for _, arrays in model_files.read(path)[1].weights]
    return [array for named in arrays for _, array in named], None


def copy_state(other):
    return other.get_weights(), K.get_value(other.optimizer.iterations)


def deep_copy(model, path):
    return copy_state(copy.deepcopy(model))


def pickled(model, path):
    return copy_state(pickle.loads(pickle.dumps(model)))


def values(model, path):
    return model.get_weights(), None


READINGS = (file_state, values, weights_file_state, deep_copy, values, pickled)


@pytest.mark.parametrize(
    "one_by_one", [False, pytest.param(True, marks=pytest.mark.slow)]
)
def test_each_state_is_one_of_whole_updates(one_by_one, tmp_path):
    model = trained_model()
    configuration = model.to_json()
    trained = threading.Event()
    is_over = threading.Event()
    calls = []

    def train():
        while not is_over.is_set():
            if one_by_one:
                model.train_on_batch(X[:4], X[:4])
            else:
                model.fit(X, X, batch_size=4, nb_epoch=1, verbose=0)
            calls.append(1 if one_by_one else ROWS / 4)
            trained.set()

    training = threading.Thread(target=train)
    training.start()
    states = set()
    try:
        for reading in READINGS * REPETITIONS:
            weights, updates = reading(model, tmp_path / "m.h5")
            numbers = {float(value) for array in weights for value in array.ravel()}
            assert len(numbers) == 1, reading
            (number,) = numbers
            assert updates is None or FIRST - number == updates, reading
            assert model.to_json() == configuration
            states.add(number)
            trained.clear()
            assert trained.wait(TIMEOUT)
    finally:
        is_over.set()
        training.join()
    assert copy_state(model)[1] == sum(calls)
    assert len(states) > len(READINGS) / 2, "there was training meanwhile"
