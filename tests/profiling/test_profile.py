"""`StepProfile`: what it books, that it changes nothing, and that it leaves nothing
behind."""

import itertools

import numpy as np
import pytest
from oneiros import backend as K
from oneiros.callbacks import Callback, StepProfile
from oneiros.engine.streams import Observer, current_observer
from oneiros.layers import Dense
from oneiros.models import Sequential
from oneiros_backend_toolkit.function import Function
from small_models import compiled_dense


class Clock:
    """Time that passes only when told."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


class Slow(Callback):
    """Takes some seconds after each run of batches."""

    called_after_runs = True

    def __init__(self, clock, seconds):
        self.clock = clock
        self.seconds = seconds

    def on_run_end(self, logs):
        self.clock.now += self.seconds

    def on_batch_end(self, batch, logs=None):
        self.clock.now += self.seconds


class Metered(Function):
    """Steps take 2 s, 100 s more for new shapes; an upload takes 1000 s."""

    def __init__(self, model, clock):
        super().__init__(
            K.current(), [*model.inputs, *model.targets, *model.sample_weights], [], []
        )
        self.clock = clock
        self.seen = set()

    def run(self, arrays, phase):
        return [output[0] for output in self._steps(1, arrays[0].shape)]

    def upload(self, arrays):
        self.clock.now += 1000
        return super().upload(arrays)

    def loop(self, handle, index, phase=None):
        return self._steps(len(index), index.shape)

    def _steps(self, steps, shape):
        if shape not in self.seen:
            self.clock.now += 100
        self.clock.now += 2 * steps
        self.seen.add(shape)
        return [np.zeros(steps, "float32")]


@pytest.fixture
def clocked(monkeypatch):
    """Returns a model with metered functions, and their clock, which profiles use
    too."""
    clock = Clock()
    monkeypatch.setattr(StepProfile, "clock", clock)
    model = compiled_dense()
    model.train_function = Metered(model, clock)
    model.test_function = Metered(model, clock)
    return model, clock


def rows(n):
    """Returns `n` samples."""
    return np.zeros((n, 1), "float32"), np.zeros((n, 1), "float32")


def seconds_of(profile):
    return {(row.part, row.detail): row.seconds for row in profile.rows if row.seconds}


def test_each_second_is_booked_on_its_part(clocked):
    model, clock = clocked
    x, y = rows(40)
    profile = StepProfile(verbose=0)
    validation = rows(8)
    clock.now = 5.0
    model.fit(
        x,
        y,
        batch_size=4,
        nb_epoch=3,
        verbose=0,
        callbacks=[profile, Slow(clock, 7)],
        validation_data=validation,
    )
    assert seconds_of(profile) == {
        ("upload", ""): 2 * 1000,
        ("compiling", ""): 100 + 100,
        ("compiled call", ""): 3 * 10 * 2,
        ("callbacks", ""): 3 * 7,
        ("callbacks", "Slow"): 3 * 7,
        ("validation", ""): 3 * 2 * 2,
        ("validation", "compiled call"): 3 * 2 * 2,
    }
    assert (
        profile.total
        == sum(row.seconds for row in profile.rows if not row.detail)
        == clock.now - 5
    )
    assert (profile.steps, profile.samples, profile.epochs) == (30, 120, [0, 1, 2])
    step = {row.part: row.per_step for row in profile.rows if not row.detail}
    assert (
        step["compiled call"] == 2
        and step["callbacks"] == 7 / 10
        and step["upload"] == 0
    )


def test_data_read_by_the_loop_and_by_a_thread(clocked, monkeypatch):
    model, clock = clocked
    monkeypatch.setattr("oneiros_training.arrays.array_stream.LARGEST_UPLOAD", 0)
    x, y = rows(40)
    profile = StepProfile(verbose=0)
    model.fit(x, y, batch_size=4, nb_epoch=2, verbose=0, callbacks=[profile])
    spent = seconds_of(profile)
    assert spent["compiled call", ""] == 40
    assert sum(row.seconds for row in profile.rows if not row.detail) == clock.now


def test_waiting_for_a_generator_is_data(clocked):
    model, clock = clocked
    x, y = rows(4)

    class Batches:
        def __len__(self):
            return 5

        def __getitem__(self, i):
            clock.now += 3
            return x, y

    profile = StepProfile(verbose=0)
    model.fit(Batches(), nb_epoch=2, verbose=0, callbacks=[profile])
    spent = seconds_of(profile)
    assert spent["compiled call", ""] == 10 * 2 and spent["compiling", ""] == 100
    assert profile.total == pytest.approx(
        sum(row.seconds for row in profile.rows if not row.detail)
    )
    assert (profile.steps, profile.samples) == (10, 40)


def held(model):
    """Returns everything that a profile could have changed, by identity."""
    functions = model.train_function, model.test_function, model.predict_function
    return [id(thing) for thing in functions], set(vars(model))


def test_nothing_is_left_behind_after_an_error(clocked):
    model, _ = clocked
    model.fit(*rows(40), batch_size=4, nb_epoch=1, verbose=0, validation_data=rows(8))
    before = held(model)
    profile = StepProfile(verbose=0)

    class Failing(Callback):
        def on_batch_end(self, batch, logs=None):
            raise KeyError("on purpose")

    with pytest.raises(KeyError, match="on purpose"):
        model.fit(
            *rows(40),
            batch_size=4,
            verbose=0,
            validation_data=rows(8),
            callbacks=[profile, Failing()],
        )
    assert profile.steps == 1
    with pytest.raises(RuntimeError, match="too"), profile.watch(model):
        model.evaluate(*rows(40), batch_size=4, verbose=0)
        raise RuntimeError("too")
    assert profile.steps == 10
    assert held(model) == before
    assert type(current_observer()) is Observer


def test_it_changes_neither_the_result_nor_the_number_of_calls():
    def trained(callbacks):
        np.random.seed(3)
        model = Sequential([Dense(3, input_dim=4, activation="tanh"), Dense(2)])
        model.compile("adam", "mse")
        x = np.random.random((70, 4))
        counts = itertools.count()
        model._make_train_function()
        loop = model.train_function.loop

        def counted(*arguments, **named):
            next(counts)
            return loop(*arguments, **named)

        model.train_function.loop = counted
        history = model.fit(
            x, x[:, :2], batch_size=8, nb_epoch=2, verbose=0, callbacks=callbacks
        )
        return model.get_weights(), history.history, next(counts)

    plain, profiled = trained([]), trained([StepProfile(verbose=0)])
    for a, b in zip(plain[0], profiled[0], strict=True):
        assert a.tobytes() == b.tobytes()
    assert plain[1:] == profiled[1:] and plain[2] >= 2


def test_the_table(clocked, capsys):
    model, clock = clocked
    model.fit(
        *rows(40),
        batch_size=4,
        nb_epoch=11,
        verbose=0,
        callbacks=[StepProfile(), Slow(clock, 5e-5)],
    )
    heading, *lines = [line for line in capsys.readouterr().out.splitlines() if line]
    assert heading == "Where the time went: 11 epochs, 110 steps, 440 samples"
    lines = [line.split() for line in lines]
    table = {line[0]: line[1:] for line in lines[1:]}
    assert table["upload"] == ["1000", "s", "75.8%"]
    assert table["compiled"] == ["call", "220", "s", "16.7%", "2.00", "s"]
    assert table["callbacks"] == table["Slow"] == ["550", "µs", "0.0%", "5.00", "µs"]
    assert table["whole"] == ["1320", "s", "100.0%", "2.00", "s"]
