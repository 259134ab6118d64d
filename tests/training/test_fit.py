"""The loop: what is fed, in which order, who is told what and when."""

import threading
from itertools import chain, cycle

import numpy as np
import pytest
from backends import BACKENDS
from hooked import hear_hooks
from oneiros import backend as K
from oneiros.callbacks import Callback, History
from oneiros.layers import Dense, Dropout, Input, SimpleRNN
from oneiros.models import Model, Sequential
from oneiros_backend_toolkit.function import Function
from oneiros_training.arrays import array_stream
from oneiros_training.arrays.array_stream import ArrayStream
from oneiros_training.arrays.user_data import all_arrays


class Diary(Callback):
    """Writes down each call; batches only if asked to."""

    def __init__(self, name="", diary=None):
        self.name = name
        self.diary = [] if diary is None else diary

    def write(self, what, number=None, logs=None):
        self.diary.append((self.name + what, number, dict(logs or {})))

    def set_model(self, model):
        super().set_model(model)
        self.write("model")

    def set_params(self, params):
        super().set_params(params)
        self.write("params")

    def on_train_begin(self, logs=None):
        self.write("train begin", logs=logs)

    def on_train_end(self, logs=None):
        self.write("train end", logs=logs)

    def on_epoch_begin(self, epoch, logs=None):
        self.write("epoch begin", epoch, logs)

    def on_epoch_end(self, epoch, logs=None):
        self.write("epoch end", epoch, logs)


class BatchDiary(Diary):
    def on_batch_begin(self, batch, logs=None):
        self.write("batch begin", batch, logs)

    def on_batch_end(self, batch, logs=None):
        self.write("batch end", batch, logs)


class PatientDiary(BatchDiary):
    called_after_runs = True


def calls(diary):
    return [(what, number) for what, number, _ in diary]


class TestOrder:
    def test_of_calls_and_what_they_are_told(self, recorded, rows):
        model, train, _ = recorded()
        x, y = rows(5)
        diary = BatchDiary()
        history = model.fit(
            x,
            y,
            2,
            2,
            shuffle=False,
            verbose=0,
            callbacks=[diary],
            validation_data=(x[:2], y[:2]),
        )
        epoch = [
            ("batch begin", 0),
            ("batch end", 0),
            ("batch begin", 1),
            ("batch end", 1),
        ]
        epoch += [("batch begin", 2), ("batch end", 2)]
        expected = [("model", None), ("params", None), ("train begin", None)]
        for number in range(2):
            expected += [("epoch begin", number), *epoch, ("epoch end", number)]
        assert calls(diary.diary) == [*expected, ("train end", None)]
        logs_of = {(what, number): logs for what, number, logs in diary.diary}
        assert logs_of["batch begin", 2] == {"batch": 2, "size": 1}
        assert logs_of["batch end", 1] == {"batch": 1, "size": 2, "loss": 2.5}
        assert logs_of["epoch end", 0] == {"loss": 2.0, "val_loss": 0.5}
        assert history.history == {
            "loss": [2.0, 2.0],
            "val_loss": [0.5, 0.5],
        } and history.epoch == [0, 1]
        assert train.batches == [[0, 1], [2, 3], [4]] * 2 and train.singles == 6

    def test_a_callback_without_batch_methods_lets_batches_run_together(
        self, recorded, rows
    ):
        model, train, _ = recorded()
        model.fit(*rows(70), 2, 1, shuffle=False, verbose=0, callbacks=[Diary()])
        assert train.singles == 0 and len(train.batches) == 35 and train.released == 1

    def test_one_called_after_runs_gets_each_batch_with_its_own_values(
        self, recorded, rows
    ):
        model, train, _ = recorded()
        diary = PatientDiary()
        model.fit(*rows(7), 2, 1, shuffle=False, verbose=0, callbacks=[diary])
        batches = [entry for entry in diary.diary if entry[0].startswith("batch")]
        assert calls(batches) == [
            (f"batch {end}", n) for n in range(4) for end in ("begin", "end")
        ]
        assert [logs["loss"] for _, _, logs in batches[1::2]] == [0.5, 2.5, 4.5, 6.0]
        assert [logs["size"] for _, _, logs in batches[1::2]] == [2, 2, 2, 1]
        assert train.singles == 0

    @pytest.mark.parametrize("afterwards", [False, True])
    def test_each_batch_is_announced_before_it_runs_if_wanted(
        self, recorded, rows, afterwards
    ):
        model, train, _ = recorded()
        seen = []

        class Watching(Callback):
            called_after_runs = afterwards

            def on_batch_begin(self, batch, logs=None):
                seen.append((batch, len(train.batches)))

        model.fit(*rows(6), 2, 1, verbose=0, callbacks=[Watching()])
        assert (
            seen == [(0, 3), (1, 3), (2, 3)]
            if afterwards
            else seen == [(0, 0), (1, 1), (2, 2)]
        )

    def test_a_declaration_does_not_cover_what_a_subclass_adds(self, recorded, rows):
        class Curious(History):
            def on_batch_end(self, batch, logs=None):
                pass

        model, train, _ = recorded()
        model.fit(*rows(6), 2, 1, verbose=0, callbacks=[Curious()])
        assert train.singles == 3

    def test_methods_set_on_the_object_count(self, recorded, rows):
        model, train, _ = recorded()
        callback = Callback()
        seen = []
        callback.on_batch_end = lambda batch, logs=None: seen.append(batch)
        model.fit(*rows(6), 2, 1, verbose=0, callbacks=[callback])
        assert seen == [0, 1, 2] and train.singles == 3

    def test_callbacks_come_in_order_and_see_earlier_changes(self, recorded, rows):
        model, _, _ = recorded()
        diary = []

        class Adding(Diary):
            def on_epoch_end(self, epoch, logs=None):
                self.write("epoch end", epoch, logs)
                logs[self.name] = 1

        history = model.fit(
            *rows(4),
            2,
            1,
            verbose=0,
            callbacks=[Adding("a", diary), Adding("b", diary)],
        )
        ends = [
            (what, sorted(logs))
            for what, _, logs in diary
            if what.endswith("epoch end")
        ]
        assert ends == [("aepoch end", ["loss"]), ("bepoch end", ["a", "loss"])]
        assert history.history["b"] == [1]

    def test_params(self, recorded, rows):
        model, _, _ = recorded(metrics=["acc"])
        diary = Diary()
        model.fit(*rows(10), 3, 2, verbose=0, callbacks=[diary], validation_split=0.2)
        assert diary.params == {
            "batch_size": 3,
            "nb_epoch": 2,
            "nb_sample": 8,
            "verbose": 0,
            "do_validation": True,
            "metrics": ["loss", "acc", "val_loss", "val_acc"],
        }
        assert diary.model is model


class TestRuns:
    @pytest.mark.parametrize(("length", "most"), [(500, 64), (2000, 16)])
    def test_are_short_for_small_networks_over_long_series(self, length, most):
        """Each time step takes its while, however little is computed; Ctrl-C waits for
        a run to end."""
        model = Sequential([SimpleRNN(1, input_shape=(length, 1))])
        model.compile("sgd", "mse")
        x = np.zeros((2048, length, 1), "float32")
        arrays = all_arrays(model, x, x[:, 0])
        stream = ArrayStream(model, "train", arrays, 2)
        stream.open()
        assert stream.run_length <= most
        stream.close()

    def test_of_all_epochs_share_one_upload(self, recorded, rows):
        model, train, _ = recorded()
        original = train.upload
        uploads = []
        train.upload = lambda arrays: uploads.append(1) or original(arrays)
        model.fit(*rows(9), 2, 3, verbose=0)
        assert uploads == [1] and train.released == 1

    @pytest.mark.parametrize("data", ["in a file", "too large"])
    def test_of_large_data_are_uploaded_in_slices(
        self, monkeypatch, recorded, rows, data
    ):
        model, train, _ = recorded()
        monkeypatch.setattr(Function, "longest_run", 2)
        x, y = rows(9)
        if data == "in a file":
            x = x.view(type("Mapped", (np.ndarray,), {}))
        else:
            monkeypatch.setattr(array_stream, "LARGEST_UPLOAD", 10)
        model.fit(x, y, 2, 2, verbose=0, shuffle=False)
        assert train.batches == [[0, 1], [2, 3], [4, 5], [6, 7], [8]] * 2
        assert train.released == 6 and train.singles == 0

    def test_are_read_while_another_one_is_computed(self, monkeypatch, recorded, rows):
        class Watched(np.ndarray):
            def __getitem__(self, place):
                if isinstance(place, slice) and place.start >= 4:
                    following.set()
                return super().__getitem__(place)

        following = threading.Event()
        seen = []
        model, train, _ = recorded()
        original = train.loop

        def computing(handle, index, phase=None):
            seen.append(following.wait(5))
            return original(handle, index)

        train.loop = computing
        monkeypatch.setattr(Function, "longest_run", 2)
        x, y = rows(8)
        model.fit(x.view(Watched), y, 2, 1, verbose=0, shuffle=False)
        assert seen[0]

    def test_end_with_an_error_of_reading(self, monkeypatch, recorded, rows):
        class Broken(np.ndarray):
            def __getitem__(self, place):
                if isinstance(place, slice) and place.start >= 4:
                    raise OSError("the disk is gone")
                return super().__getitem__(place)

        model, *_ = recorded()
        monkeypatch.setattr(Function, "longest_run", 2)
        x, y = rows(8)
        before = threading.active_count()
        with pytest.raises(OSError, match="the disk is gone"):
            model.fit(x.view(Broken), y, 2, 1, verbose=0, shuffle=False)
        assert threading.active_count() == before

    def test_uploads_are_released_when_a_callback_raises(self, recorded, rows):
        class Failing(Callback):
            def on_epoch_end(self, epoch, logs=None):
                raise KeyboardInterrupt

        model, train, test = recorded()
        with pytest.raises(KeyboardInterrupt):
            model.fit(
                *rows(40), 2, 1, verbose=0, callbacks=[Failing()], validation_split=0.5
            )
        assert train.released == test.released == 1

    def test_see_arrays_changed_between_fits(self, recorded, rows):
        model, train, _ = recorded()
        x, y = rows(4)
        model.fit(x, y, 2, 1, verbose=0, shuffle=False)
        x += 10
        model.fit(x, y, 2, 1, verbose=0, shuffle=False)
        assert train.batches == [[0, 1], [2, 3], [10, 11], [12, 13]]


class TestShuffle:
    def test_draws_as_keras_did(self, recorded, rows):
        model, train, _ = recorded()
        np.random.seed(7)
        model.fit(*rows(10), 4, 2, verbose=0)
        np.random.seed(7)
        order = np.arange(10)
        expected = []
        for _ in range(2):
            np.random.shuffle(order)
            expected += [order[:4].tolist(), order[4:8].tolist(), order[8:].tolist()]
        assert train.batches == expected

    def test_whole_batches(self, recorded, rows):
        model, train, _ = recorded()
        model.fit(*rows(22), 4, 1, shuffle="batch", verbose=0)
        assert sorted(train.batches[:5]) == [
            [4 * n, 4 * n + 1, 4 * n + 2, 4 * n + 3] for n in range(5)
        ]
        assert train.batches[:5] != sorted(train.batches[:5]) and train.batches[5] == [
            20,
            21,
        ]

    def test_reads_files_in_rising_order(self, recorded, rows, tmp_path):
        h5py = pytest.importorskip("h5py")
        model, train, _ = recorded()
        x, y = rows(10)
        with h5py.File(tmp_path / "x.h5", "w") as file:
            file["x"] = x
            model.fit(file["x"], y, 4, 1, verbose=0)
        assert train.batches == [sorted(batch) for batch in train.batches]
        assert sorted(chain(*train.batches)) == list(range(10))


class TestEpochs:
    def test_from_initial_epoch(self, recorded, rows):
        model, _, _ = recorded()
        assert model.fit(*rows(4), 2, 5, verbose=0, initial_epoch=3).epoch == [3, 4]
        assert model.fit(*rows(4), 2, 3, verbose=0, initial_epoch=3).epoch == []

    def test_stop_at_the_end_of_an_epoch(self, recorded, rows):
        class Stopping(Callback):
            def on_batch_end(self, batch, logs=None):
                self.model.stop_training = True

        model, train, _ = recorded()
        diary = Diary()
        history = model.fit(*rows(4), 2, 5, verbose=0, callbacks=[Stopping(), diary])
        assert history.epoch == [0] and len(train.batches) == 2
        assert diary.diary[-1][0] == "train end"
        assert model.fit(*rows(4), 2, 2, verbose=0).epoch == [0, 1]

    def test_names_that_occur_twice_are_numbered(self, recorded, rows):
        model, _, _ = recorded(metrics=["mae", "acc", "mae"])
        history = model.fit(*rows(4), 2, 1, verbose=0)
        assert list(history.history) == [
            "loss",
            "mean_absolute_error_1",
            "acc",
            "mean_absolute_error_2",
        ]


class TestValidation:
    def test_split_takes_the_end_before_shuffling(self, recorded, rows):
        model, train, test = recorded()
        model.fit(*rows(10), 4, 1, verbose=0, validation_split=0.3)
        assert sorted(chain(*train.batches)) == list(range(7))
        assert test.batches == [[7, 8, 9]]
        assert [len(array) for array in model.validation_data] == [3, 3, 3]

    @pytest.mark.parametrize("fit", ["fit", "fit_generator"])
    def test_callbacks_find_what_the_test_function_gets(self, rows, fit):
        """Of a model with a learning phase, that is the last item."""
        model = Sequential([Dense(1, input_dim=1), Dropout(0.5)])
        model.compile("sgd", "mse")
        options = {"nb_epoch": 1, "verbose": 0, "validation_data": rows(3)}
        if fit == "fit":
            model.fit(*rows(4), **options)
        else:
            model.fit_generator(cycle([rows(4)]), 4, **options)
        *arrays, phase = model.validation_data
        assert [len(array) for array in arrays] == [3, 3, 3] and phase == 0.0
        assert model.test_function(model.validation_data) is not None

    def test_data_win_over_split_and_keep_their_order(self, recorded, rows):
        model, train, test = recorded()
        x, y = rows(10)
        model.fit(
            x, y, 4, 1, verbose=0, validation_split=0.5, validation_data=[x[3:], y[3:]]
        )
        assert sum(map(len, train.batches)) == 10
        assert test.batches == [[3, 4, 5, 6], [7, 8, 9]]

    def test_test_function_is_only_made_if_needed(self, recorded, rows):
        model, _, _ = recorded()
        model.test_function = None
        model.fit(*rows(4), 2, 1, verbose=0)
        assert model.test_function is None and model.validation_data == []


def test_evaluate_weighs_batches_by_size(recorded, rows):
    model, _, test = recorded(metrics=["acc"])
    assert model.evaluate(*rows(5), 2, verbose=0) == [
        2.0,
        pytest.approx((2 * 2 + 2 * 2 + 1) / 5),
    ]
    assert test.batches == [[0, 1], [2, 3], [4]]


def test_sparse_inputs():
    scipy_sparse = pytest.importorskip("scipy.sparse")
    x = Input((5,), sparse=True)
    model = Model(x, Dense(2)(x))
    model.compile("sgd", "mse")
    data = scipy_sparse.random(
        20, 5, 0.3, format="csr", dtype="float32", random_state=1
    )
    history = model.fit(data, np.zeros((20, 2)), 8, 1, verbose=0, validation_split=0.2)
    assert history.history.keys() == {"loss", "val_loss"}
    dense = data.toarray() @ model.get_weights()[0] + model.get_weights()[1]
    np.testing.assert_allclose(model.predict(data), dense, rtol=1e-4, atol=1e-6)


def test_two_outputs_in_predict():
    x = Input((3,))
    model = Model(x, [Dense(2)(x), Dense(1)(x)])
    data = np.random.normal(size=(7, 3)).astype("float32")
    at_once = model.predict_on_batch(data)
    parts = model.predict(data, batch_size=3)
    assert [array.shape for array in parts] == [(7, 2), (7, 1)]
    for one, other in zip(at_once, parts, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)
        assert other.dtype == "float32"


def test_same_seed_same_training_bit_for_bit():
    def weights():
        np.random.seed(11)
        model = Sequential([Dense(4, activation="tanh", input_dim=3), Dense(1)])
        model.compile("adam", "mse")
        model.fit(
            np.random.normal(size=(50, 3)),
            np.random.normal(size=(50, 1)),
            8,
            3,
            verbose=0,
        )
        return model.get_weights()

    np.testing.assert_equal(weights(), weights())


def test_models_of_all_backends_train_side_by_side():
    models = []
    for name in BACKENDS:
        with K.use(name):
            model = Sequential([Dense(3, activation="tanh", input_dim=2), Dense(1)])
            model.set_weights([np.full(w.shape, 0.3) for w in model.get_weights()])
            model.compile("sgd", "mse")
            models.append(model)
    x, y = np.random.normal(size=(20, 2)), np.random.normal(size=(20, 1))
    histories = [
        model.fit(x, y, 6, 2, shuffle=False, verbose=0).history["loss"]
        for model in models
    ]
    results = [model.predict(x) for model in models]
    for history, result in zip(histories[1:], results[1:], strict=True):
        np.testing.assert_allclose(history, histories[0], rtol=1e-5)
        np.testing.assert_allclose(result, results[0], rtol=1e-4, atol=1e-6)


class TestNaN:
    @pytest.mark.parametrize(
        ("values", "expected"),
        [
            (["nan", 1, "nan"], "output 'v'."),
            (["nan", "nan", "nan"], "output 'u' and 'v'."),
            (["nan", 1, 1], "none (a regularizer)."),
        ],
    )
    def test_names_the_outputs(self, values, expected):
        x = Input((1,))
        model = Model(x, [Dense(1, name="u")(x), Dense(1, name="v")(x)])
        model.compile("sgd", "mse")
        model.train_function = lambda arrays: [np.float32(value) for value in values]
        data = np.ones((2, 1))
        with pytest.warns(RuntimeWarning) as caught:
            model.fit(data, [data, data], nb_epoch=1, verbose=0)
        assert expected in str(caught[0].message)


class TestNumPyIntegers:
    """What comes out of `x.shape`, `np.arange` or `np.prod` goes in as an int."""

    def test_fit_evaluate_and_predict(self, recorded, rows):
        model, trained, tested = recorded()
        two = np.int64(2)
        history = model.fit(
            *rows(5), batch_size=two, nb_epoch=two, initial_epoch=np.uint8(1), verbose=0
        )
        assert history.epoch == [1] and len(trained.batches) == 3
        model.evaluate(*rows(5), batch_size=np.int32(3), verbose=0)
        assert [len(batch) for batch in tested.batches] == [3, 2]
        assert model.predict(rows(5)[0], batch_size=two).shape == (5, 1)

    def test_params_of_callbacks_are_plain_ints(self, recorded, rows):
        model, _, _ = recorded()
        diary = Diary()
        model.fit(*rows(4), np.int64(2), np.int64(1), verbose=0, callbacks=[diary])
        sizes = [diary.params[name] for name in ("batch_size", "nb_epoch")]
        assert sizes == [2, 1] and {type(size) for size in sizes} == {int}


class TestHooks:
    def test_default_callbacks_come_last(self, monkeypatch, recorded, rows):
        diary = []
        received = {}

        def call(hook, **arguments):
            received[hook] = arguments
            return (
                [[Diary("default ", diary)]]
                if hook == "oneiros_default_callbacks"
                else []
            )

        model, _, _ = recorded()
        hear_hooks(monkeypatch, call)
        model.fit(*rows(4), 2, 1, verbose=0, callbacks=[Diary("own ", diary)])
        assert calls(diary)[:2] == [("own model", None), ("default model", None)]
        passed = received["oneiros_default_callbacks"]
        assert passed["model"] is model and passed["params"]["nb_sample"] == 4

    def test_what_a_hook_does_to_params_stays_with_it(
        self, monkeypatch, recorded, rows
    ):
        faults = []

        def call(hook, **arguments):
            if hook == "oneiros_default_callbacks":
                try:
                    arguments["params"]["metrics"].clear()
                    arguments["params"].clear()
                except AttributeError as error:
                    faults.append(error)
            return []

        model, _, _ = recorded()
        hear_hooks(monkeypatch, call)
        history = model.fit(*rows(4), 2, 1, verbose=0)
        assert faults and list(history.history) == ["loss"]

    def test_around_compile(self, monkeypatch):
        seen = []

        def call(hook, model, arguments=None):
            seen.append((hook, model.optimizer))
            if arguments:
                arguments["loss"] = "mae"
            return []

        x = Input((2,))
        model = Model(x, Dense(1)(x))
        hear_hooks(monkeypatch, call)
        model.compile("sgd", "mse")
        assert seen == [
            ("oneiros_before_compile", None),
            ("oneiros_after_compile", model.optimizer),
        ]
        assert (
            model.loss == "mae"
            and model.loss_functions[0].__name__ == "mean_absolute_error"
        )
