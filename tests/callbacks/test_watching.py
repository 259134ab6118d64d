"""ModelCheckpoint, EarlyStopping and ReduceLROnPlateau."""

import errno
import os
import pickle
import re

import numpy as np
import pytest
from oneiros import backend as K
from oneiros.callbacks import EarlyStopping, ModelCheckpoint, ReduceLROnPlateau
from oneiros.errors import ArgumentError, FileAccessError
from oneiros.models import load_model
from oneiros.optimizers import SGD
from oneiros_callbacks import checkpoint
from small_models import compiled_dense


class Fake:
    """Stands for a model that is saved."""

    def __init__(self):
        self.saved = []
        self.stop_training = False

    def save(self, path, overwrite):
        self.saved.append(("model", path, overwrite))

    def save_weights(self, path, overwrite):
        self.saved.append(("weights", path, overwrite))


def epochs(callback, name, values):
    """Tells a callback of epochs with these values; returns the model it had."""
    callback.set_model(Fake())
    callback.on_train_begin({})
    for epoch, value in enumerate(values):
        callback.on_epoch_end(epoch, {name: value})
        if callback.model.stop_training:
            break
    callback.on_train_end({})
    return callback.model


class TestEarlyStopping:
    @pytest.mark.parametrize(
        ("arguments", "name", "values", "stopped"),
        [
            ({}, "val_loss", [3, 2, 2, 1], 2),
            ({"patience": 1}, "val_loss", [3, 2, 2, 2, 1], 3),
            ({"patience": 1}, "val_loss", [3, 2, 2, 1, 1, 0.5], 0),
            ({"monitor": "val_acc"}, "val_acc", [0.1, 0.2, 0.15], 2),
            ({"monitor": "acc", "mode": "min"}, "acc", [0.2, 0.1, 0.3], 2),
            ({"monitor": "val_fmeasure"}, "val_fmeasure", [0.1, 0.2, 0.2], 2),
            ({"monitor": "loss", "mode": "max"}, "loss", [1, 2, 1.5], 2),
            ({"min_delta": 0.5}, "val_loss", [3, 2.4, 2.0, 0], 2),
            ({"monitor": "acc", "min_delta": 0.1}, "acc", [0.5, 0.55, 0.9], 1),
            ({}, "val_loss", [2.0, float("nan"), 1.0], 1),
        ],
    )
    def test_stops_when_nothing_gets_better(self, arguments, name, values, stopped):
        callback = EarlyStopping(**arguments)
        model = epochs(callback, name, values)
        assert callback.stopped_epoch == stopped
        assert model.stop_training == (stopped > 0)

    def test_patience_may_be_a_float(self):
        callback = EarlyStopping(patience=1e0)
        epochs(callback, "val_loss", [3, 4, 4, 4])
        assert callback.stopped_epoch == 2
        with pytest.raises(ArgumentError, match=r"patience=1\.5"):
            EarlyStopping(patience=1.5)

    def test_forgets_earlier_fits(self):
        callback = EarlyStopping()
        assert epochs(callback, "val_loss", [1, 2]).stop_training
        assert not epochs(callback, "val_loss", [5, 4]).stop_training
        assert (callback.best, callback.wait, callback.stopped_epoch) == (4, 0, 0)

    def test_says_so_if_asked(self, capsys):
        epochs(EarlyStopping(verbose=1), "val_loss", [1, 2])
        assert capsys.readouterr().out == "Epoch 00001: early stopping\n"
        epochs(EarlyStopping(), "val_loss", [1, 2])
        assert capsys.readouterr().out == ""

    def test_a_value_that_is_not_measured(self):
        with pytest.warns(
            RuntimeWarning,
            match="EarlyStopping watches 'val_loss', which this fit doesn't",
        ):
            model = epochs(EarlyStopping(), "loss", [1])
        assert not model.stop_training

    @pytest.mark.parametrize(
        ("monitor", "best"), [("val_loss", np.inf), ("val_acc", -np.inf)]
    )
    def test_another_mode_counts_as_auto(self, monitor, best):
        with pytest.warns(RuntimeWarning, match="'least' counts as 'auto'") as caught:
            assert EarlyStopping(monitor, mode="least").best == best
        assert len(caught) == 1 and caught[0].filename == __file__


class TestModelCheckpoint:
    def test_fills_in_the_path(self):
        model = epochs(
            ModelCheckpoint("w.{epoch:02d}-{val_loss:.2f}.h5"), "val_loss", [1.234, 2]
        )
        assert [path for _, path, _ in model.saved] == ["w.00-1.23.h5", "w.01-2.00.h5"]
        assert {(what, overwrite) for what, _, overwrite in model.saved} == {
            ("model", True)
        }

    def test_only_the_best(self):
        callback = ModelCheckpoint(
            "{epoch}", save_best_only=True, save_weights_only=True
        )
        model = epochs(callback, "val_loss", [3, 4, 2, 2, float("nan"), 1])
        assert model.saved == [("weights", number, True) for number in ("0", "2", "5")]
        assert callback.best == 1

    def test_the_best_accuracy_is_the_highest(self):
        callback = ModelCheckpoint("{epoch}", monitor="acc", save_best_only=True)
        model = epochs(callback, "acc", [0.5, 0.4, 0.6])
        assert [path for _, path, _ in model.saved] == ["0", "2"]

    def test_period(self):
        model = epochs(ModelCheckpoint("{epoch}", period=3), "val_loss", [1] * 7)
        assert [path for _, path, _ in model.saved] == ["2", "5"]
        callback = ModelCheckpoint("{epoch}", period=2, save_best_only=True)
        model = epochs(callback, "val_loss", [5, 4, 4, 4, 3, 2])
        assert [path for _, path, _ in model.saved] == ["1", "5"]

    def test_says_so_if_asked(self, capsys):
        epochs(
            ModelCheckpoint("m.h5", verbose=1, save_best_only=True), "val_loss", [1, 2]
        )
        assert capsys.readouterr().out == (
            "Epoch 00000: val_loss improved from inf to 1.00000, saving model to m.h5\n"
            "Epoch 00001: val_loss did not improve\n"
        )
        epochs(ModelCheckpoint("m.h5", verbose=1), "val_loss", [1])
        assert capsys.readouterr().out == "Epoch 00000: saving model to m.h5\n"

    def test_a_value_that_is_not_measured(self):
        with pytest.warns(
            RuntimeWarning,
            match=re.escape("Measured: 'loss'. For 'val_...' pass valid"),
        ):
            model = epochs(ModelCheckpoint("m.h5", save_best_only=True), "loss", [1])
        assert model.saved == []

    def test_a_path_with_a_value_that_is_not_measured(self):
        with pytest.warns(
            RuntimeWarning,
            match=r"names 'val_acc', which this fit doesn't measure.*: 'loss'",
        ):
            model = epochs(ModelCheckpoint("{epoch}-{val_acc:.2f}.h5"), "loss", [1, 2])
        assert [path for _, path, _ in model.saved] == ["0-nan.h5", "1-nan.h5"]

    def test_a_value_of_another_callback_takes_any_format(self):
        callback = ModelCheckpoint("m-{step:05d}-{tag:>3s}-{val_loss:.2f}.h5")
        model = Fake()
        callback.set_model(model)
        callback.on_train_begin()
        callback.on_epoch_end(0, {"step": 12, "tag": "a", "val_loss": 0.5})
        with pytest.warns(RuntimeWarning, match="names 'step', 'tag', which"):
            callback.on_epoch_end(1, {"val_loss": 0.25})
        assert [path for _, path, _ in model.saved] == [
            "m-00012-  a-0.50.h5",
            "m-nan-nan-0.25.h5",
        ]

    @pytest.mark.parametrize(
        "path",
        [
            "m-{}.h5",
            "m-{epoch.h5",
            "m-{epoch:.2q}.h5",
            "m-{epoch[0]}.h5",
            "m-{epoch:999999999d}",
            "m-{loss:{epoch:9999}}",
        ],
    )
    def test_a_path_that_can_not_be_filled_in(self, path):
        callback = ModelCheckpoint(path)
        with pytest.raises(ArgumentError, match=r"can't fill in the path 'm-.*like"):
            callback.prepare_fit(None)

    def test_a_missing_folder_is_told_before_training(self, tmp_path):
        model = compiled_dense()
        before = model.get_weights()
        callback = ModelCheckpoint(tmp_path / "no" / "m-{epoch}.h5")
        x = np.ones((4, 1))
        with pytest.raises(ArgumentError, match=r"os\.makedirs\('.*no'\) creates it"):
            model.fit(x, x, verbose=0, callbacks=[callback])
        np.testing.assert_array_equal(model.get_weights()[0], before[0])

    def test_a_folder_named_by_a_field_is_not_looked_for(self, tmp_path):
        ModelCheckpoint(tmp_path / "run-{epoch}" / "m.h5").prepare_fit(None)

    @pytest.mark.parametrize("path", ["", "m.h5", "m-{epoch}.h5"])
    def test_a_place_is_tried_before_training(self, tmp_path, monkeypatch, path):
        def refusing(dir):
            raise PermissionError(errno.EACCES, "Permission denied")

        callback = ModelCheckpoint(tmp_path / path)
        if path:
            callback.prepare_fit(None)
            monkeypatch.setattr(checkpoint, "TemporaryFile", refusing)
        assert os.listdir(tmp_path) == []
        with pytest.raises(
            FileAccessError, match=r"d(irectory|enied)\. Pass another f"
        ):
            callback.prepare_fit(None)

    def test_a_file_that_loads(self, tmp_path):
        model = compiled_dense(3, 2)
        x, y = np.random.normal(size=(8, 3)), np.random.normal(size=(8, 2))
        path = tmp_path / "best-{epoch}.h5"
        model.fit(
            x, y, nb_epoch=2, verbose=0, callbacks=[ModelCheckpoint(path, period=2)]
        )
        assert [file.name for file in tmp_path.iterdir()] == ["best-1.h5"]
        np.testing.assert_allclose(
            load_model(tmp_path / "best-1.h5").predict(x), model.predict(x), rtol=1e-5
        )


def lowered(callback, name, values):
    """Tells a callback of epochs with these values.

    Returns the learning rates after them.
    """
    callback.set_model(Fake())
    callback.model.optimizer = SGD(lr=1.0)
    rates = []
    callback.on_train_begin({})
    for epoch, value in enumerate(values):
        callback.on_epoch_end(epoch, {name: value})
        rates.append(float(K.get_value(callback.model.optimizer.lr)))
    return rates


class TestReduceLROnPlateau:
    @pytest.mark.parametrize(
        ("arguments", "name", "values", "rates"),
        [
            ({}, "val_loss", [3, 2, 1, *[1] * 11], [1] * 13 + [0.1]),
            ({"patience": 0}, "val_loss", [3, 3, 2, 2.0], [1, 0.1, 0.1, 0.01]),
            ({"patience": 1}, "val_loss", [3, 3, 3, 3, 3], [1, 1, 0.1, 0.01, 0.001]),
            (
                {"patience": 2, "factor": 0.5},
                "val_loss",
                [3] * 7,
                [1, 1, 1, 0.5, 0.5, 0.25, 0.25],
            ),
            ({"patience": 0, "epsilon": 0.5}, "val_loss", [3, 2.6, 2.4], [1, 0.1, 0.1]),
            (
                {"patience": 0, "monitor": "val_acc"},
                "val_acc",
                [0.1, 0.2, 0.2],
                [1, 1, 0.1],
            ),
            (
                {"patience": 0, "monitor": "acc", "mode": "min"},
                "acc",
                [0.1, 0.2, 0.05],
                [1, 0.1, 0.1],
            ),
            ({"patience": 0, "monitor": "fmeasure"}, "fmeasure", [0.1, 0.2], [1, 0.1]),
            ({"patience": 0, "mode": "max"}, "val_loss", [1, 2, 1.5], [1, 1, 0.1]),
            (
                {"patience": 0, "cooldown": 2},
                "val_loss",
                [3] * 6,
                [1, 0.1, 0.1, 0.01, 0.01, 0.001],
            ),
            (
                {"patience": 2, "cooldown": 3},
                "val_loss",
                [3] * 9,
                [1] * 3 + [0.1] * 5 + [0.01],
            ),
            (
                {"patience": 0, "min_lr": 0.05},
                "val_loss",
                [3] * 4,
                [1, 0.1, 0.05, 0.05],
            ),
            ({"patience": 0}, "val_loss", [3, float("nan"), 2], [1, 0.1, 0.1]),
        ],
    )
    def test_lowers_the_rate_when_nothing_gets_better(
        self, arguments, name, values, rates
    ):
        assert lowered(ReduceLROnPlateau(**arguments), name, values) == pytest.approx(
            rates
        )

    def test_forgets_earlier_fits(self):
        callback = ReduceLROnPlateau(patience=0, cooldown=5)
        assert lowered(callback, "val_loss", [1, 2]) == pytest.approx([1, 0.1])
        assert lowered(callback, "val_loss", [5, 4, 4]) == pytest.approx([1, 1, 0.1])

    def test_history_tells_the_rate_that_each_epoch_had(self):
        model = compiled_dense(optimizer=SGD(lr=0.5))
        x = np.zeros((4, 1))
        history = model.fit(
            x, x, nb_epoch=3, verbose=0, callbacks=[ReduceLROnPlateau("loss", 0.5, 0)]
        )
        assert history.history["lr"] == [0.5, 0.5, 0.25]
        assert float(K.get_value(model.optimizer.lr)) == 0.125

    def test_says_so_if_asked(self, capsys):
        lowered(ReduceLROnPlateau(patience=0, verbose=1), "val_loss", [1, 1])
        assert (
            capsys.readouterr().out == "Epoch 00001: reducing learning rate to 0.1.\n"
        )
        lowered(ReduceLROnPlateau(patience=0), "val_loss", [1, 1])
        assert capsys.readouterr().out == ""

    def test_a_value_that_is_not_measured(self):
        with pytest.warns(
            RuntimeWarning, match="ReduceLROnPlateau watches 'val_loss', which this fit"
        ):
            assert lowered(ReduceLROnPlateau(patience=0), "loss", [1]) == [1]

    def test_bad_arguments(self):
        with pytest.raises(ArgumentError, match=r"a factor below 1; received 1\.5"):
            ReduceLROnPlateau(factor=1.5)
        with pytest.warns(RuntimeWarning, match="'least' counts as 'auto'") as caught:
            callback = ReduceLROnPlateau(mode="least")
            callback.on_train_begin()
        assert len(caught) == 1 and callback.best == np.inf

    def test_an_optimizer_without_a_rate(self):
        callback = ReduceLROnPlateau()
        callback.set_model(Fake())
        callback.model.optimizer = Fake()
        with pytest.raises(
            ArgumentError, match="the optimizer's variable `lr`; Fake has none"
        ):
            callback.on_epoch_end(0, {"val_loss": 1})

    def test_can_be_pickled(self):
        callback = pickle.loads(pickle.dumps(ReduceLROnPlateau(patience=0)))
        assert lowered(callback, "val_loss", [1, 1]) == pytest.approx([1, 0.1])


@pytest.mark.parametrize("make", [EarlyStopping, ReduceLROnPlateau])
def test_warnings_point_at_the_line_of_the_user(make):
    model = compiled_dense()
    x = np.ones((4, 1))
    with pytest.warns(RuntimeWarning, match=r"watches 'val_loss'") as caught:
        model.fit(x, x, nb_epoch=1, verbose=0, callbacks=[make()])
    assert {each.filename for each in caught} == {__file__}


@pytest.mark.parametrize(
    ("make", "name", "minimum"),
    [
        (lambda period: ModelCheckpoint("a.h5", period=period), "period", 1),
        (lambda patience: EarlyStopping(patience=patience), "patience", 0),
        (lambda patience: ReduceLROnPlateau(patience=patience), "patience", 0),
    ],
)
def test_numbers_of_epochs_are_whole_numbers(make, name, minimum):
    for accepted in (minimum, np.int64(3)):
        assert getattr(make(accepted), name) == accepted
    for refused in (True, minimum - 1, 1.5, "2"):
        with pytest.raises(ArgumentError, match=rf"received {name}="):
            make(refused)
