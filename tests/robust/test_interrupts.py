"""Ctrl-C ends a call, wherever it is, and leaves a model that can be used.

Whether it arrives at any moment, and how soon, is measured by benchmarks/interrupts.py.
"""

import signal
import threading

import numpy as np
import pytest
from oneiros.callbacks import Callback
from oneiros.layers import LSTM, Dense
from oneiros.models import Sequential, load_model
from oneiros_backend_toolkit.interrupts import (
    deferred_interrupts,
    interrupted_safely,
    safe_point,
)
from oneiros_backend_toolkit.size_checks import layers_named
from oneiros_saving import saving
from oneiros_training import model as training

pytestmark = pytest.mark.usefixtures("interruptible")
X = np.random.RandomState(1).normal(size=(16, 3, 2))
Y = X[:, 0, :1]


def new_model():
    model = Sequential([LSTM(2, input_shape=(3, 2)), Dense(1)])
    model.compile("sgd", "mse")
    return model


def batches():
    while True:
        yield X, Y


def press():
    signal.raise_signal(signal.SIGINT)


class Dying:
    def __del__(self):
        press()


class Pressing(Callback):
    """Presses Ctrl-C after a batch, where Python drops what is raised."""

    def on_batch_end(self, batch, logs=None):
        Dying()


def assert_usable(model):
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    losses = model.fit(X, Y, nb_epoch=4, verbose=0).history["loss"]
    assert losses[-1] < losses[0]


CALLS = {
    "fit": lambda model: model.fit(X, Y, verbose=0),
    "evaluate": lambda model: model.evaluate(X, Y, verbose=0),
    "predict": lambda model: model.predict(X, batch_size=8),
    "fit_generator": lambda model: model.fit_generator(batches(), 16, 1, verbose=0),
    "evaluate_generator": lambda model: model.evaluate_generator(batches(), 16),
    "predict_generator": lambda model: model.predict_generator(batches(), 16),
}


@pytest.mark.parametrize("call", CALLS)
def test_what_a_destructor_would_drop_arrives(call, theano, monkeypatch):
    reached = []

    def loop(*_):
        Dying()
        reached.append(True)
        return []

    for name in ("fit_loop", "test_loop", "predict_loop"):
        monkeypatch.setattr(training, name, loop)
    with pytest.raises(KeyboardInterrupt):
        CALLS[call](new_model())
    assert reached


def test_a_fit_ends_before_its_next_batch(backend):
    model = new_model()
    epochs = []

    class Counting(Pressing):
        def on_epoch_end(self, epoch, logs=None):
            epochs.append(epoch)

    options = {"batch_size": 8, "nb_epoch": 3, "verbose": 0}
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, Y, callbacks=[Counting()], **options)
    assert not epochs
    assert_usable(model)


def test_one_that_compiles_ends_where_it_is(backend, monkeypatch):
    """Graphs are traced node by node."""
    model = new_model()

    def pressed(*arguments):
        press()
        return layers_named(*arguments)

    monkeypatch.setattr("oneiros_backend_theano.evaluate.layers_named", pressed)
    monkeypatch.setattr(
        "oneiros_backend_toolkit.lazy_graph.program.layers_named", pressed
    )
    with pytest.raises(KeyboardInterrupt) as caught:
        model.fit(X, Y, verbose=0)
    assert caught.traceback[-2].path.stem in ("evaluate", "program")
    monkeypatch.undo()
    assert_usable(model)


def test_loading_ends_before_the_next_layer(theano, tmp_path):
    built = []

    class Noticed(Dense):
        def __init__(self, *arguments, **options):
            super().__init__(*arguments, **options)
            built.append(self.name)
            if built[2:] == ["first"]:
                Dying()

    path = tmp_path / "model.h5"
    model = Sequential([Noticed(1, name="first", input_dim=2)])
    model.add(Dense(1, name="second"))
    model.add(Noticed(1, name="third"))
    model.save(path)
    with pytest.raises(KeyboardInterrupt):
        load_model(path, {"Noticed": Noticed})
    assert built == ["first", "third", "first"]


def test_what_is_being_saved_is_complete(theano, tmp_path, monkeypatch):
    state_of = saving.state_of
    monkeypatch.setattr(saving, "state_of", lambda model: Dying() and state_of(model))
    path = tmp_path / "model.h5"
    with pytest.raises(KeyboardInterrupt):
        new_model().save(path)
    assert_usable(load_model(path))


def test_whoever_is_asked_may_press_it(theano, tmp_path, monkeypatch):
    path = tmp_path / "model.h5"
    model = new_model()
    model.save(path)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda _: press() or "y")
    with pytest.raises(KeyboardInterrupt):
        model.save(path, overwrite=False)


def test_a_second_press_does_not_wait():
    reached = []
    with pytest.raises(KeyboardInterrupt), interrupted_safely():
        press()
        reached.append(True)
        press()
        reached.append(False)
    assert reached == [True]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_second_press_that_is_dropped_leaves_the_first():
    with pytest.raises(KeyboardInterrupt), interrupted_safely():
        Dying()
        Dying()


def test_an_error_does_not_hide_it():
    for context in (interrupted_safely, deferred_interrupts):
        with pytest.raises(KeyboardInterrupt) as caught, context():
            press()
            raise ValueError
        assert isinstance(caught.value.__context__, ValueError)


def test_a_handler_of_the_user_stays(theano):
    """It may have been there before, or come in a callback."""
    pressed = []

    def own(*_):
        pressed.append(True)

    class Setting(Pressing):
        def on_train_begin(self, logs=None):
            signal.signal(signal.SIGINT, own)

    for callback in (Setting(), Pressing()):
        new_model().fit(X, Y, nb_epoch=1, verbose=0, callbacks=[callback])
        assert signal.getsignal(signal.SIGINT) is own
    assert len(pressed) == 2


def test_other_threads_leave_it_to_the_main_thread():
    def predict():
        with interrupted_safely():
            safe_point()
            reached.append(True)

    reached = []
    with pytest.raises(KeyboardInterrupt), interrupted_safely():
        press()
        thread = threading.Thread(target=predict)
        thread.start()
        thread.join()
    assert reached


def test_what_must_not_be_interrupted_is_not():
    reached = []
    with pytest.raises(KeyboardInterrupt), deferred_interrupts():
        press()
        press()
        reached.append(True)
    assert reached and signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_what_is_ignored_stays_ignored():
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for context in (interrupted_safely, deferred_interrupts):
        with context():
            press()
