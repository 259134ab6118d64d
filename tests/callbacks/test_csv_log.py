"""CSVLogger, read back by the csv module and by pandas-like readers of text."""

import csv
import errno
import io
import os
import pickle
from pathlib import Path

import numpy as np
import pytest
from oneiros.callbacks import CSVLogger, ReduceLROnPlateau, Resume
from oneiros.errors import ArgumentError, FileFormatError
from oneiros.layers import Dense
from oneiros.models import Sequential
from oneiros_callbacks import csv_log, csv_table


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
    model = Sequential([Dense(1, input_dim=2)])
    model.compile("sgd", "mse", metrics=["mae"])
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


@pytest.mark.parametrize("content", [None, ""])
def test_a_file_without_a_header_gets_one(path, content):
    if content is not None:
        path.write_text(content)
    log_epochs(CSVLogger(path, append=True), {"loss": 1.0})
    assert rows(path) == [["epoch", "loss"], ["0", "1.0"]]


def test_the_order_of_columns_is_that_of_the_file(path):
    path.write_text("loss,epoch,lr\n1.0,0,0.1\n")
    log_epochs(CSVLogger(path, append=True), {"lr": 0.2, "loss": 0.5}, first=1)
    assert rows(path)[-1] == ["0.5", "1", "0.2"]


def test_values_without_a_column_are_named(path):
    log_epochs(CSVLogger(path), {"loss": 1.0})
    with pytest.warns(
        RuntimeWarning, match=r"has no column for 'acc', 'lr', so they are left out"
    ):
        log_epochs(
            CSVLogger(path, append=True), {"acc": 1, "loss": 2.0, "lr": 3}, first=1
        )
    assert rows(path) == [["epoch", "loss"], ["0", "1.0"], ["1", "2.0"]]


def test_a_row_that_was_cut_off_is_left_alone(path):
    path.write_bytes(b"epoch,loss\r\n0,1.0\r\n1,0.")
    log_epochs(CSVLogger(path, append=True), {"loss": 0.5}, first=1)
    assert rows(path)[1:] == [["0", "1.0"], ["1", "0."], ["1", "0.5"]]


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


def test_what_can_not_be_is_told_before_training(tmp_path):
    log = CSVLogger(tmp_path / "no" / "log.csv")
    with pytest.raises(ArgumentError, match=r"CSVLogger received filename=.*makedirs"):
        log.on_train_begin()
    for separator in ("", ";;", "\n", '"', 3):
        with pytest.raises(ArgumentError, match=r"Expected one character, such as ','"):
            CSVLogger("log.csv", separator)


def test_can_be_pickled(path):
    log = pickle.loads(pickle.dumps(CSVLogger(path, ";", True)))
    assert (log.filename, log.sep, log.append) == (path, ";", True)


class Killed(BaseException):
    pass


@pytest.mark.parametrize("append", [False, True])
@pytest.mark.parametrize("killed_at", [0, 1, 3])
def test_a_resumed_training_has_the_log_of_one_that_ran_through(
    tmp_path, append, killed_at
):
    """Killed after the row was written and before the state was kept, so that the epoch
    is trained, and logged, again."""

    class Dying(CSVLogger):
        alive = True

        def on_epoch_end(self, epoch, logs=None):
            super().on_epoch_end(epoch, logs)
            if self.alive and epoch == killed_at:
                raise Killed

    def train(path, log, *callbacks):
        np.random.seed(0)
        model = Sequential([Dense(1, input_dim=2, name="d")])
        model.compile("sgd", "mse")
        x = np.random.random((8, 2))
        model.fit(
            x,
            x[:, :1],
            nb_epoch=5,
            verbose=0,
            callbacks=[log, *callbacks],
            batch_size=4,
        )
        return path.read_text()

    earlier = "epoch,loss\r\n0,9.0\r\n" if append else ""
    complete, cut = tmp_path / "whole.csv", tmp_path / "cut.csv"
    for path in (complete, cut):
        path.write_bytes(earlier.encode())
    log = Dying(complete, append=append)
    log.alive = False
    expected = train(complete, log)
    log = Dying(cut, append=append)
    with pytest.raises(Killed):
        train(cut, log, Resume(tmp_path / "run.h5"))
    log.csv_file.close()
    log = Dying(cut, append=append)
    log.alive = False
    assert train(cut, log, Resume(tmp_path / "run.h5")) == expected
    assert expected.count("\n") == (7 if append else 6)


def begun(path, append):
    """Returns a log that waits for its first epoch."""
    log = CSVLogger(path, append=append)
    log.on_train_begin()
    return log


def state_after(log, epochs):
    for epoch in range(epochs):
        log.on_epoch_end(epoch, {"loss": epoch + 0.5})
    state = log.get_state()
    log.on_train_end()
    return state


def resumed(path, append, state):
    """Goes on with a log from a state, for the third epoch."""
    log = begun(path, append)
    log.set_state(state)
    log.on_epoch_end(2, {"loss": 2.5})
    log.on_train_end()
    return rows(path)


HEADER = ["epoch", "loss"]
TRAINED = [["0", "0.5"], ["1", "1.5"], ["2", "2.5"]]
OTHERS = [[str(epoch), "9.0"] for epoch in range(100)]


def write_log_of_another(path):
    log_epochs(CSVLogger(path), *({"loss": 9.0} for _ in OTHERS))


@pytest.mark.parametrize("append", [False, True])
def test_resuming_into_another_file_keeps_its_rows(tmp_path, append):
    path = tmp_path / "all.csv"
    write_log_of_another(path)
    state = state_after(begun(tmp_path / "log.csv", append), 2)
    with pytest.warns(
        RuntimeWarning, match=r"all.csv' has other rows .* the 2 rows of"
    ):
        assert resumed(path, True, state) == [HEADER, *OTHERS, *TRAINED]


@pytest.mark.parametrize("count", [1, 5])
def test_resuming_the_first_epoch_in_another_file_keeps_its_rows(tmp_path, count):
    path = tmp_path / "all.csv"
    log_epochs(CSVLogger(path), *({"loss": 9.0} for _ in range(count)))
    state = state_after(begun(tmp_path / "log.csv", False), 0)
    with pytest.warns(RuntimeWarning, match="has other rows"):
        assert resumed(path, True, state) == [HEADER, *OTHERS[:count], TRAINED[2]]


def test_resuming_keeps_what_another_training_wrote_since(path):
    state = state_after(begun(path, True), 2)
    log_epochs(CSVLogger(path, append=True), {"loss": 9.0}, {"loss": 9.0})
    with pytest.warns(RuntimeWarning, match="has other rows"):
        written = resumed(path, True, state)
    assert written == [HEADER, *TRAINED[:2], *OTHERS[:2], *TRAINED]


def test_resuming_into_a_file_with_other_columns_keeps_to_them(tmp_path):
    path = tmp_path / "all.csv"
    log_epochs(CSVLogger(path, ";"), {"acc": 0.1, "loss": 9.0})
    state = state_after(begun(tmp_path / "log.csv", False), 2)
    log = CSVLogger(path, ";", append=True)
    log.on_train_begin()
    with pytest.warns(RuntimeWarning, match="has other rows"):
        log.set_state(state)
    log.on_train_end()
    assert rows(path, ";")[2:] == [["0", "", "0.5"], ["1", "", "1.5"]]


@pytest.mark.parametrize("append", [False, True])
def test_resuming_with_append_switched(path, append):
    write_log_of_another(path)
    state = state_after(begun(path, append), 2)
    assert resumed(path, not append, state) == [HEADER, *TRAINED]


def test_epochs_after_the_state_are_written_anew(path):
    write_log_of_another(path)
    log = begun(path, True)
    state = state_after(log, 2)
    log_epochs(CSVLogger(path, append=True), {"loss": 8.0}, {"loss": 8.0}, first=2)
    assert resumed(path, True, state) == [HEADER, *OTHERS, *TRAINED]


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b'"' + b"a" * 140_000])
def test_what_is_no_table_is_told_before_training(path, content, monkeypatch):
    monkeypatch.setattr(csv_log, "LONGEST_HEADER", 1 << 20)
    path.write_bytes(content)
    log = CSVLogger(path, append=True)
    with pytest.raises(FileFormatError, match=r"can't append to .*append=False"):
        log.on_train_begin()
    assert log.csv_file is None


def test_only_the_first_line_of_a_table_is_read(path, monkeypatch):
    """30 MB of line ends took two gigabytes."""
    monkeypatch.delattr(Path, "read_text")
    path.write_bytes(b"epoch,loss\n" + b"\n" * 1000)
    log_epochs(CSVLogger(path, append=True), {"loss": 1.0})
    assert path.read_bytes().endswith(b"\n\n0,1.0\r\n")


def test_a_run_of_very_many_rows_is_not_continued(path, monkeypatch):
    monkeypatch.setattr(csv_table, "MOST_ROWS", 10)
    log = CSVLogger(path)
    log.on_train_begin()
    with pytest.raises(ValueError, match="more than 10 rows"):
        log.set_state([str(path), 0, "1\n" * 20, ["epoch"], ","])
    log.csv_file.close()


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("a" * 300, "too long"),
        ("a\0b", "null"),
        ("\ud800", "surrogates"),
        (".", "directory"),
        (b"log.csv", "a str"),
        (3, "a str"),
    ],
)
def test_a_path_that_can_t_be_written_to(tmp_path, monkeypatch, name, reason):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ArgumentError, match=f"CSVLogger received filename=.*{reason}"):
        CSVLogger(name).on_train_begin()


def test_a_disk_that_is_full(path):
    class Full(io.StringIO):
        def flush(self):
            raise OSError(errno.ENOSPC, "No space left on device")

    log = CSVLogger(path)
    log.on_train_begin()
    log.csv_file.close()
    log.csv_file = Full()
    with pytest.raises(ArgumentError, match="No space left"):
        log.on_epoch_end(0, {"loss": 1.0})


def test_a_pipe_is_written_but_never_read(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    log_epochs(CSVLogger(pipe), {"loss": 1.0})
    assert os.read(reader, 100) == b"epoch,loss\r\n0,1.0\r\n"
    os.close(reader)
