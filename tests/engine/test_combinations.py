"""Combinations of features: frozen, nested and shared layers in files; masks of
stateful layers; penalties on several outputs; draws in threads."""

from concurrent.futures import ThreadPoolExecutor

import h5py
import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from oneiros import backend as K
from oneiros.layers import (
    GRU,
    LSTM,
    BatchNormalization,
    Bidirectional,
    Dense,
    Dropout,
    Input,
    Masking,
    SimpleRNN,
    TimeDistributed,
)
from oneiros.models import Model, Sequential
from oneiros.regularizers import l1
from tiny_layers import Both

SIZE = 3


@pytest.fixture(autouse=True, scope="module")
def loaded():
    """PyTensor changes the recursion limit when imported, which Hypothesis watches."""
    K.load("theano")


def names(weights):
    return [weight.name.removesuffix(":0") for weight in weights]


def own_names(layer):
    """Returns a layer's weights as Keras 1.2.2 lists them: those that are trained, and
    the others."""
    parts = getattr(layer, "layers", None)
    if parts is None:
        trained = names(layer._trainable_weights)
        others = names(layer._non_trainable_weights)
    else:
        pairs = [own_names(part) for part in parts]
        trained = [name for part, _ in pairs for name in part]
        others = [name for _, part in pairs for name in part]
    trained, others = (list(dict.fromkeys(part)) for part in (trained, others))
    return (trained, others) if layer.trainable else ([], trained + others)


def drawn_model(draw, depth=0):
    """Returns a Sequential of dense and normalizing layers, and of such models; each
    part may be frozen, and stand in it twice."""
    kinds = ["dense", "norm", *(["model"] if depth < 2 else [])]
    model = Sequential()
    for kind in draw(st.lists(st.sampled_from(kinds), min_size=1, max_size=3)):
        first = {} if model.layers else {"input_shape": (SIZE,)}
        if kind == "model":
            part = drawn_model(draw, depth + 1)
        else:
            part = (
                Dense(SIZE, **first) if kind == "dense" else BatchNormalization(**first)
            )
        for _ in range(draw(st.integers(1, 2 if model.layers else 1))):
            model.add(part)
        part.trainable = draw(st.booleans())
    model.trainable = draw(st.booleans())
    return model


@settings(phases=[Phase.generate])
@given(data=st.data())
def test_files_of_frozen_nested_shared_models(data, tmp_path):
    with K.use("theano"):
        model = drawn_model(data.draw)
        model.compile("sgd", "mse")
        random = np.random.RandomState(0)
        model.set_weights([random.rand(*w.shape) for w in model.get_weights()])
        x = random.rand(4, SIZE).astype("float32")
        before = model.get_weights()
        if model.trainable_weights:
            model.train_on_batch(x, x)
        trained = set(names(model.trainable_weights))
        changed = zip(
            names(model.ordered_weights()), before, model.get_weights(), strict=True
        )
        for name, old, new in changed:
            assert name in trained or "running" in name or np.array_equal(old, new)
        path = tmp_path / "model.h5"
        model.save_weights(path, overwrite=True)
        with h5py.File(path) as file:
            stored = {
                layer.name: [n.decode() for n in file[layer.name].attrs["weight_names"]]
                for layer in model.flattened_layers
            }
        for layer in model.flattened_layers:
            own = [name for part in own_names(layer) for name in part]
            assert [n.removesuffix(":0") for n in stored[layer.name]] == own
        expected = model.predict(x)
        model.set_weights([np.ones_like(w) for w in model.get_weights()])
        model.load_weights(path)
        np.testing.assert_array_equal(model.predict(x), expected)


@given(
    cls=st.sampled_from([SimpleRNN, GRU, LSTM]),
    consume_less=st.sampled_from(["cpu", "gpu"]),
    go_on=st.lists(
        st.lists(st.booleans(), min_size=4, max_size=4), min_size=3, max_size=3
    ),
    wrapped=st.booleans(),
)
def test_masked_steps_of_stateful_layers(cls, consume_less, go_on, wrapped):
    """Two halves of a sequence give what the whole one gives, also to a sample that is
    all masked in one of them."""
    kept = np.array(go_on)
    x = np.random.RandomState(1).rand(3, 4, 2).astype("float32") + 0.5
    x[~kept] = 0.0
    options = {"consume_less": consume_less, "return_sequences": True}

    def made(steps, stateful):
        model = Sequential([Masking(0.0, batch_input_shape=(3, steps, 2))])
        layer = cls(2, stateful=stateful, name="rnn", **options)
        model.add(layer)
        if wrapped:
            model.add(TimeDistributed(Dense(2, bias=False)))
        return model

    with K.use("theano"):
        whole = made(4, stateful=False)
        halves = made(2, stateful=True)
        halves.set_weights(whole.get_weights())
        expected = whole.predict(x)
        for _ in range(2):
            parts = [
                halves.predict(part, batch_size=3) for part in (x[:, :2], x[:, 2:])
            ]
            np.testing.assert_allclose(np.hstack(parts), expected, rtol=1e-5, atol=1e-6)
            halves.reset_states()


def test_penalties_on_two_outputs():
    x = Input((SIZE,))
    both = Both()
    both.activity_regularizer = l1(0.5)
    inner = Model(x, both(x))
    outer_input = Input((SIZE,))
    model = Model(outer_input, inner(outer_input))
    data = np.arange(12, dtype="float32").reshape(4, SIZE)
    penalty = 2 * 0.5 * data.sum()
    for each in (inner, model):
        each.compile("sgd", "mse")
        assert len(each.losses) == 2
        total, *others = each.evaluate(data, [data, data], batch_size=4, verbose=0)
        np.testing.assert_allclose(total, sum(others) + penalty, rtol=1e-5)


def test_penalties_on_both_directions():
    layer = Bidirectional(SimpleRNN(2), merge_mode=None, input_shape=(4, 2))
    layer.activity_regularizer = l1(1.0)
    x = Input((4, 2))
    model = Model(x, layer(x))
    data = np.random.RandomState(0).rand(3, 4, 2).astype("float32")
    model.compile("sgd", "mse")
    outputs = model.predict(data)
    expected = sum(abs(y).sum() for y in outputs)
    total = model.test_on_batch(data, outputs)[0]
    np.testing.assert_allclose(total, expected, rtol=1e-5)


def test_each_thread_draws_its_own_numbers():
    x = Input((50,))
    function = K.function([x, K.learning_phase()], [Dropout(0.5)(x)])
    ones = np.ones((4, 50), "float32")
    with ThreadPoolExecutor(4) as pool:
        calls = [pool.submit(function, [ones, 1]) for _ in range(24)]
        drawn = {call.result()[0].tobytes() for call in calls}
    assert len(drawn) == 24
