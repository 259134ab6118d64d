"""What the kit can't know: the papers' formulas, states that go on, and what the
settings switch on."""

import numpy as np
import pytest
from oneiros import backend as K
from oneiros import settings
from oneiros.callbacks import StochasticWeightAveraging
from oneiros.layers import BatchNormalization, Dense
from oneiros.models import Sequential, load_model
from oneiros.optimizers import (
    SGD,
    Adam,
    AveragedWeights,
    DecoupledAdamW,
    DecoupledLionW,
    GradientAccumulation,
    Lookahead,
    Nadam,
)

START = np.array([1.0, -2.0, 0.5], "float32")
SLOPES = np.array([0.3, 1.0, -2.0], "float32")
UPDATES = 7


def path_of(optimizer, updates=UPDATES):
    """Returns the weights after each update, for the gradient `SLOPES * w`."""
    w = K.variable(START)
    loss = K.sum(SLOPES * K.square(w)) / 2.0
    step = K.function([], [], optimizer.get_updates([w], {}, loss))
    path = []
    for _ in range(updates):
        step([])
        path.append(K.get_value(w))
    return np.array(path)


def adamw_of_the_paper(lr, weight_decay, decay, beta_1=0.9, beta_2=0.999, eps=1e-8):
    w, m, v = START.astype(float), 0.0, 0.0
    for t in range(1, UPDATES + 1):
        g = SLOPES * w
        eta = 1 / (1 + decay * (t - 1))
        m = beta_1 * m + (1 - beta_1) * g
        v = beta_2 * v + (1 - beta_2) * g**2
        m_hat, v_hat = m / (1 - beta_1**t), v / (1 - beta_2**t)
        w = w - eta * (lr * m_hat / (np.sqrt(v_hat) + eps) + weight_decay * w)
        yield w


def lion_of_the_paper(lr, weight_decay, decay, beta_1=0.9, beta_2=0.99):
    w, m = START.astype(float), 0.0
    for t in range(1, UPDATES + 1):
        g = SLOPES * w
        eta = 1 / (1 + decay * (t - 1))
        c = beta_1 * m + (1 - beta_1) * g
        w = w - eta * (lr * np.sign(c) + weight_decay * w)
        m = beta_2 * m + (1 - beta_2) * g
        yield w


@pytest.mark.parametrize(
    ("made", "paper"),
    [(DecoupledAdamW, adamw_of_the_paper), (DecoupledLionW, lion_of_the_paper)],
)
@pytest.mark.parametrize("decay", [0.0, 0.5])
def test_formulas_of_the_papers(made, paper, decay):
    arguments = {"lr": 0.1, "weight_decay": 0.02, "decay": decay}
    expected = list(paper(**arguments))
    np.testing.assert_allclose(path_of(made(**arguments)), expected, rtol=1e-4)


def test_lookahead_follows_every_kth_update():
    slow = fast = START.astype(float)
    expected = []
    for t in range(1, UPDATES + 1):
        fast = fast - 0.1 * SLOPES * fast
        if t % 3 == 0:
            slow = fast = slow + 0.25 * (fast - slow)
        expected.append(fast)
    lookahead = Lookahead(SGD(lr=0.1), k=3, alpha=0.25)
    np.testing.assert_allclose(path_of(lookahead), expected, rtol=1e-5)


def test_averaged_weights_are_the_running_mean():
    averaged = AveragedWeights(SGD(lr=0.1), keep=0.75)
    path = path_of(averaged)
    np.testing.assert_array_equal(path, path_of(SGD(lr=0.1)))
    mean = START
    for w in path:
        mean = 0.75 * mean + 0.25 * w
    averaged.use_averages()
    (w,) = averaged.params
    np.testing.assert_allclose(K.get_value(w), mean, rtol=1e-5)


def small_model(optimizer):
    np.random.seed(3)
    model = Sequential([Dense(3, input_dim=4, activation="tanh", name="first")])
    model.add(Dense(1))
    model.compile(optimizer, "mse")
    return model


RANDOM = np.random.default_rng(5)
X = RANDOM.random((32, 4)).astype("float32")
Y = X[:, :1] - X[:, 1:2]


@pytest.mark.parametrize("inner", [SGD, Adam, Nadam])
def test_accumulating_four_batches_is_one_batch_of_four_times_the_size(inner):
    """Clipping, too, sees the mean of the gradients."""
    whole = small_model(inner(lr=0.05, clipnorm=0.5))
    parts = small_model(GradientAccumulation(inner(lr=0.05, clipnorm=0.5), steps=4))
    parts.set_weights(whole.get_weights())
    for _ in range(2):
        whole.train_on_batch(X, Y)
        before = parts.get_weights()
        for start in range(0, 32, 8):
            unchanged = zip(parts.get_weights(), before, strict=True)
            assert all(np.array_equal(now, then) for now, then in unchanged)
            parts.train_on_batch(X[start : start + 8], Y[start : start + 8])
    for one, other in zip(whole.get_weights(), parts.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


def every_optimizer():
    return [
        DecoupledAdamW(lr=0.05, decay=0.1, excluded=["first"]),
        DecoupledLionW(lr=0.01),
        Lookahead(DecoupledAdamW(lr=0.05), k=4),
        GradientAccumulation(Nadam(lr=0.05), steps=2),
        Lookahead(GradientAccumulation(AveragedWeights("rmsprop", 0.9), 2), k=2),
    ]


@pytest.mark.parametrize("index", range(5))
def test_training_goes_on_from_a_file_as_without_one(index, tmp_path):
    model = small_model(every_optimizer()[index])
    for _ in range(3):
        model.train_on_batch(X, Y)
    model.save(str(tmp_path / "model.h5"))
    loaded = load_model(str(tmp_path / "model.h5"))
    config = loaded.optimizer.get_config()
    assert config == model.optimizer.get_config()
    losses = [model.train_on_batch(X, Y) for _ in range(4)]
    assert [loaded.train_on_batch(X, Y) for _ in range(4)] == pytest.approx(losses)
    states = zip(model.optimizer.get_weights(), loaded.optimizer.get_weights())
    for one, other in states:
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)


def test_the_rate_of_a_wrapped_optimizer_can_be_set():
    wrapped = Lookahead(GradientAccumulation(SGD(lr=0.1)))
    K.set_value(wrapped.lr, 0.5)
    assert wrapped.optimizer.optimizer.get_config()["lr"] == 0.5


def test_weights_of_excluded_layers_do_not_decay():
    model = Sequential([Dense(2, input_dim=4), BatchNormalization(name="norm")])
    model.add(Dense(1))
    adamw = DecoupledAdamW(lr=0.0001, weight_decay=0.5, excluded=["norm"])
    model.compile(Lookahead(adamw), "mse")
    gamma = model.get_layer(name="norm").gamma
    before = [K.get_value(gamma), model.get_weights()[0]]
    model.train_on_batch(X, Y)
    np.testing.assert_allclose(K.get_value(gamma), before[0], rtol=1e-3)
    np.testing.assert_allclose(model.get_weights()[0], before[1] / 2, atol=1e-3)


def test_averaging_by_epochs():
    model = small_model("sgd")
    weights = []

    class Noting(StochasticWeightAveraging):
        def on_epoch_end(self, epoch, logs=None):
            weights.append(self.model.get_weights()[0])
            super().on_epoch_end(epoch, logs)

    model.fit(X, Y, nb_epoch=6, callbacks=[Noting(start=1, every=2)], verbose=0)
    expected = np.mean([weights[1], weights[3], weights[5]], axis=0)
    np.testing.assert_allclose(model.get_weights()[0], expected, rtol=1e-5)


def test_settings_switch_on_what_no_program_asks_for():
    table = {"accumulate": 2, "average_from_epoch": 1}
    with settings.override(plugin={"lab-optimizers": table}):
        model = small_model("adam")
        history = model.fit(X, Y, nb_epoch=3, verbose=0)
    assert isinstance(model.optimizer, GradientAccumulation)
    assert (model.optimizer.steps, len(history.epoch)) == (2, 3)
    assert isinstance(small_model("adam").optimizer, Adam)
