"""The seams of the loop: streams of one's own, `prepare_fit`, and observers."""

from itertools import islice

import numpy as np
import pytest
from oneiros.callbacks import Callback
from oneiros.engine.streams import (
    Observer,
    Run,
    Stream,
    StreamWrapper,
    current_observer,
    observed_by,
)
from oneiros.errors import ArgumentError
from oneiros.layers import Dense
from oneiros.models import Sequential
from oneiros_callbacks.stopping import EndingStream
from oneiros_training.model import fit_options
from oneiros_training.model import train as train_on
from oneiros_training.steps import ModelStream


class Numbers(ModelStream):
    """Batches of two rows, made when they are asked for."""

    size = 3

    def __init__(self, model, use):
        super().__init__(model, use)
        self.calls = []

    def open(self, singly=False):
        super().open(singly)
        self.calls.append("open")

    def close(self):
        self.calls.append("close")

    def runs(self, order, start=0):
        for place in range(start, len(order)):
            yield Run(place, 1, 2, place + 1, int(order[place]))

    def compute(self, run):
        x = np.full((2, 1), run.data, "float32")
        return self.compute_batch(run, [x, x, np.ones(2, "float32")])


class FirstRuns(StreamWrapper):
    """Ends each epoch after some runs."""

    def __init__(self, inner, count):
        super().__init__(inner)
        self.count = count

    def runs(self, order, start=0):
        yield from islice(self.inner.runs(order, start), self.count)


class Preparing(Callback):
    """Calls a function in `prepare_fit`."""

    called_after_runs = True

    def __init__(self, prepare):
        self.prepare_fit = prepare


class Noting(Observer):
    """Writes down what it is told."""

    def __init__(self):
        self.notes = []
        self.outcome = None

    def enter(self, phase, detail=""):
        self.notes.append(detail or phase)

    def enter_epoch(self, epoch):
        self.notes.append(("epoch", epoch))

    def enter_validation(self):
        self.notes.append("validation")

    def leave_validation(self):
        self.notes.append("validated")

    def computed(self, function, run, arrays=None):
        self.notes.append(("computed", run.first, run.batches))

    def finish(self, failed):
        self.outcome = failed


class EndingAfter(Callback):
    """Ends a training after some batches, and notes what it hears then."""

    def __init__(self, batches, is_wrapping):
        self.batches = batches
        self.is_wrapping = is_wrapping
        self.heard = []

    def prepare_fit(self, fit):
        if self.is_wrapping:
            fit.train = EndingStream(fit.train, lambda: self.model.stop_training)

    def on_batch_end(self, batch, logs=None):
        self.heard.append(batch)
        self.model.stop_training = batch + 1 >= self.batches

    def on_epoch_end(self, epoch, logs=None):
        self.heard.append("epoch")

    def on_train_end(self, logs=None):
        self.heard.append("training")


class Observing(Callback):
    called_after_runs = True

    def __init__(self, observer):
        self.observer = observer

    def get_observer(self):
        return self.observer


def test_a_fit_goes_over_a_stream_of_ones_own(recorded):
    model, train, _ = recorded()
    stream = Numbers(model, "train")
    options = fit_options(model, 2, 0, 0, None)
    history = train_on(model, options, stream, None, {"nb_sample": 6})
    assert train.batches == [[0, 0], [1, 1], [2, 2]] * 2
    assert history.history["loss"] == [1.0, 1.0]
    assert stream.calls == ["open", "close"]


def test_a_stream_that_defines_nothing_says_what_it_must():
    stream = Stream()
    with pytest.raises(NotImplementedError, match=r"Stream doesn't define runs\(order"):
        stream.runs(np.arange(2))
    with pytest.raises(NotImplementedError, match=r"doesn't define compute\(run\)"):
        stream.compute(Run(0, 1, 1, 1, None))
    assert stream.get_state() is None and stream.set_state(None, False) is False


def test_a_callback_wraps_the_stream_and_shortens_the_epochs(recorded, rows):
    def prepare(fit):
        fit.train = FirstRuns(fit.train, 1)
        fit.epochs = fit.epochs[1:]
        fit.callbacks.append(late)

    heard = []
    late = Callback()
    late.on_epoch_end = lambda epoch, logs=None: heard.append(epoch)
    model, train, _ = recorded()
    train.longest_run = 2
    history = model.fit(
        *rows(8), 2, 3, verbose=0, shuffle=False, callbacks=[Preparing(prepare)]
    )
    assert history.epoch == heard == [1, 2]
    assert train.batches == [[0, 1], [2, 3]] * 2


def test_a_wrapper_shows_what_the_stream_has(recorded, rows, capsys):
    def prepare(fit):
        fit.train = FirstRuns(fit.train, 1)
        fit.validation = FirstRuns(fit.validation, 1)
        assert fit.train.arrays[0] is x

    model, *_ = recorded()
    x, y = rows(8)
    callbacks = [Preparing(prepare)]
    model.fit(x, y, 2, 1, validation_data=(x, y), callbacks=callbacks)
    assert "Train on 8 samples, validate on 8 samples" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("is_wrapping", "batches"), [(True, [0, 1]), (False, [0, 1, 2, 3])]
)
def test_a_training_ends_after_a_batch_where_the_stream_does(
    is_wrapping, batches, recorded, rows
):
    """Without that it ends after the epoch, as in Keras 1."""
    observer = Noting()
    ending = EndingAfter(2, is_wrapping)
    model, *_ = recorded()
    callbacks = [Observing(observer), ending]
    history = model.fit(*rows(8), 2, 5, verbose=0, callbacks=callbacks)
    assert ending.heard == [*batches, "epoch", "training"]
    assert history.epoch == [0] and observer.outcome is False


def test_an_observer_is_told_of_each_phase(recorded, rows):
    observer = Noting()
    model, train, _ = recorded()
    train.longest_run = 2
    validation = rows(2)
    model.fit(
        *rows(8),
        batch_size=2,
        nb_epoch=1,
        verbose=0,
        validation_data=validation,
        callbacks=[Observing(observer)],
    )
    notes = observer.notes
    assert notes[:2] == ["building", "upload"] and observer.outcome is False
    epoch = notes[notes.index(("epoch", 0)) : notes.index(("epoch", None))]
    computed = [note for note in epoch if isinstance(note, tuple)]
    assert computed[1:] == [("computed", 0, 2), ("computed", 2, 2), ("computed", 0, 1)]
    start, end = epoch.index("validation"), epoch.index("validated")
    assert ("computed", 0, 1) in epoch[start:end]
    run = epoch.index("compiled call")
    assert epoch[run : run + 4] == ["compiled call", ("computed", 0, 2), "logs", "rest"]
    assert {"BaseLogger", "Observing", "History"} <= set(epoch)


def test_one_observer_at_a_time(recorded, rows):
    class Other(Observing):
        pass

    model, train, _ = recorded()
    pair = [Observing(Noting()), Other(Noting())]
    with pytest.raises(
        ArgumentError, match="has Observing and Other, which both observe"
    ):
        model.fit(*rows(4), 2, 1, verbose=0, callbacks=pair)
    assert not train.batches


def test_an_evaluation_is_observed_in_a_block(recorded, rows):
    model, *_ = recorded()
    observer = Noting()
    with observed_by(observer):
        model.evaluate(*rows(4), 2, verbose=0)
        assert current_observer() is observer
    assert ("computed", 0, 2) in observer.notes and observer.outcome is False
    assert current_observer() is not observer


def test_a_prediction_is_observed_in_a_block_however_few_rows_it_has():
    model = Sequential([Dense(1, input_dim=2)])
    for rows in (1, 40):
        observer = Noting()
        with observed_by(observer):
            model.predict(np.ones((rows, 2)))
        computed = [note for note in observer.notes if note[0] == "computed"]
        assert sum(batches for _, _, batches in computed) == -(-rows // 32)


def test_an_observer_hears_of_an_error(recorded, rows):
    def prepare(fit):
        raise KeyError("on purpose")

    model, *_ = recorded()
    observer = Noting()
    callbacks = [Observing(observer), Preparing(prepare)]
    with pytest.raises(KeyError, match="on purpose"):
        model.fit(*rows(4), 2, 1, verbose=0, callbacks=callbacks)
    assert observer.outcome is True and type(current_observer()) is Observer
