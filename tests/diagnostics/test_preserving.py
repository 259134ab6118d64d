"""A model that something was tried with is what it was before."""

import numpy as np
import pytest
from oneiros import backend as K
from oneiros.diagnostics import (
    find_learning_rate,
    overfit_batch,
    preserved,
    weight_statistics,
)
from oneiros.layers import LSTM, BatchNormalization, Dense
from oneiros.models import Sequential
from oneiros_visualization.diagnostics import learning_rate
from small_models import compiled_dense


def data(rows=64):
    x = np.random.RandomState(3).normal(size=(rows, 4)).astype("float32")
    return x, x[:, :1]


def trained(optimizer="adam"):
    """Returns a model with state in its layers and its optimizer, trained a little."""
    np.random.seed(5)
    layers = [Dense(3, input_dim=4), BatchNormalization(), Dense(1)]
    model = Sequential(layers)
    model.compile(optimizer, "mse")
    model.fit(*data(), nb_epoch=2, verbose=0)
    return model


def state(model):
    """Returns all that a training goes on from."""
    optimizer = model.optimizer
    rate = K.get_value(optimizer.lr)
    arrays = [*model.get_weights(), *optimizer.get_weights(), rate]
    return [np.asarray(array).tobytes() for array in arrays]


def interrupted(*_):
    raise KeyboardInterrupt


def test_training_goes_on_as_if_nothing_had_been_tried():
    model = trained()
    weights = model.get_weights()
    optimizer_state = model.optimizer.get_weights()
    generator_state = np.random.get_state()
    expected = model.fit(*data(), nb_epoch=2, verbose=0).history["loss"]
    model.set_weights(weights)
    model.optimizer.set_weights(optimizer_state)
    np.random.set_state(generator_state)
    before = state(model)

    find_learning_rate(model, *data(), batches=12)
    assert state(model) == before
    overfit_batch(model, *data(), steps=3)
    assert state(model) == before
    weight_statistics(model, *data())
    assert state(model) == before
    losses = model.fit(*data(), nb_epoch=2, verbose=0).history["loss"]
    assert losses == expected


def test_an_interrupt_leaves_the_model_as_it_was(monkeypatch):
    model = trained()
    before = state(model)
    monkeypatch.setattr(learning_rate._Ramp, "_has_diverged", interrupted)
    with pytest.raises(KeyboardInterrupt):
        find_learning_rate(model, *data(), batches=12)
    assert state(model) == before
    assert model.history.epoch == [0, 1]


def test_weights_that_became_nan_are_as_before():
    model = trained("sgd")
    before = state(model)
    K.set_value(model.optimizer.lr, 0.01)
    with preserved(model):
        K.set_value(model.optimizer.lr, 1e30)
        model.train_on_batch(*data())
        model.train_on_batch(*data())
        assert not np.isfinite(model.get_weights()[0]).all()
    assert state(model) == before


def test_states_between_batches_are_as_before():
    layer = LSTM(2, stateful=True, batch_input_shape=(2, 3, 4))
    model = Sequential([layer])
    model.compile("sgd", "mse")
    x = np.ones((2, 3, 4), "float32")
    model.predict(x, batch_size=2)
    before = K.batch_get_value(layer.states)
    with preserved(model):
        model.fit(x, np.ones((2, 2)), batch_size=2, nb_epoch=2, verbose=0)
    after = K.batch_get_value(layer.states)
    assert all((a == b).all() for a, b in zip(after, before, strict=True))
    assert np.abs(before[0]).max() > 0


def test_a_state_that_was_never_used_stays_at_its_beginning():
    np.random.seed(5)
    model = compiled_dense(4, optimizer="adam")
    find_learning_rate(model, *data(), batches=12)
    assert all((array == 0).all() for array in model.optimizer.get_weights())
