"""Cores that share the samples of a recurrent network compute what a single one
does."""

import numpy as np
import pytest
from comparison import assert_each_close
from oneiros import backend as K
from oneiros.layers import (
    GRU,
    LSTM,
    Bidirectional,
    Convolution1D,
    Dense,
    Dropout,
    Masking,
    SimpleRNN,
)
from oneiros.models import Sequential
from oneiros_jax_support import compiled, cores
from oneiros_jax_support.jax_import import jax
from oneiros_jax_support.traced_graphs import multiplications_in_loops

ROWS = 72
STEPS = 5
FEATURES = 3
BATCH = 32
"""The last batch has eight rows, which one core computes."""
NETWORKS = {
    "lstm": lambda: [LSTM(6, dropout_W=0.3, dropout_U=0.2, input_shape=(5, 3))],
    "gru": lambda: [GRU(4, return_sequences=True, input_shape=(5, 3)), SimpleRNN(3)],
    "masked": lambda: [Masking(input_shape=(5, 3)), GRU(4), Dropout(0.5)],
    "both": lambda: [Bidirectional(LSTM(4), input_shape=(5, 3))],
    "stateful": lambda: [LSTM(4, stateful=True, batch_input_shape=(24, 5, 3))],
}


@pytest.fixture(params=["jax", "theano"])
def used_cores(request, monkeypatch):
    """A list of what computes each compiled function: cores, or None for one."""
    used = []

    def choose(call, rows):
        used.append(choice(call, rows))
        return used[-1]

    choice = compiled.cores_for
    monkeypatch.setattr(compiled, "cores_for", choose)
    monkeypatch.setattr(cores, "MULTIPLICATIONS", 1)
    with K.use(request.param):
        yield used


def on_one(call, rows):
    """Chooses no cores."""


def data():
    """Returns sequences, some of whose steps are masked, and targets."""
    random = np.random.RandomState(1)
    x = random.standard_normal((ROWS, STEPS, FEATURES)).astype("float32")
    x[::3, 3:] = 0
    return x, random.standard_normal((ROWS, 2)).astype("float32")


def results(layers, batch):
    """Returns the losses, weights and predictions of a network, trained in runs of
    batches and by single batches."""
    np.random.seed(7)
    model = Sequential([*layers, Dense(2)])
    model.compile("adam", "mse")
    x, y = data()
    weights = 1 + np.arange(ROWS) % 3
    history = model.fit(x, y, batch, 2, verbose=0, sample_weight=weights)
    loss = model.train_on_batch(x[:batch], y[:batch])
    predictions = model.predict(x, batch)
    single = model.predict(x[:batch], batch)
    return [history.history["loss"], loss, *model.get_weights(), predictions, single]


@pytest.mark.parametrize("name", NETWORKS)
def test_same_as_on_one_core(used_cores, monkeypatch, name):
    batch = 24 if name == "stateful" else BATCH
    shared = results(NETWORKS[name](), batch)
    assert any(used_cores)
    monkeypatch.setattr(compiled, "cores_for", on_one)
    alone = results(NETWORKS[name](), batch)
    assert_each_close(shared, alone, rtol=1e-5, atol=1e-6)


def test_rows_that_the_cores_do_not_divide(used_cores, monkeypatch):
    shared = results(NETWORKS["masked"](), 23)
    assert any(used_cores)
    monkeypatch.setattr(compiled, "cores_for", on_one)
    alone = results(NETWORKS["masked"](), 23)
    assert_each_close(shared, alone, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    "layer",
    [
        lambda: Dense(2, input_shape=(STEPS, FEATURES)),
        lambda: Convolution1D(2, 2, input_shape=(STEPS, FEATURES)),
    ],
)
def test_other_networks_stay_on_one_core(used_cores, layer):
    model = Sequential([layer()])
    model.predict(np.zeros((ROWS, STEPS, FEATURES)))
    assert not any(used_cores)


def test_few_rows_and_small_loops_stay_on_one_core(used_cores, monkeypatch):
    model = Sequential([LSTM(4, input_shape=(STEPS, FEATURES))])
    x, _ = data()
    model.predict(x[:15])
    assert used_cores == [None]
    monkeypatch.setattr(cores, "MULTIPLICATIONS", 10**6)
    model.predict(x)
    assert not any(used_cores)


def test_arrays_of_different_lengths_stay_on_one_core(used_cores):
    x, other = K.placeholder((None, STEPS, FEATURES)), K.placeholder((None, 2))
    cell = Sequential([LSTM(4, input_shape=(STEPS, FEATURES))])
    function = K.function([x, other], [cell(x), other + 1])
    function([data()[0], np.zeros((16, 2))])
    assert used_cores == [None]


def test_multiplications():
    def loop(x):
        def step(state, row):
            return state @ row, row @ row

        return jax.lax.scan(step, x[0] @ x[1], x)

    traced = jax.make_jaxpr(loop)(np.zeros((7, 3, 3)))
    assert multiplications_in_loops(traced.jaxpr) == 7 * 2 * 3**3
