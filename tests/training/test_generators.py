"""Training, evaluating and predicting on generators, and on objects whose items are
batches."""

import multiprocessing
import os
import signal
import sys
import threading
import time
from itertools import chain, islice

import numpy as np
import pytest
from comparison import assert_each_close
from oneiros import models, settings
from oneiros.callbacks import Callback
from oneiros.engine.training import GeneratorEnqueuer
from oneiros.errors import (
    ArgumentError,
    DataError,
    GeneratorError,
    PluginLoadError,
    SettingsError,
)
from oneiros.layers import Dense, Input
from oneiros.models import Model, Sequential
from oneiros_training.generators import workers as generator_workers
from small_models import compiled_dense

BOTH = pytest.mark.parametrize("pickle_safe", [False, True])
DATA = np.random.RandomState(0).normal(size=(24, 3)).astype("float32")
TARGETS = DATA.sum(axis=1, keepdims=True) + 1


def linear(weight=0.5, **arguments):
    model = Sequential([Dense(1, input_dim=3)])
    model.set_weights([np.full((3, 1), weight), np.zeros(1)])
    model.compile("sgd", "mse", **arguments)
    return model


def endless(*arrays, batch=4):
    while True:
        for start in range(0, len(arrays[0]), batch):
            yield tuple(array[start : start + batch] for array in arrays)


def numbers(batch=2, first=0):
    """Numbered samples for the recorded functions."""
    while True:
        yield (
            np.arange(first, first + batch)[:, None].astype("float32"),
            np.zeros((batch, 1)),
        )
        first += batch


class Batches:
    """Numbered samples in an object whose items are batches; the last one is
    smaller."""

    def __init__(self, samples=9, batch=2):
        self.samples = samples
        self.batch = batch
        self.ends = 0

    def __len__(self):
        return -(-self.samples // self.batch)

    def __getitem__(self, index):
        rows = np.arange(self.samples, dtype="float32")[index * self.batch :][
            : self.batch, None
        ]
        return rows, np.zeros_like(rows)

    def on_epoch_end(self):
        self.ends += 1


class Read(Batches):
    """Notes which are read in each epoch."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.epochs = [[]]

    def __getitem__(self, index):
        self.epochs[-1].append(index)
        return super().__getitem__(index)

    def on_epoch_end(self):
        self.epochs.append([])


class Matrix:
    """An array that is read when it is sliced, as `HDF5Matrix` of Keras 1.2.2.

    No `dtype`, no open slices.
    """

    def __init__(self, data):
        self.data = data

    def __len__(self):
        return len(self.data)

    def __getitem__(self, key):
        if isinstance(key, slice):
            if key.stop > len(self):
                raise IndexError
            return self.data[key.start : key.stop]
        if not isinstance(key, (int, list, np.ndarray)) or np.max(key) >= len(self):
            raise IndexError
        return self.data[key]

    @property
    def shape(self):
        return self.data.shape


class Safe:
    """An iterator that several threads may ask."""

    def __init__(self, count):
        self.numbers = iter(range(count))
        self.lock = threading.Lock()
        self.asking = 0
        self.most = 0

    def __next__(self):
        with self.lock:
            number = next(self.numbers)
            self.asking += 1
            self.most = max(self.most, self.asking)
        time.sleep(0.01)
        with self.lock:
            self.asking -= 1
        return number


@pytest.fixture(autouse=True)
def nobody_stays():
    """After each test no worker is left."""
    yield
    assert workers() == []


def release(threads):
    """Lets threads go on that `blocks` holds, and waits for their end."""
    RELEASED.set()
    for thread in threads:
        thread.join(5)
    RELEASED.clear()


def workers():
    threads = [
        thread for thread in threading.enumerate() if thread.name == "oneiros-generator"
    ]
    return threads + multiprocessing.active_children()


class TestFit:
    @BOTH
    def test_is_that_on_arrays(self, pickle_safe):
        arrays, generator = linear(metrics=["mae"]), linear(metrics=["mae"])
        valid = DATA[:6], TARGETS[:6]
        expected = arrays.fit(
            DATA,
            TARGETS,
            4,
            3,
            verbose=0,
            shuffle=False,
            validation_data=valid,
            class_weight=None,
        )
        history = generator.fit_generator(
            endless(DATA, TARGETS),
            24,
            3,
            verbose=0,
            validation_data=valid,
            pickle_safe=pickle_safe,
        )
        assert history.history.keys() == expected.history.keys() and history.epoch == [
            0,
            1,
            2,
        ]
        for name, values in expected.history.items():
            np.testing.assert_allclose(history.history[name], values, rtol=1e-5)
        assert_each_close(
            arrays.get_weights(), generator.get_weights(), rtol=1e-5, atol=1e-7
        )

    def test_callbacks_are_told_of_each_batch(self, recorded):
        notes = []

        class Diary(Callback):
            def on_batch_begin(self, batch, logs=None):
                notes.append(("begin", batch, dict(logs)))

            def on_batch_end(self, batch, logs=None):
                notes.append(("end", batch, dict(logs)))

            def on_epoch_end(self, epoch, logs=None):
                notes.append(("epoch", epoch, dict(logs)))

        model, train, _ = recorded()
        diary = Diary()
        model.fit_generator(numbers(), 4, 2, verbose=0, callbacks=[diary])
        assert notes[:5] == [
            ("begin", 0, {"batch": 0, "size": 2}),
            ("end", 0, {"batch": 0, "size": 2, "loss": 0.5}),
            ("begin", 1, {"batch": 1, "size": 2}),
            ("end", 1, {"batch": 1, "size": 2, "loss": 2.5}),
            ("epoch", 0, {"loss": 1.5}),
        ]
        assert train.batches == [[0, 1], [2, 3], [4, 5], [6, 7]]
        assert diary.params == {
            "nb_epoch": 2,
            "nb_sample": 4,
            "verbose": 0,
            "do_validation": False,
            "metrics": ["loss"],
        }
        assert diary.model is model

    def test_an_epoch_that_gets_too_many_samples_warns(self, recorded):
        model, train, _ = recorded()
        with pytest.warns(
            UserWarning, match=r"Epoch 1 had 6 samples, but samples_per_epoch is 5"
        ) as caught:
            model.fit_generator(numbers(), 5, 1, verbose=0)
        assert len(caught) == 1 and train.batches == [[0, 1], [2, 3], [4, 5]]

    def test_starts_late_and_stops_early(self, recorded):
        class Stopping(Callback):
            def on_epoch_end(self, epoch, logs=None):
                self.model.stop_training = epoch == 3

        model, train, _ = recorded()
        history = model.fit_generator(
            numbers(),
            4.0,
            9,
            verbose=0,
            initial_epoch=2,
            callbacks=[Stopping()],
            nb_worker=3,
        )
        assert history.epoch == [2, 3] and len(train.batches) == 4

    @BOTH
    def test_a_generator_that_gives_just_enough_may_end(self, recorded, pickle_safe):
        model, train, _ = recorded()
        model.fit_generator(
            islice(numbers(), 4), 4, 2, verbose=0, pickle_safe=pickle_safe
        )
        assert train.batches == [[0, 1], [2, 3], [4, 5], [6, 7]]

    def test_weights_of_samples_and_classes(self):
        classes = (DATA[:, :1] > 0).astype("float32")
        values = np.arange(24, dtype="float32")
        for batches, arguments, weights in (
            (endless(DATA, classes, values, batch=24), {}, values),
            (
                endless(DATA, classes, batch=24),
                {"class_weight": {0: 1.0, 1: 3.0}},
                1 + 2 * classes[:, 0],
            ),
        ):
            loss = (
                linear()
                .fit_generator(batches, 24, 1, verbose=0, **arguments)
                .history["loss"][0]
            )
            errors = (DATA.sum(axis=1) / 2 - classes[:, 0]) ** 2 * weights
            np.testing.assert_allclose(
                loss, errors.mean() / (weights != 0).mean(), rtol=1e-5
            )

    def test_names_lists_and_several_outputs(self):
        a, b = Input((3,), name="a"), Input((3,), name="b")
        model = Model([a, b], [Dense(1, name="u")(a), Dense(1, name="v")(b)])
        model.compile("sgd", {"u": "mse", "v": "mae"}, loss_weights={"u": 0.0})

        def batches():
            while True:
                weights = {"u": np.ones(24), "v": np.zeros(24) + 2}
                yield {"a": DATA, "b": DATA}, {"v": TARGETS, "u": TARGETS}, weights
                yield [DATA, DATA], [TARGETS, TARGETS], [np.ones(24), np.ones(24)]

        (first,) = model.fit_generator(batches(), 24, 1, verbose=0).history["v_loss"]
        assert first > 0
        history = model.fit_generator(batches(), 48, 1, verbose=0).history
        np.testing.assert_allclose(history["loss"], history["v_loss"], rtol=1e-5)


class TestValidation:
    def test_by_a_generator_goes_on_where_it_was(self, recorded):
        model, _, test = recorded()
        history = model.fit_generator(
            numbers(),
            2,
            3,
            verbose=0,
            validation_data=numbers(3, 100),
            nb_val_samples=4,
        )
        assert test.batches == [
            [100 + 3 * i, 101 + 3 * i, 102 + 3 * i] for i in range(6)
        ]
        assert (
            history.history["val_loss"] == [102.5, 108.5, 114.5]
            and model.validation_data is None
        )

    def test_by_arrays_is_in_batches_as_large_as_those_trained_on(self, recorded):
        model, _, test = recorded()
        x, y = next(numbers(7))
        model.fit_generator(numbers(3), 6, 2, verbose=0, validation_data=(x, y))
        assert test.batches == [[0, 1, 2], [3, 4, 5], [6]] * 2
        np.testing.assert_array_equal(model.validation_data[0], x)

    def test_by_an_object_that_gives_batches(self, recorded):
        model, _, test = recorded()
        model.fit_generator(numbers(3), 6, 2, verbose=0, validation_data=Batches(3))
        assert test.batches == [[0, 1], [2]] * 2

    def test_by_the_training_generator_itself(self, recorded):
        model, train, test = recorded()
        both = numbers()
        model.fit_generator(
            both, 4, 3, verbose=0, validation_data=both, nb_val_samples=4, max_q_size=1
        )
        seen = list(chain(*train.batches, *test.batches))
        assert len(set(seen)) == len(seen) == 24


class TestEvaluateAndPredict:
    @BOTH
    def test_evaluate_averages_by_size(self, recorded, pickle_safe):
        def batches():
            yield np.zeros((1, 1)), np.zeros((1, 1))
            yield np.full((3, 1), 8.0), np.zeros((3, 1)), np.ones(3)

        model, _, test = recorded(metrics=["acc"])
        assert model.evaluate_generator(batches(), 3, pickle_safe=pickle_safe) == [
            6.0,
            2.5,
        ]
        assert test.batches == [[0], [8, 8, 8]]

    def test_predict_takes_what_begins_with_inputs(self):
        x = Input((3,), name="input")
        model = Model(x, [Dense(2)(x), Dense(1)(x)])
        expected = model.predict(np.concatenate([DATA, DATA[:2]]), 10)
        forms = [
            lambda x: x,
            lambda x: (x, 0),
            lambda x: (x, 0, 0),
            lambda x: [x],
            lambda x: {"input": x},
        ]
        for form in forms:
            batches = map(form, chain.from_iterable(endless(DATA, batch=10)))
            assert_each_close(
                model.predict_generator(batches, 26), expected, rtol=1e-5, atol=1e-6
            )

    def test_predict_gives_as_many_as_asked_for(self):
        model = linear()
        predictions = model.predict_generator(endless(DATA, batch=5), 12)
        np.testing.assert_allclose(
            predictions, model.predict(DATA[:12]), rtol=1e-5, atol=1e-6
        )


def raises():
    yield next(numbers())
    raise OSError("no file 3")


def raises_of_its_own():
    class OwnError(Exception):
        def __init__(self, one, other):
            super().__init__(f"{one} and {other}")

    yield next(numbers())
    raise OwnError("left", "right")


def ends():
    yield next(numbers())


def gives(item):
    def giving():
        yield next(numbers())
        yield item

    return giving


def blocks():
    yield next(numbers())
    RELEASED.wait()


RELEASED = threading.Event()
"""Until it is set, `blocks` blocks: nothing ends a thread against its will."""


X, Y = next(numbers())
WRONG = [
    (
        raises,
        GeneratorError,
        "raised an error instead of yielding batch 2 of epoch 1, traceback above: ",
    ),
    (raises_of_its_own, GeneratorError, "OwnError: left and right"),
    (
        ends,
        GeneratorError,
        "ended before batch 2 of epoch 1. There were 2 of samples_per_epoch=6 samples",
    ),
    (
        gives(None),
        DataError,
        "batch 2 of epoch 1, from the generator 'giving' (test_generators.py, line",
    ),
    (
        gives(None),
        DataError,
        "received None, expected a tuple (x, y) or (x, y, sample_weight)",
    ),
    (gives([X, Y, X, Y]), DataError, "received a list of 4 items, expected a tuple"),
    (gives((X, Y, Y, Y)), DataError, "received a tuple of 4 items, expected a tuple"),
    (gives(X), DataError, "received an array of shape (2, 1), expected a tuple"),
    (
        gives((np.zeros((2, 5)), Y)),
        DataError,
        "model input 'x': received an array of shape (2, 5)",
    ),
    (
        gives((X, np.zeros((2, 5)))),
        DataError,
        "model target 'y': received an array of shape (2, 5)",
    ),
    (gives((X, Y, np.ones(7))), DataError, "sample_weight: received shape (7,)"),
    (gives((X[:1], Y)), DataError, "the same number of samples"),
    (
        gives((X[:0], Y[:0])),
        DataError,
        "the same number of samples, at least 1. Received inputs 0",
    ),
    (blocks, GeneratorError, "'blocks' (test_generators.py, line"),
    (blocks, GeneratorError, "blocks: no batch came for 0.2 s"),
]


@pytest.fixture(scope="module")
def compiled():
    x = Input((1,), name="x")
    made = Model(x, Dense(1, name="y")(x))
    made.compile("sgd", "mse")
    return made


class TestMisbehaviour:
    @pytest.fixture
    def model(self, compiled):
        vars(compiled).pop("history", None)
        return compiled

    @BOTH
    @pytest.mark.parametrize(("generator", "error", "expected"), WRONG)
    def test_is_an_error_that_says_what_and_where(
        self, monkeypatch, model, generator, error, expected, pickle_safe
    ):
        if generator is blocks:
            monkeypatch.setenv("ONEIROS_GENERATOR_TIMEOUT", "0.2")
        with pytest.raises(error) as caught:
            model.fit_generator(
                generator(), 6, 2, verbose=0, pickle_safe=pickle_safe, nb_worker=2
            )
        if pickle_safe and generator in (ends, raises, raises_of_its_own):
            expected = expected.replace("batch 2", "batch 3").replace(
                "were 2", "were 4"
            )
        assert expected in str(caught.value).replace(
            "batch 3 of epoch 1, from", "batch 2 of epoch 1, from"
        )
        if generator is blocks and not pickle_safe:
            assert "runs until the generator returns" in str(caught.value)
            release(workers())
        assert workers() == []

    @pytest.mark.parametrize("fault", [OSError, KeyboardInterrupt])
    def test_what_has_started_ends_if_the_rest_can_not_start(
        self, model, monkeypatch, interruptible, fault
    ):
        """Too few descriptors, or Ctrl-C, left processes."""
        pipes = []

        def pipe(context):
            pipes.append(_wide_pipe(context))
            if len(pipes) == 3:
                if fault is OSError:
                    raise OSError("Too many open files")
                signal.raise_signal(signal.SIGINT)
            return pipes[-1]

        _wide_pipe = generator_workers._wide_pipe
        monkeypatch.setattr(generator_workers, "_wide_pipe", pipe)
        options = {"verbose": 0, "pickle_safe": True, "nb_worker": 4}
        with pytest.raises(fault) as caught:
            model.fit_generator(numbers(), 6, 2, **options)
        assert fault is KeyboardInterrupt or "nb_worker" in str(caught.value)
        assert workers() == [] and all(receiving.closed for receiving, _ in pipes[:2])

    def test_a_worker_that_is_killed_is_reported(self, model):
        def dying():
            yield next(numbers())
            os.kill(os.getpid(), signal.SIGKILL)
            yield next(numbers())

        with pytest.raises(
            GeneratorError,
            match=r"'dying' .*lost its worker process \d+: it died with SIGK",
        ):
            model.fit_generator(dying(), 6, 2, verbose=0, pickle_safe=True)

    @pytest.mark.parametrize("pickle_safe", [False, True])
    def test_one_that_would_end_the_program_is_reported(self, model, pickle_safe):
        def leaving():
            yield next(numbers())
            sys.exit("enough")

        with pytest.raises(
            GeneratorError, match=r"'leaving' .*raised SystemExit \(enough\)"
        ):
            model.fit_generator(leaving(), 6, 2, verbose=0, pickle_safe=pickle_safe)

    def test_a_worker_process_can_not_use_the_engine(self, model):
        def asking():
            while True:
                yield X, model.predict(X)

        with pytest.raises(
            GeneratorError, match=r"can't compute with the engine.*pickle_safe=False"
        ):
            model.fit_generator(asking(), 6, 1, verbose=0, pickle_safe=True)
        model.fit_generator(asking(), 6, 1, verbose=0)

    def test_what_can_not_be_sent(self, model):
        with pytest.raises(GeneratorError, match=r"pickle|get local object"):
            model.fit_generator(gives(lambda: 1)(), 6, 1, verbose=0, pickle_safe=True)

    def test_a_remote_traceback_is_shown(self, model):
        with pytest.raises(GeneratorError) as caught:
            model.fit_generator(raises(), 6, 1, verbose=0, pickle_safe=True)
        assert 'raise OSError("no file 3")' in str(caught.value.__cause__.__cause__)

    def test_a_slow_generator_is_mentioned(self, monkeypatch, model):
        def slow():
            time.sleep(0.3)
            yield from numbers()

        monkeypatch.setattr("oneiros_training.generators.queue.PATIENCE", 0.05)
        with pytest.warns(
            UserWarning, match=r"'slow' .* has yielded no batch for 0 s\. After 120 s"
        ):
            model.fit_generator(slow(), 6, 1, verbose=0)
        monkeypatch.setenv("ONEIROS_GENERATOR_TIMEOUT", "soon")
        with pytest.raises(
            SettingsError, match="TIMEOUT must be a number of seconds; it is 'soon'"
        ):
            model.fit_generator(numbers(), 6, 1, verbose=0)

    @pytest.mark.parametrize(
        ("arguments", "expected"),
        [
            ({"generator": numbers}, r"Call the function: numbers\(\)"),
            ({"generator": X}, "Expected a generator"),
            ({"generator": DATA}, r"for ever; received ndarray of shape \(24, 3\)\."),
            ({"generator": [X, Y]}, "Expected a generator"),
            (
                {"samples_per_epoch": 0},
                "received samples_per_epoch=0. Expected a number of samples above 0",
            ),
            ({"samples_per_epoch": None}, "received samples_per_epoch=None"),
            (
                {"nb_epoch": -1},
                "received nb_epoch=-1. Expected an integer of at least 0",
            ),
            (
                {"initial_epoch": -1},
                "received initial_epoch=-1. Expected an integer of at least 0",
            ),
            (
                {"initial_epoch": "1"},
                "received initial_epoch='1'. Expected an integer of at least 0",
            ),
            (
                {"max_q_size": 0},
                "received max_q_size=0. Expected an integer of at least 1",
            ),
            (
                {"nb_worker": 0},
                "received nb_worker=0. Expected an integer of at least 1",
            ),
            (
                {"validation_data": numbers()},
                "received nb_val_samples=None. Expected a number of samples above 0",
            ),
            ({"validation_data": (X,)}, "received validation_data="),
            ({"callbacks": 3}, "Expected a list of Callback objects"),
        ],
    )
    def test_arguments(self, model, arguments, expected):
        options = {
            "generator": numbers(),
            "samples_per_epoch": 4,
            "nb_epoch": 1,
            "verbose": 0,
        }
        with pytest.raises(ArgumentError, match=expected):
            model.fit_generator(**{**options, **arguments})
        assert not hasattr(model, "history")

    @BOTH
    @pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
    def test_workers_leave_after_an_error_in_training(self, model, pickle_safe, error):
        class Failing(Callback):
            def on_batch_end(self, batch, logs=None):
                raise error

        with pytest.raises(error):
            model.fit_generator(
                numbers(),
                6,
                1,
                verbose=0,
                callbacks=[Failing()],
                pickle_safe=pickle_safe,
                nb_worker=2,
            )
        assert workers() == []
        model.fit_generator(numbers(), 6, 1, verbose=0)

    @BOTH
    def test_an_interrupt_reaches_who_waits(self, model, interruptible, pickle_safe):
        pressed = os.getpid()

        def waits():
            yield next(numbers())
            os.kill(pressed, signal.SIGINT)
            RELEASED.wait(20)

        with pytest.raises(KeyboardInterrupt):
            model.fit_generator(waits(), 6, 1, verbose=0, pickle_safe=pickle_safe)
        release(workers())
        assert workers() == []


class TestWorkers:
    def test_batches_are_made_while_the_model_computes(self, recorded):
        model, train, _ = recorded()
        second = threading.Event()
        original = train.run
        overlapped = []

        def batches():
            yield next(numbers())
            second.set()
            yield from numbers()

        def run(arrays, phase):
            overlapped.append(second.wait(20))
            return original(arrays, phase)

        train.run = run
        model.fit_generator(batches(), 4, 1, verbose=0)
        assert overlapped == [True, True]

    def test_no_more_than_the_queue_holds_are_made_ahead(self, recorded):
        made = []

        def counted():
            for batch in numbers():
                made.append(batch)
                yield batch

        class Slow(Callback):
            def on_batch_end(self, batch, logs=None):
                time.sleep(0.05)
                assert len(made) <= batch + 1 + 3 + 1

        model, _, _ = recorded()
        model.fit_generator(
            counted(), 8, 1, verbose=0, max_q_size=3, callbacks=[Slow()]
        )
        assert len(made) > 4

    def test_threads_share_an_iterator_that_is_safe(self):
        source = Safe(40)
        enqueuer = GeneratorEnqueuer(source)
        enqueuer.start(nb_worker=4, max_q_size=5)
        assert sorted(enqueuer.get() for _ in range(40)) == list(range(40))
        with pytest.raises(StopIteration):
            enqueuer.get()
        enqueuer.stop()
        assert source.most > 1 and not enqueuer.is_running()

    def test_a_plain_generator_keeps_its_order_whatever_the_number_of_threads(self):
        enqueuer = GeneratorEnqueuer(iter(range(50)))
        enqueuer.start(nb_worker=8)
        assert [enqueuer.get() for _ in range(50)] == list(range(50))
        enqueuer.stop()

    def test_one_generator_that_trains_and_validates_runs_in_one_thread_at_a_time(self):
        def slow():
            for number in range(40):
                time.sleep(0.001)
                yield number

        generator = slow()
        enqueuers = [GeneratorEnqueuer(generator) for _ in range(2)]
        for enqueuer in enqueuers:
            enqueuer.start(nb_worker=4, max_q_size=100)
        for enqueuer in enqueuers:
            for thread in enqueuer._threads:
                thread.join()
        made = [list(enqueuer.queue.queue) for enqueuer in enqueuers]
        assert sorted(made[0] + made[1]) == list(range(40))
        assert [sorted(part) for part in made] == made

    def test_processes_take_turns_with_copies_and_random_states_of_their_own(self):
        def draws():
            for number in range(3):
                yield number, np.random.randint(1000), os.getpid()

        def run():
            np.random.seed(5)
            enqueuer = GeneratorEnqueuer(draws(), pickle_safe=True)
            enqueuer.start(nb_worker=2)
            batches = [enqueuer.get() for _ in range(6)]
            enqueuer.stop()
            return batches

        results = run()
        assert [number for number, _, _ in results] == [0, 0, 1, 1, 2, 2]
        assert (
            len({process for _, _, process in results}) == 2
            and os.getpid() not in results[0]
        )
        assert [draw for _, draw, _ in results[::2]] != [
            draw for _, draw, _ in results[1::2]
        ]
        assert [draw for _, draw, _ in run()] == [draw for _, draw, _ in results]

    @BOTH
    def test_the_queue_as_code_of_keras_1_uses_it(self, pickle_safe):
        enqueuer = GeneratorEnqueuer(numbers(), pickle_safe=pickle_safe)
        enqueuer.start(max_q_size=2, nb_worker=1, wait_time=0.01)
        while enqueuer.is_running() and enqueuer.queue.empty():
            time.sleep(0.01)
        x, _ = enqueuer.queue.get()
        enqueuer.stop()
        assert x.tolist() == [[0], [1]]

    def test_what_can_be_iterated_over_again_is(self, recorded):
        class Loader:
            def __iter__(self):
                return islice(numbers(), 2)

        for source in (Loader(), Batches(4)):
            model, train, _ = recorded()
            model.fit_generator(source, 6, 1, verbose=0)
            assert train.batches == [[0, 1], [2, 3], [0, 1]]


class TestBatches:
    def test_fit_shuffles_their_order(self, recorded):
        model, train, _ = recorded()
        source = Batches(21)
        history = model.fit(source, nb_epoch=2, verbose=0)
        numbers = [[2 * i, 2 * i + 1] for i in range(10)] + [[20]]
        first, second = train.batches[:11], train.batches[11:]
        assert (
            sorted(first) == sorted(second) == numbers
            and first != numbers != second != first
        )
        assert source.ends == 2 and history.history["loss"] == [10.0, 10.0]

    def test_fit_in_order_and_validation(self, recorded):
        model, train, test = recorded()
        params = {}

        class Reading(Callback):
            def on_train_begin(self, logs=None):
                params.update(self.params)

        history = model.fit(
            Batches(5),
            nb_epoch=1,
            verbose=0,
            shuffle=False,
            validation_data=Batches(3),
            callbacks=[Reading()],
        )
        assert train.batches == [[0, 1], [2, 3], [4]] and test.batches == [[0, 1], [2]]
        assert history.history == {"loss": [2.0], "val_loss": [1.0]}
        assert params["nb_sample"] == 5 and params["do_validation"]

    def test_validation_by_arrays(self, recorded):
        model, _, test = recorded()
        model.fit(
            Batches(4),
            nb_epoch=1,
            verbose=0,
            validation_data=(np.arange(5.0), np.zeros(5)),
        )
        assert test.batches == [[0, 1], [2, 3], [4]]

    def test_validation_of_a_fit_on_arrays(self, recorded, rows):
        model, _, test = recorded()
        model.fit(*rows(4), nb_epoch=1, verbose=0, validation_data=Batches(3))
        assert test.batches == [[0, 1], [2]]

    def test_evaluate_and_predict(self):
        class Held:
            def __len__(self):
                return 5

            def __getitem__(self, index):
                return DATA[5 * index :][:5], TARGETS[5 * index :][:5]

        model = linear(metrics=["mae"])
        np.testing.assert_allclose(
            model.evaluate(Held(), verbose=0),
            model.evaluate(DATA, TARGETS, verbose=0),
            rtol=1e-5,
        )
        np.testing.assert_allclose(
            model.predict(Held()), model.predict(DATA), rtol=1e-5, atol=1e-6
        )

    @pytest.mark.parametrize(
        ("arguments", "error", "expected"),
        [
            ({"y": Y}, ArgumentError, "Expected no value, because x yields batches"),
            ({"y": DATA}, ArgumentError, r"received y=ndarray of shape \(24, 3\)\."),
            ({"y": [DATA, Y]}, ArgumentError, r"received y=list of 2 items\."),
            (
                {"initial_epoch": -1},
                ArgumentError,
                "received initial_epoch=-1. Expected an integer of at least 0",
            ),
            (
                {"sample_weight": Y},
                ArgumentError,
                "received sample_weight=.* Expected no value",
            ),
            (
                {"validation_split": 0.1},
                ArgumentError,
                "received validation_split=.* Expected no value",
            ),
            (
                {"validation_data": numbers()},
                ArgumentError,
                r"received validation_data=.* Expected \(x, y\)",
            ),
            (
                {"x": Batches(0)},
                ArgumentError,
                "received x=.* Expected an object with at least one batch",
            ),
            (
                {"x": numbers(), "y": None},
                DataError,
                "received a generator, which fit_generator needs",
            ),
            ({"x": X}, DataError, "model target .*: received None"),
        ],
    )
    def test_wrong_arguments(self, arguments, error, expected):
        model = compiled_dense()
        with pytest.raises(error, match=expected):
            model.fit(**{"x": Batches(), "verbose": 0, **arguments})

    def test_a_wrong_batch_is_named(self):
        with pytest.raises(
            DataError,
            match=r"batch 1 of epoch 1, from the object of class Batches: model in",
        ):
            linear().fit(Batches(), verbose=0)

    def test_an_iterator_inside_that_ends_is_an_error(self):
        class Ending(Batches):
            def __getitem__(self, index):
                return next(iter(()))

        model = Sequential([Dense(1, input_dim=1)])
        with pytest.raises(GeneratorError, match="instead of yielding batch 1"):
            model.predict(Ending())

    def test_each_is_read_once_per_epoch(self, recorded):
        for size, expected in ((9, [0, 1, 2, 3, 4]), (2, [0])):
            model, train, _ = recorded()
            source = Read(size)
            model.fit(source, nb_epoch=2, verbose=0)
            assert [sorted(epoch) for epoch in source.epochs] == [
                expected,
                expected,
                [],
            ]
            assert sorted(chain(*train.batches)) == sorted([*range(size)] * 2)

    def test_what_is_drawn_is_drawn_in_its_turn(self, recorded):
        class Drawn(Read):
            def __getitem__(self, index):
                rows, targets = super().__getitem__(index)
                return rows + np.random.randint(100), targets

        model, _, _ = recorded()
        source = Drawn(9)
        model.fit(source, nb_epoch=1, verbose=0, shuffle=False)
        assert source.epochs[0] == [0, 4, 0, 1, 2, 3, 4]

    def test_a_matrix_without_a_type_is_an_array(self):
        arrays = (DATA, TARGETS)
        matrices = (Matrix(DATA), Matrix(TARGETS))
        for call in (
            lambda m, x, y: m.fit(
                x, y, 5, 2, 0, shuffle=False, validation_split=0.25
            ).history["loss"],
            lambda m, x, y: len(m.fit(x, y, 5, 1, 0, shuffle="batch").history["loss"]),
            lambda m, x, y: m.evaluate(x, y, 5, verbose=0),
            lambda m, x, y: m.predict(x, 5),
            lambda m, x, y: m.predict(x),
            lambda m, x, y: m.train_on_batch(x, y),
        ):
            np.testing.assert_allclose(
                call(linear(), *matrices), call(linear(), *arrays), 1e-5, 1e-6
            )


def test_without_the_plugin_an_import_says_what_to_install():
    with (
        settings.override(disable=["oneiros-training"]),
        pytest.raises(PluginLoadError, match="provided by oneiros-training, which"),
    ):
        models.Model


@pytest.mark.parametrize("kind", ["Model", "Sequential"])
@pytest.mark.parametrize(
    ("method", "argument", "expected"),
    [
        ("fit", "epochs", "'nb_epoch'"),
        ("fit", "batchsize", "'batch_size'"),
        (
            "fit_generator",
            "steps_per_epoch",
            "'samples_per_epoch', which counts samples",
        ),
        ("fit_generator", "validation_steps", "'nb_val_samples', which counts samples"),
        ("fit_generator", "max_queue_size", "'max_q_size'"),
        ("fit_generator", "workers", "'nb_worker'"),
        ("fit_generator", "use_multiprocessing", "'pickle_safe'"),
        ("evaluate_generator", "steps", "'val_samples', which counts samples"),
        ("predict_generator", "steps", "'val_samples', which counts samples"),
        ("predict", "batchsize", "'batch_size'"),
        ("train_on_batch", "sampleweight", "'sample_weight'"),
    ],
)
def test_names_of_keras_2_are_answered_with_ours(kind, method, argument, expected):
    model = linear()
    if kind == "Model":
        model = Model(model.inputs, model.outputs)
    with pytest.raises(TypeError) as caught:
        getattr(model, method)(X, X, **{argument: 1})
    text = str(caught.value)
    assert (
        f".{method} received the unknown argument {argument!r}. Did you mean "
        f"{expected}?" in text
    )
