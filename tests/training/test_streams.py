"""Streams: objects whose batches come anew in each epoch, of users and of others'
packages."""

import sys
import threading

import grain
import numpy as np
import pytest
from oneiros.callbacks import Callback
from oneiros.errors import ArgumentError, DataError, GeneratorError
from oneiros.layers import Dense, Input
from oneiros.models import Model

X = np.arange(9, dtype="float32")[:, None]
Y = np.zeros((9, 1), "float32")
IN_ORDER = [[0, 1, 2, 3], [4, 5, 6, 7], [8]]


class Stream:
    """Nine samples in batches of four; the last one is smaller."""

    def __init__(self, make=lambda x, y: (x, y)):
        self.make = make
        self.epochs = []

    def __iter__(self):
        for start in range(0, 9, 4):
            yield self.make(X[start : start + 4], Y[start : start + 4])


class Sized(Stream):
    def __len__(self):
        return 3


class Unsized(Stream):
    def __len__(self):
        raise TypeError("The length is unknown.")


class Begun(Stream):
    def set_epoch(self, epoch):
        self.epochs.append(("begins", epoch))


class Told(Begun):
    def on_epoch_end(self):
        self.epochs.append("ends")


class Numbered(Begun):
    """Has other samples in each epoch."""

    def __len__(self):
        return 3

    def __getitem__(self, number):
        epoch = self.epochs[-1][1] if self.epochs else 0
        rows = slice(4 * number, 4 * number + 4)
        return X[rows] + 10 * epoch, Y[rows]


class UsedUp(Stream):
    """Has one iterator for all epochs."""

    def __init__(self):
        super().__init__()
        self.iterator = Stream().__iter__()

    def __iter__(self):
        yield from self.iterator


class Tensor:
    """What a package of its own has in the place of arrays."""

    def __init__(self, values):
        self.values = values
        self.shape = values.shape

    def __array__(self, dtype=None, copy=None):
        return self.values


@pytest.fixture(autouse=True)
def nobody_stays():
    """After each test no thread that takes batches is left."""
    yield
    names = [thread.name for thread in threading.enumerate()]
    assert "oneiros-generator" not in names


@pytest.fixture(scope="module")
def doubling():
    """A model that doubles, whose input and output have names."""
    x = Input((1,), name="x")
    model = Model(x, Dense(1, name="y", bias=False)(x))
    model.compile("sgd", "mse")
    model.set_weights([np.array([[2.0]])])
    return model


class Reading(Callback):
    def on_train_begin(self, logs=None):
        self.read = dict(self.params)


class TestFit:
    @pytest.mark.parametrize("kind", [Stream, Sized, Unsized])
    def test_each_epoch_has_all_batches_in_their_order(self, recorded, kind):
        model, train, _ = recorded()
        reading = Reading()
        history = model.fit(kind(), nb_epoch=2, verbose=0, callbacks=[reading])
        assert train.batches == IN_ORDER * 2
        assert history.history["loss"] == [4.0, 4.0]
        assert reading.read["nb_sample"] is None

    @pytest.mark.parametrize("kind", [Stream, Sized, Unsized])
    def test_validation_by_a_stream(self, recorded, rows, kind):
        for data in ((Stream(), None), rows(3)):
            model, _, test = recorded()
            history = model.fit(
                *data, nb_epoch=2, verbose=0, validation_data=kind()
            ).history
            assert test.batches == IN_ORDER * 2 and history["val_loss"] == [4.0, 4.0]

    def test_it_is_told_of_epochs(self, recorded):
        model, _, _ = recorded()
        for stream, ends in ((Begun(), []), (Told(), ["ends"])):
            model.fit(stream, nb_epoch=4, initial_epoch=2, verbose=0)
            model.evaluate(stream, verbose=0)
            assert stream.epochs == [("begins", 2), *ends, ("begins", 3), *ends]

    def test_batches_by_number_are_made_after_it_is_told(self, recorded):
        model, train, _ = recorded()
        model.fit(Numbered(), nb_epoch=4, initial_epoch=2, shuffle=False, verbose=0)
        later = [[row + 20 for row in batch] for batch in IN_ORDER]
        assert train.batches[:3] == later

    def test_weights_of_classes_and_of_samples(self, doubling):
        def loss(make, **arguments):
            doubling.set_weights([np.array([[2.0]])])
            stream = Stream(make)
            return doubling.fit(stream, nb_epoch=1, verbose=0, **arguments).history

        def labelled(x, y):
            return x, (x % 2)

        def weighted(x, y):
            return x, (x % 2), 1 + 2 * (x[:, 0] % 2)

        by_class = loss(labelled, class_weight={0: 1.0, 1: 3.0})
        by_sample = loss(weighted)
        assert by_class["loss"] == by_sample["loss"]

    def test_the_bar_learns_how_long_an_epoch_is(self, recorded, capsys):
        model, _, _ = recorded()
        model.fit(Stream(), nb_epoch=2, verbose=1)
        lines = capsys.readouterr().out.splitlines()
        assert lines[0] == "Epoch 1/2" and lines[2] == "Epoch 2/2"
        for line in (lines[1], lines[3]):
            assert line.startswith(
                "9/9 [==============================] - 0s - loss: 4"
            )


class TestBatches:
    def test_what_stands_for_arrays(self, recorded):
        model, train, _ = recorded()
        model.fit(Stream(lambda x, y: [Tensor(x), Tensor(y)]), nb_epoch=1, verbose=0)
        assert train.batches == IN_ORDER

    @pytest.mark.parametrize(
        "make",
        [
            lambda x, y: {"x": x, "y": y, "name": ["?"] * len(x)},
            lambda x, y: {"x": x, "y": y, "sample_weight": np.ones(len(x))},
            lambda x, y: ({"x": x}, {"y": y}),
        ],
    )
    def test_columns_by_name(self, doubling, make):
        expected = doubling.evaluate(X, Y, verbose=0)
        losses = doubling.evaluate(Stream(make), verbose=0)
        np.testing.assert_allclose(losses, expected, rtol=1e-5)
        np.testing.assert_allclose(
            doubling.predict(Stream(make)), doubling.predict(X), rtol=1e-5
        )

    def test_a_column_of_weights(self, doubling):
        def weighted(x, y):
            return {"x": x, "y": y, "sample_weight": 1 + x[:, 0]}

        doubling.set_weights([np.array([[2.0]])])
        loss = doubling.evaluate(Stream(weighted), verbose=0)
        np.testing.assert_allclose(loss, np.mean((1 + X) * (2 * X) ** 2), rtol=1e-5)

    def test_missing_columns_are_named(self, doubling):
        stream = Stream(lambda x, y: {"x": x, "label": y})
        with pytest.raises(DataError) as caught:
            doubling.fit(stream, verbose=0)
        assert str(caught.value).startswith(
            "batch 1 of epoch 1, from the object of class Stream: received the columns "
            "'x', 'label', but none named 'y', like the model's inputs and outputs."
        )

    @pytest.mark.parametrize(
        "make",
        [
            lambda x, y: x,
            lambda x, y: (x,),
            lambda x, y: (x, y),
            lambda x, y: [x, y],
            lambda x, y: [Tensor(x), Tensor(y), np.ones(len(x))],
            lambda x, y: [{"x": x}, y],
            lambda x, y: x.tolist(),
        ],
    )
    def test_predict_gives_rows_in_order(self, doubling, make):
        doubling.set_weights([np.array([[2.0]])])
        np.testing.assert_array_equal(doubling.predict(Stream(make)), 2 * X)

    @pytest.mark.parametrize(
        "make",
        [
            lambda x, y: [x, y],
            lambda x, y: ([x, y], y),
            lambda x, y: [[x, y], y],
            lambda x, y: [{"a": x, "b": y}, y],
        ],
    )
    def test_predict_with_two_inputs(self, make):
        a = Input((1,), name="a")
        b = Input((1,), name="b")
        model = Model([a, b], [a, b])
        batches = []
        model.predict_function = lambda arrays: batches.append(arrays) or arrays
        model.predict(Stream(make))
        np.testing.assert_array_equal(np.concatenate([x for x, _ in batches]), X)
        np.testing.assert_array_equal(np.concatenate([y for _, y in batches]), Y)


def raises(x, y):
    raise OSError("no file 3")


class Empty(Stream):
    def __iter__(self):
        return iter(())


class Attached(Tensor):
    """As PyTorch's, which has no values while a gradient goes through it."""

    dtype = "torch.float32"

    def __array__(self, dtype=None, copy=None):
        raise RuntimeError("Can't call numpy() on a Tensor that requires grad.")


class Endless(Stream):
    def __len__(self):
        return sys.maxsize


class TestRefusals:
    @pytest.mark.parametrize(
        ("call", "error", "expected"),
        [
            (
                lambda m: m.fit(UsedUp(), nb_epoch=2, verbose=0),
                GeneratorError,
                "The object of class UsedUp yielded no batches in epoch 2, but 3 in "
                "the previous one: it is exhausted.",
            ),
            (
                lambda m: m.fit(Empty(), verbose=0),
                GeneratorError,
                "The object of class Empty has no batches",
            ),
            (
                lambda m: m.fit(Stream(raises), verbose=0),
                GeneratorError,
                "raised an error instead of yielding batch 1 of epoch 1, traceback "
                "above: OSError: no file 3",
            ),
            (
                lambda m: m.fit(Stream(lambda x, y: (x[:, :0], y)), verbose=0),
                DataError,
                "batch 1 of epoch 1, from the object of class Stream: model input",
            ),
            (
                lambda m: m.fit(Stream(lambda x, y: x), verbose=0),
                DataError,
                "received an array of shape (4, 1), expected a tuple (x, y)",
            ),
            (
                lambda m: m.predict(Stream(lambda x, y: Attached(x))),
                DataError,
                "received a Attached that isn't an array",
            ),
            (
                lambda m: m.fit(Endless()),
                DataError,
                "The object of class Endless never ends, so no epoch would end.",
            ),
            (
                lambda m: m.fit(Stream(), batch_size=64),
                ArgumentError,
                "received batch_size=64. Expected no value, because x yields batches: "
                "make batches of that size.",
            ),
            (
                lambda m: m.predict(Stream(), batch_size=8),
                ArgumentError,
                "received batch_size=8. Expected no value",
            ),
            (
                lambda m: m.evaluate(Stream(), Y),
                ArgumentError,
                "Expected no value, because x yields batches: let it yield (x, y).",
            ),
            (
                lambda m: m.evaluate(Stream(), sample_weight=np.ones(9)),
                ArgumentError,
                "let it yield (x, y, sample_weight).",
            ),
            (
                lambda m: m.fit(Stream(), validation_split=0.1),
                ArgumentError,
                "received validation_split=0.1. Expected no value, because x yields "
                "batches: pass validation_data.",
            ),
            (
                lambda m: m.fit(iter(Stream()), nb_epoch=2),
                DataError,
                "received a generator, which fit_generator needs",
            ),
        ],
    )
    def test_say_what_and_where(self, recorded, call, error, expected):
        model, _, _ = recorded()
        with pytest.raises(error) as caught:
            call(model)
        assert expected in str(caught.value)


class TestGrain:
    def test_batches_by_number_are_shuffled(self, recorded):
        model, train, _ = recorded()
        dataset = grain.MapDataset.source(range(40)).map(numbered).batch(4)
        model.fit(dataset, nb_epoch=1, verbose=0)
        assert sorted(train.batches) == [list(range(n, n + 4)) for n in range(0, 40, 4)]
        assert train.batches != sorted(train.batches)

    def test_batches_in_their_order(self, recorded):
        model, train, _ = recorded()
        dataset = grain.MapDataset.source(range(9)).map(numbered).to_iter_dataset()
        model.fit(dataset.batch(4), nb_epoch=2, verbose=0)
        assert train.batches == IN_ORDER * 2


def numbered(number):
    return np.full(1, number, "float32"), np.zeros(1, "float32")


class TestHuggingFace:
    def test_rows_by_name(self, doubling):
        import datasets

        doubling.set_weights([np.array([[2.0]])])
        rows = datasets.Dataset.from_dict({"x": X, "y": Y[:, 0], "name": ["?"] * 9})
        stream = rows.to_iterable_dataset().batch(4)
        np.testing.assert_array_equal(doubling.predict(stream), 2 * X)
        np.testing.assert_allclose(
            doubling.evaluate(stream, verbose=0), np.mean((2 * X) ** 2), rtol=1e-5
        )


class TestTensorFlow:
    @pytest.fixture
    def dataset(self):
        import tensorflow

        return tensorflow.data.Dataset.from_tensor_slices((X, Y)).batch(4)

    def test_it_is_a_stream(self, recorded, dataset):
        model, train, test = recorded()
        model.fit(
            dataset,
            nb_epoch=1,
            verbose=0,
            validation_data=dataset.filter(lambda x, y: True),
        )
        assert train.batches == test.batches == IN_ORDER

    def test_one_that_repeats_never_ends(self, recorded, dataset):
        model, train, _ = recorded()
        with pytest.raises(DataError, match="Dataset never ends"):
            model.fit(dataset.repeat())
        model.fit_generator(dataset.take(2).repeat(), 8, 2, verbose=0)
        assert train.batches == IN_ORDER[:2] * 2
