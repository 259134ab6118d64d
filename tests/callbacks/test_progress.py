"""The progress bar, seen in a terminal and in a file, and what ProgbarLogger shows with
it."""

import os
import pty
import re
import select
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
from oneiros.callbacks import Callback, ProgbarLogger
from oneiros.utils.generic_utils import Progbar
from small_models import compiled_dense

IN_A_TERMINAL = """
import time
from oneiros.callbacks import ProgbarLogger
logger = ProgbarLogger()
params = {{"verbose": {verbose}, "nb_epoch": 2, "nb_sample": 40}}
logger.set_params({{**params, "metrics": ["loss", "val_loss"]}})
logger.on_train_begin({{}})
for epoch in range(2):
    logger.on_epoch_begin(epoch, {{}})
    for batch in range(4):
        logger.on_batch_begin(batch, {{}})
        time.sleep(0.06)
        logger.on_batch_end(batch, {{"size": 10, "loss": 4.0 - batch}})
    logger.on_epoch_end(epoch, {{"loss": 0.25, "val_loss": 0.00001}})
print("after")
"""


def in_a_terminal(program, columns=100, **environment):
    """Returns what a program writes to a terminal that is `columns` wide."""
    leader, follower = pty.openpty()
    settings = {
        **os.environ,
        "COLUMNS": str(columns),
        "LINES": "20",
        "TERM": "xterm",
        **environment,
    }
    process = subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=follower,
        stdout=follower,
        stderr=subprocess.PIPE,
        env=settings,
    )
    os.close(follower)
    written = b""
    while True:
        ready, _, _ = select.select([leader], [], [], 60)
        try:
            chunk = os.read(leader, 65536) if ready else b""
        except OSError:  # the other end was closed
            break
        if not chunk:
            break
        written += chunk
    os.close(leader)
    errors = process.stderr.read().decode()
    process.stderr.close()
    assert process.wait() == 0 and errors == "", errors
    return written.decode()


def last_of_each_line(text):
    """Returns what remains on the screen of lines that were drawn again and again."""
    return [line.rstrip("\r").split("\r")[-1].rstrip() for line in text.split("\n")]


PACE = r"\d+(\.\dms|us)/step"


def test_a_bar_moves_in_one_line_of_a_terminal():
    text = in_a_terminal(IN_A_TERMINAL.format(verbose=1), PYTHONIOENCODING="utf-8")
    lines = last_of_each_line(text)
    assert (
        lines[0] == "Epoch 1/2"
        and lines[2] == "Epoch 2/2"
        and lines[4:] == ["after", ""]
    )
    for line in (lines[1], lines[3]):
        assert re.fullmatch(
            rf"40/40 \[={{30}}\] - 0s - {PACE} - loss: 0\.2500 - val_loss: 1\.0000e-05",
            line,
        )
    drawn = text.split("\n")[1].split("\r")
    under_way = re.compile(
        rf"(\d0)/40 \[(█+)[^]]*\] - ETA: 00:00 - {PACE} - loss: (.{{6}})"
    )
    matches = [match for match in map(under_way.match, drawn) if match]
    blocks_and_loss = {"10": (7, "4.0000"), "20": (15, "3.5000"), "30": (22, "3.0000")}
    assert matches
    for match in matches:
        done = match[1]
        blocks = len(match[2])
        loss = match[4]
        assert (blocks, loss) == blocks_and_loss[done]
    assert max(map(len, drawn)) < 100


def test_a_narrow_terminal_gets_whole_values_and_at_the_end_all():
    text = in_a_terminal(
        IN_A_TERMINAL.format(verbose=1), columns=42, PYTHONIOENCODING="utf-8"
    )
    lines = last_of_each_line(text)
    assert re.fullmatch(
        rf"40/40 \[={{30}}\]\n      - 0s - {PACE} - loss: 0\.2500\n"
        r"      - val_loss: 1\.0000e-05",
        "\n".join(lines[1:4]),
    )
    drawn = text.split("\n")[1].rstrip("\r").split("\r")
    moving = [line.rstrip() for line in drawn if "ETA" in line]
    assert moving and all(
        re.fullmatch(rf"[123]0/40 \[[^]]+\] - ETA: 00:00 - {PACE}", line)
        for line in moving
    )
    assert max(map(len, moving)) < 42


def test_a_terminal_without_unicode_gets_a_bar_of_ascii():
    text = in_a_terminal(IN_A_TERMINAL.format(verbose=1), PYTHONIOENCODING="ascii")
    assert "/40 [###" in text and text.isascii()


@pytest.mark.parametrize("verbose", [0, 2])
def test_other_verbosities_draw_nothing_in_a_terminal(verbose):
    text = in_a_terminal(IN_A_TERMINAL.format(verbose=verbose)).replace("\r\n", "\n")
    line = "0s - loss: 0.2500 - val_loss: 1.0000e-05\n"
    assert text == (
        "after\n" if verbose == 0 else f"Epoch 1/2\n{line}Epoch 2/2\n{line}after\n"
    )


COMPILED = """
import numpy as np
from oneiros.callbacks import ModelCheckpoint
from oneiros.layers import Dense
from oneiros.models import Sequential
model = Sequential([Dense(1, input_dim=1)])
model.compile("sgd", "mse")
x = np.ones((8, 1))
saving = ModelCheckpoint("{path}", monitor="loss", verbose=1)
for _ in range(2):
    model.fit(x, x, nb_epoch=1, validation_split=0.5, callbacks=[saving])
"""


def test_a_terminal_shows_what_the_bar_waits_for(tmp_path):
    text = in_a_terminal(
        COMPILED.format(path=tmp_path / "m.h5"), PYTHONIOENCODING="utf-8"
    )
    first, second = text.split("Train on")[1:]
    assert "compiling" in text.split("Train on")[0]
    assert re.search(r"\r0/4 \[ {30}\] - compiling", first)
    assert re.search(r"\r4/4 \[█{30}\] - validating - loss", first)
    assert "compiling" not in second and "validating" in second
    lines = last_of_each_line(text)
    assert lines[:3] == [
        "Train on 4 samples, validate on 4 samples",
        "Epoch 1/1",
        f"Epoch 00000: saving model to {tmp_path / 'm.h5'}",
    ]
    assert re.match(r"4/4 \[={30}\] - .* - val_loss: ", lines[3])


@pytest.fixture
def fitted():
    """Returns a function that fits a small model whose steps cost nothing."""

    def fit(**arguments):
        model = compiled_dense()
        model.train_function = lambda arrays: [np.float32(arrays[0].mean())]
        model.test_function = lambda arrays: [np.float32(0.5)]
        x = np.arange(8.0)[:, None]
        return model.fit(
            x, x, batch_size=3, nb_epoch=2, shuffle=False, **arguments
        ), model

    return fit


def test_fit_writes_a_line_per_epoch_to_a_file(fitted, capsys):
    fitted(verbose=1, validation_split=0.25)
    out, err = capsys.readouterr()
    line = f"6/6 [{30 * '='}] - 0s - loss: 2.5000 - val_loss: 0.5000\n"
    assert out == (
        f"Train on 6 samples, validate on 2 samples\nEpoch 1/2\n{line}Epoch 2/2\n{line}"
    )
    assert err == ""


@pytest.mark.parametrize("singly", [False, True])
def test_a_file_has_no_frames_of_the_first_epoch(singly, capsys):
    class EachBatch(Callback):
        def on_batch_end(self, batch, logs=None):
            pass

    model = compiled_dense()
    x = np.ones((64, 1))
    callbacks = [EachBatch()] if singly else []
    history = model.fit(x, x, batch_size=8, nb_epoch=1, callbacks=callbacks)
    epoch, line, end = capsys.readouterr().out.split("\n")
    assert (epoch, end) == ("Epoch 1/1", "")
    loss = f"{history.history['loss'][0]:.4f}"
    assert re.fullmatch(rf"64/64 \[={{30}}\] - \d+s - loss: {loss}", line)


@pytest.fixture
def clock(monkeypatch):
    """The time, which only the test moves on."""
    clock = [1000.0]
    monkeypatch.setattr(time, "time", lambda: clock[0])
    return clock


class EachBatchLonger(Callback):
    """Measures a number of its own, and lets a clock go on by a second a batch."""

    def __init__(self, clock):
        self.clock = clock

    def on_train_begin(self, logs=None):
        self.params["metrics"].append("number")

    def on_batch_end(self, batch, logs=None):
        self.clock[0] += 1
        logs["number"] = batch


def test_a_fit_is_drawn_with_averages_and_what_callbacks_measured_last(
    fitted, on_terminal, clock
):
    terminal = on_terminal()
    fitted(callbacks=[EachBatchLonger(clock)])
    moving = re.findall(r"([36])/8 \[.*?loss: (\S+) - number: (\S+)", terminal.written)
    assert moving == 2 * [("3", "1.0000", "0.0000"), ("6", "2.5000", "1.0000")]
    assert len(re.findall(r"- loss: 3\.5000 *\n", terminal.written)) == 2


@pytest.mark.usefixtures("clock")
def test_epochs_that_take_no_time_are_drawn_only_at_their_ends(fitted, on_terminal):
    terminal = on_terminal()
    fitted()
    first, second = terminal.written.split("Epoch 2/2")
    assert "3/8" in first and "8/8" in first
    assert "3/8" not in second and "6/8" not in second and "8/8" in second


def test_evaluate_and_predict_show_progress_if_asked(fitted, capsys):
    _, model = fitted(verbose=0)
    model.predict_function = lambda arrays: [arrays[0]]
    x = np.zeros((5, 1))
    model.evaluate(x, x, batch_size=2)
    assert capsys.readouterr().out == f"5/5 [{30 * '='}] - 0s\n"
    model.predict(x, verbose=1)
    assert capsys.readouterr().out == f"5/5 [{30 * '='}] - 0s\n"
    model.evaluate(x, x, verbose=0)
    model.predict(x)
    assert capsys.readouterr().out == ""


def test_logger_has_keras_attributes_and_leaves_the_last_batch_to_the_epoch():
    logger = ProgbarLogger()
    logger.set_params(
        {"verbose": 0, "nb_epoch": 3, "nb_sample": 4, "metrics": ["loss"]}
    )
    logger.on_train_begin()
    logger.on_epoch_begin(0)
    for batch in range(2):
        logger.on_batch_begin(batch)
        assert logger.log_values == []
        logger.on_batch_end(batch, {"size": 2, "loss": 1.0, "batch": batch})
    assert (logger.verbose, logger.nb_epoch, logger.seen, logger.log_values) == (
        0,
        3,
        4,
        [("loss", 1.0)],
    )
    assert logger.progbar.target == 4


class Terminal:
    """A standard output that is a terminal, and keeps what is written."""

    encoding = "utf-8"
    written = ""

    def isatty(self):
        return True

    def write(self, text):
        self.written += text
        self.on_write()

    def on_write(self):
        pass

    def flush(self):
        pass


@pytest.fixture
def on_terminal(monkeypatch):
    """Returns a function that makes the standard output a terminal, and returns it."""

    def replaced():
        monkeypatch.setenv("TERM", "xterm")
        monkeypatch.setattr(sys, "stdout", Terminal())
        return sys.stdout

    return replaced


def test_in_a_notebook_the_bar_moves_in_one_line(monkeypatch):
    class OutStream(Terminal):
        def isatty(self):
            return False

    OutStream.__module__ = "ipykernel.iostream"
    out = OutStream()
    monkeypatch.setattr(sys, "stdout", out)
    bar = Progbar(2, interval=0)
    bar.update(1, [("loss", 0.5)], force=True)
    bar.update(2, [("loss", 0.5)])
    assert f"\r1/2 [{15 * '█'}{15 * ' '}] - ETA: 00:00 - loss: 0.5000" in out.written
    (line,) = out.written.splitlines(keepends=True)[-1:]
    assert line == f"2/2 [{30 * '='}] - 0s - loss: 0.5000\n"


class TestProgbar:
    def test_averages_over_steps(self, capsys):
        bar = Progbar(10)
        bar.update(2, [("loss", 3.0)])
        bar.add(6, [("loss", 1.0), ("acc", 0.5)])
        assert bar.seen_so_far == 8 and bar.unique_values == ["loss", "acc"]
        assert bar.sum_values == {"loss": [12.0, 8], "acc": [3.0, 6]}
        bar.add(2, [("loss", 1.5)])
        assert capsys.readouterr().out == (
            f"10/10 [{30 * '='}] - 0s - loss: 1.5000 - acc: 0.5000\n"
        )

    def test_waits_between_drawings(self, on_terminal):
        terminal = on_terminal()
        bar = Progbar(100, interval=3600)
        for done in range(1, 101):
            bar.update(done, force=done == 50)
        shown = re.findall(r"\r *(\d+)/100", terminal.written)
        assert shown == ["1", "50", "100"]

    def test_waits_hundreds_of_times_as_long_as_a_slow_terminal_takes(
        self, on_terminal, clock
    ):
        """On a clock that only writing, and a step of 1 ms, move on."""
        terminal = on_terminal()
        terminal.on_write = lambda: clock.__setitem__(0, clock[0] + 0.03)
        bar = Progbar(50_000, interval=0)
        for _ in range(49_999):
            clock[0] += 0.001
            bar.add(1)
        drawings = terminal.written.count("/50000")
        assert drawings > 1
        assert drawings * 0.03 / (clock[0] - 1000) < 0.005

    def test_lines_follow_one_another_once_a_minute(self, capsys, clock):
        bar = Progbar(10)
        for _ in range(10):
            clock[0] += 25
            bar.add(1, [("loss", 0.5)])
        assert capsys.readouterr().out == (
            " 3/10 [========>.....................] - ETA: 175s - loss: 0.5000\n"
            " 6/10 [=================>............] - ETA: 100s - loss: 0.5000\n"
            " 9/10 [==========================>...] - ETA: 25s - loss: 0.5000\n"
            f"10/10 [{30 * '='}] - 250s - loss: 0.5000\n"
        )

    def test_without_a_target(self, on_terminal):
        terminal = on_terminal()
        bar = Progbar(-1, interval=0)
        bar.add(7)
        bar.update(12, [("loss", 1.0)], force=True)
        assert re.search(r"\r12 - 0s - loss: 1\.0000", terminal.written)

    def test_can_end_before_its_target(self, capsys):
        bar = Progbar(4)
        bar.update(2)
        bar.finish()
        assert capsys.readouterr().out == f"2/4 [{14 * '='}>{15 * '.'}] - 0s\n"

    def test_numbers_may_be_floats_as_in_keras_1(self, capsys):
        bar = Progbar(10.0)
        bar.update(5.0)
        bar.finish()
        bar.update(10)
        assert capsys.readouterr().out == (
            f" 5/10 [{14 * '='}>{15 * '.'}] - 0s\n10/10 [{30 * '='}] - 0s\n"
        )

    def test_without_a_standard_output(self, monkeypatch):
        monkeypatch.setattr(sys, "stdout", None)
        Progbar(3).update(3)

    def test_starts_no_thread(self, on_terminal):
        terminal = on_terminal()
        before = threading.active_count()
        Progbar(3, interval=0).update(1)
        assert "1/3" in terminal.written and threading.active_count() == before

    def test_keeps_keras_attributes(self):
        before = time.time()
        bar = Progbar(5, width=20, verbose=2, interval=0.5)
        after = time.time()
        assert (bar.target, bar.width, bar.verbose, bar.interval) == (5, 20, 2, 0.5)
        assert before <= bar.start <= after
        assert (bar.total_width, bar.last_update) == (0, 0)
