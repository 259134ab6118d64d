"""Cores that share the samples of a recurrent network compute what a single one
does."""

from itertools import product

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

ROWS = 72
SHAPE = (5, 3)
NETWORKS = {
    "lstm": lambda: [LSTM(6, dropout_W=0.3, dropout_U=0.2, input_shape=SHAPE)],
    "masked": lambda: [Masking(input_shape=SHAPE), GRU(4), Dropout(0.5)],
    "gru": lambda: [GRU(4, return_sequences=True, input_shape=SHAPE), SimpleRNN(3)],
    "both": lambda: [Bidirectional(LSTM(4), input_shape=SHAPE)],
    "stateful": lambda: [LSTM(4, stateful=True, batch_input_shape=(24, *SHAPE))],
}
BATCHES = {"stateful": 24, "masked": 23}
"""In the place of 32, whose last batch has eight rows, which one core computes; cores
don't divide 23."""
QUICK = [("jax", "lstm"), ("theano", "masked")]
OTHERS = [
    pytest.param(*case, marks=pytest.mark.slow)
    for case in product(("jax", "theano"), NETWORKS)
    if case not in QUICK
]


@pytest.fixture
def used_cores(request, monkeypatch):
    """A list of what computes each compiled function: cores, or None for one."""
    from oneiros_jax_support import compiled, cores

    used = []

    def choose(call, rows):
        used.append(choice(call, rows))
        return used[-1]

    choice = compiled.cores_for
    monkeypatch.setattr(compiled, "cores_for", choose)
    monkeypatch.setattr(cores, "MULTIPLICATIONS", 1)
    with K.use(getattr(request, "param", "jax")):
        yield used


def data():
    """Returns sequences, some of whose steps are masked, and targets."""
    random = np.random.RandomState(1)
    x = random.standard_normal((ROWS, *SHAPE)).astype("float32")
    x[::3, 3:] = 0
    return x, random.standard_normal((ROWS, 2)).astype("float32")


def results(name):
    """Returns the losses, weights and predictions of a network, trained in runs of
    batches and by single batches."""
    np.random.seed(7)
    batch = BATCHES.get(name, 32)
    model = Sequential([*NETWORKS[name](), Dense(2)])
    model.compile("adam", "mse")
    x, y = data()
    weights = 1 + np.arange(ROWS) % 3
    history = model.fit(x, y, batch, 2, verbose=0, sample_weight=weights)
    loss = model.train_on_batch(x[:batch], y[:batch])
    predictions = model.predict(x, batch)
    return [history.history["loss"], loss, *model.get_weights(), predictions]


@pytest.mark.parametrize(
    ("used_cores", "name"), [*QUICK, *OTHERS], indirect=["used_cores"]
)
def test_same_as_on_one_core(used_cores, monkeypatch, name):
    shared = results(name)
    assert any(used_cores)
    monkeypatch.setattr("oneiros_jax_support.compiled.cores_for", lambda *_: None)
    assert_each_close(shared, results(name), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    "make", [lambda **o: Dense(2, **o), lambda **o: Convolution1D(2, 2, **o)]
)
def test_other_networks_stay_on_one_core(used_cores, make):
    Sequential([make(input_shape=SHAPE)]).predict(data()[0])
    assert not any(used_cores)


def test_few_rows_and_small_loops_stay_on_one_core(used_cores, monkeypatch):
    model = Sequential([LSTM(4, input_shape=SHAPE)])
    x, _ = data()
    model.predict(x[:15])
    assert used_cores == [None]
    monkeypatch.setattr("oneiros_jax_support.cores.MULTIPLICATIONS", 10**6)
    model.predict(x)
    assert not any(used_cores)


def test_arrays_of_different_lengths_stay_on_one_core(used_cores):
    x, other = K.placeholder((None, *SHAPE)), K.placeholder((None, 2))
    states = Sequential([LSTM(4, input_shape=SHAPE)])(x)
    K.function([x, other], [states, other + 1])([data()[0], np.zeros((16, 2))])
    assert used_cores == [None]


def test_multiplications_in_loops_are_counted():
    import jax
    from oneiros_jax_support.traced_graphs import multiplications_in_loops

    def loop(x):
        def step(state, row):
            return state @ row, row @ row

        return jax.lax.scan(step, x[0] @ x[1], x)

    traced = jax.make_jaxpr(loop)(np.zeros((7, 3, 3)))
    assert multiplications_in_loops(traced.jaxpr) == 7 * 2 * 3**3
