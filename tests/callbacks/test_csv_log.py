"""CSVLogger, read back by the csv module and by pandas-like readers of text."""

import csv
import os
import pickle

import numpy as np
import pytest
from oneiros.callbacks import CSVLogger, ModelCheckpoint, ReduceLROnPlateau, Resume
from oneiros.errors import ArgumentError, FileAccessError
from small_models import compiled_dense


def log_epochs(log, *epochs, first=0):
    """Tells a log of a training with these epochs."""
    log.on_train_begin()
    for number, values in enumerate(epochs, first):
        log.on_epoch_end(number, values)
    log.on_train_end()


def rows(path, separator=","):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.reader(file, delimiter=separator))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "log.csv"


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_fit_as_a_table(path, separator):
    model = compiled_dense(2, metrics=["mae"])
    x = np.random.random((8, 2))
    callbacks = [ReduceLROnPlateau(), CSVLogger(path, separator)]
    history = model.fit(
        x, x[:, :1], nb_epoch=3, verbose=0, validation_split=0.5, callbacks=callbacks
    )
    header, *body = rows(path, separator)
    assert header == ["epoch", *sorted(history.history)] and "lr" in header
    assert [row[0] for row in body] == ["0", "1", "2"]
    for name, *column in list(zip(header, *body, strict=True))[1:]:
        assert [float(cell) for cell in column] == history.history[name]


def test_the_file_is_complete_after_each_epoch(path):
    log = CSVLogger(path)
    log.on_train_begin()
    for epoch in range(2):
        log.on_epoch_end(epoch, {"loss": 0.5})
        assert len(rows(path)) == epoch + 2
    log.on_train_end()
    assert log.csv_file.closed and log.writer is None


def test_a_training_begins_a_file_anew(path):
    log = CSVLogger(path)
    log_epochs(log, {"loss": 1.0})
    log_epochs(log, {"acc": 2.0})
    assert rows(path) == [["epoch", "acc"], ["0", "2.0"]] and log.keys == ["acc"]


def test_rows_are_appended_under_the_header_that_is_there(path):
    log_epochs(CSVLogger(path), {"loss": 1.0, "acc": 0.1})
    log_epochs(CSVLogger(path, append=True), {"acc": 0.2, "loss": 0.5}, first=1)
    assert rows(path) == [
        ["epoch", "acc", "loss"],
        ["0", "0.1", "1.0"],
        ["1", "0.2", "0.5"],
    ]


@pytest.mark.parametrize("exists", [False, True])
def test_a_file_without_a_header_gets_one(path, exists):
    if exists:
        path.touch()
    log_epochs(CSVLogger(path, append=True), {"loss": 1.0})
    assert rows(path) == [["epoch", "loss"], ["0", "1.0"]]


def test_the_order_of_columns_is_that_of_the_file(path):
    path.write_text("loss;epoch;lr\n1.0;0;0.1\n")
    log_epochs(CSVLogger(path, ";", append=True), {"lr": 0.2, "loss": 0.5}, first=1)
    assert rows(path, ";")[-1] == ["0.5", "1", "0.2"]


def test_values_without_a_column_are_named(path):
    log_epochs(CSVLogger(path), {"loss": 1.0})
    with pytest.warns(
        RuntimeWarning, match=r"has no column for 'acc', 'lr', so they are left out"
    ):
        log_epochs(
            CSVLogger(path, append=True), {"acc": 1, "loss": 2.0, "lr": 3}, first=1
        )
    assert rows(path) == [["epoch", "loss"], ["0", "1.0"], ["1", "2.0"]]


def test_values_of_all_kinds(path):
    values = {
        "a": np.float32(0.5),
        "b": float("nan"),
        "c": [1, 2.5],
        "d": np.array(3),
        "e": "a,b",
    }
    log_epochs(CSVLogger(path), values, {"a": 1.0, "new": 2})
    assert rows(path)[1:] == [
        ["0", "0.5", "nan", "[1, 2.5]", "3", "a,b"],
        ["1", "1.0", "", "", "", ""],
    ]


def test_no_text_is_a_formula(path):
    """Numbers stay as they are, and rows are appended under the same names."""
    for _ in range(2):
        log = CSVLogger(path, append=True)
        log_epochs(log, {"=cmd|' /C calc'!A0": -1.5, "note": "@SUM(1)"})
    assert rows(path) == [
        ["epoch", "'=cmd|' /C calc'!A0", "note"],
        *[["0", "-1.5", "'@SUM(1)"]] * 2,
    ]


def test_a_state_brings_numbers_alone(path):
    log = CSVLogger(path)
    log.on_train_begin()
    log.set_state([{"epoch": 0, "=a": "[1.5, -inf]", "b": "=1+cmd", "c": "<?php ?>"}])
    log.on_train_end()
    assert rows(path) == [["epoch", "'=a"], ["0", "[1.5, -inf]"]]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a full device")
def test_a_full_disk_is_named(path):
    path.symlink_to("/dev/full")
    log = CSVLogger(path)
    log.on_train_begin()
    with pytest.raises(FileAccessError, match=r"log\.csv: No space left .* free some"):
        log.on_epoch_end(0, {"loss": 1.0})
    with pytest.raises(FileAccessError, match=r"log\.csv"):
        log.on_train_end()


def test_what_can_not_be_is_told_before_training(tmp_path):
    log = CSVLogger(tmp_path / "no" / "log.csv")
    with pytest.raises(
        ArgumentError, match=r"filename='.*log.*os\.makedirs\('.*no'\) creates it"
    ):
        train(log)
    log.filename = tmp_path
    with pytest.raises(
        FileAccessError, match=r"Is a directory\. Pass another filename"
    ):
        train(log)
    for separator in ("", ";;"):
        with pytest.raises(ArgumentError, match=r"Expected one character, such as ','"):
            CSVLogger("log.csv", separator)


def test_an_old_file_stays_if_another_callback_can_not_write(path, tmp_path):
    path.write_text("old")
    with pytest.raises(ArgumentError, match="ModelCheckpoint"):
        train(CSVLogger(path), ModelCheckpoint(tmp_path / "no" / "m.h5"))
    assert path.read_text() == "old"


def test_can_be_pickled(path):
    log = pickle.loads(pickle.dumps(CSVLogger(path, ";", True)))
    assert (log.filename, log.sep, log.append) == (path, ";", True)


class KilledError(BaseException):
    pass


class Logging(CSVLogger):
    """May be killed after a row was written and before the state was kept."""

    killed_at = None

    def on_epoch_end(self, epoch, logs=None):
        super().on_epoch_end(epoch, logs)
        if epoch == self.killed_at:
            raise KilledError


def train(*callbacks):
    np.random.seed(0)
    model = compiled_dense(2, name="d")
    x = np.random.random((8, 2))
    model.fit(x, x[:, :1], nb_epoch=5, verbose=0, callbacks=callbacks)


@pytest.mark.parametrize("append", [False, True])
def test_a_resumed_training_has_all_rows(path, append, tmp_path):
    """With `append`, the rows stay, and that of the epoch trained again comes twice."""
    train(Logging(path))
    expected = rows(path)
    path.unlink()
    log = Logging(path, append=append)
    log.killed_at = 2
    with pytest.raises(KilledError):
        train(log, Resume(tmp_path / "run.h5"))
    log.csv_file.close()
    train(Logging(path, append=append), Resume(tmp_path / "run.h5"))
    if append:
        expected.insert(3, expected[3])
    assert rows(path) == expected


def test_a_pipe_is_written_but_never_read(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    log_epochs(CSVLogger(pipe), {"loss": 1.0})
    assert os.read(reader, 100) == b"epoch,loss\r\n0,1.0\r\n"
    os.close(reader)
