"""The learning-rate finder: what it does to the rate, and what it suggests."""

import numpy as np
import pytest
from hooked import hear_hooks
from oneiros import backend as K
from oneiros.callbacks import Callback
from oneiros.diagnostics import RateSearch, find_learning_rate
from oneiros.engine.streams import Observer
from oneiros.errors import ArgumentError, DataError, NotCompiledError
from oneiros.layers import Dense
from oneiros.models import Sequential
from oneiros.optimizers import SGD, Optimizer
from small_models import compiled_dense


def line():
    """Returns a model of a line, which SGD can train up to a rate of about 1."""
    model = compiled_dense(optimizer=SGD(lr=0.5), bias=False, init="zero")
    x = np.ones((40, 1), "float32")
    return model, x, 3 * x


def descent(rates, target=3.0):
    """Returns the losses of gradient descent on `(w - target) ** 2` from zero."""
    losses = []
    w = 0.0
    for rate in rates:
        losses.append((w - target) ** 2)
        w -= rate * 2 * (w - target)
    return losses


def test_each_batch_has_its_rate():
    model, x, y = line()
    search = find_learning_rate(
        model, x, y, batch_size=8, lowest=1e-3, highest=0.3, batches=30
    )
    assert search.rates == pytest.approx(np.geomspace(1e-3, 0.3, 30))
    assert search.losses == pytest.approx(descent(search.rates), rel=1e-3, abs=1e-6)


def noisy(y):
    return y + 0.1 * np.random.RandomState(4).normal(size=y.shape)


def test_it_stops_where_the_loss_grows():
    model, x, y = line()
    y = noisy(y)
    search = find_learning_rate(model, x, y, lowest=1e-3, highest=1e3, batches=200)
    assert len(search.losses) == len(search.rates) < 200
    assert 1 < search.rates[-1] < 100
    assert np.isfinite(search.losses).all()


class Noting(Observer, Callback):
    """Notes how a training ends."""

    def __init__(self):
        self.ends = []

    def get_observer(self):
        return self

    def on_epoch_end(self, epoch, logs=None):
        self.ends.append("epoch")

    def on_train_end(self, logs=None):
        self.ends.append("training")

    def finish(self, failed):
        self.ends.append("failed" if failed else "finished")


@pytest.mark.parametrize("highest", [0.3, 1e30])
def test_the_training_that_it_watches_ends_as_any_other(highest, monkeypatch):
    noting = Noting()

    def call(hook, **arguments):
        return [[noting]] if hook == "oneiros_default_callbacks" else []

    hear_hooks(monkeypatch, call)
    model, x, y = line()
    search = find_learning_rate(model, x, noisy(y), highest=highest, batches=20)
    assert len(search.losses) <= 20
    assert noting.ends[-3:] == ["epoch", "training", "finished"]


def test_the_suggestion_trains_and_lies_below_what_diverges():
    model, x, y = line()
    search = find_learning_rate(model, x, y, lowest=1e-4, highest=1e2, batches=100)
    assert 1e-3 < search.suggestion < 1
    K.set_value(model.optimizer.lr, search.suggestion)
    losses = model.fit(x, y, nb_epoch=20, verbose=0).history["loss"]
    assert losses[-1] < losses[0] / 10


def test_nothing_is_suggested_if_the_loss_never_falls():
    model, x, y = line()
    search = find_learning_rate(model, x, 0 * y, batches=20)
    assert search.suggestion is None
    search.plot()


def test_the_picture(tmp_path):
    losses = np.array([2.0, 1.5, 1.0, 9.0])
    search = RateSearch(np.geomspace(1e-3, 1, 4), losses, losses, 0.01)
    figure = search.plot()
    (panel,) = figure.axes
    assert panel.get_xscale() == "log"
    assert panel.lines[0].get_ydata() == pytest.approx(losses)
    texts = [text.get_text() for text in panel.get_legend().get_texts()]
    assert texts[-1] == "suggestion: 0.01"
    figure.savefig(tmp_path / "search.png")
    assert (tmp_path / "search.png").read_bytes().startswith(b"\x89PNG")


def test_a_peak_at_the_end_hides_nothing():
    losses = np.array([2.0, 1.5, 1.0, 1e6])
    search = RateSearch(np.geomspace(1e-3, 1, 4), losses, losses, None)
    (panel,) = search.plot().axes
    low, high = panel.get_ylim()
    assert 0 < low < 1 and 2 < high < 4


def test_what_makes_no_sense_is_told():
    model, x, y = line()
    with pytest.raises(ArgumentError, match=r"highest=1e-07. Expected more than"):
        find_learning_rate(model, x, y, highest=1e-7)
    with pytest.raises(ArgumentError, match=r"lowest=0. Expected a number above zero"):
        find_learning_rate(model, x, y, lowest=0)
    with pytest.raises(ArgumentError, match=r"batches=3. Expected an integer of"):
        find_learning_rate(model, x, y, batches=3)
    with pytest.raises(DataError, match="is NaN on the first batch"):
        find_learning_rate(model, x, np.nan * y)
    with pytest.raises(NotCompiledError, match=r"isn't compiled.*Type: model.compile"):
        find_learning_rate(Sequential([Dense(1, input_dim=1)]), x, y)


class Fixed(Optimizer):
    """Gradient descent with a rate that can't be changed."""

    lr = np.float32(0.1)

    def get_updates(self, params, constraints, loss):
        gradients = self.get_gradients(loss, params)
        return [(p, p - self.lr * g) for p, g in zip(params, gradients, strict=True)]


def test_an_optimizer_without_a_rate_is_told():
    model, x, y = line()
    model.compile(Fixed(), "mse")
    with pytest.raises(ArgumentError, match="variable `lr`; Fixed has none"):
        find_learning_rate(model, x, y)
