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
from oneiros.callbacks import ProgbarLogger
from oneiros.layers import Dense
from oneiros.models import Sequential
from oneiros.utils.generic_utils import Progbar

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
            r"40/40 \|█{30}\| 00:00 - loss: 0\.2500 - val_loss: 1\.0000e-05", line
        )
    drawn = text.split("\n")[1].split("\r")
    assert any(
        re.match(r"20/40 \|█{15} {15}\| ETA 00:\d\d - loss: 3\.5000", line)
        for line in drawn
    )
    assert max(map(len, drawn)) < 100


def test_a_narrow_terminal_gets_a_short_bar_or_none():
    text = in_a_terminal(
        IN_A_TERMINAL.format(verbose=1), columns=44, PYTHONIOENCODING="utf-8"
    )
    drawn = text.split("\n")[1].rstrip("\r").split("\r")
    assert re.fullmatch(
        r"40/40 00:00 - loss: 0\.2500 - val_loss: 1\.0000e-05", drawn[-1].rstrip()
    )
    while_it_moves = [line.rstrip() for line in drawn[:-1] if "ETA" in line]
    assert while_it_moves and all(len(line) < 44 for line in while_it_moves)


def test_a_terminal_without_unicode_gets_a_bar_of_ascii():
    text = in_a_terminal(IN_A_TERMINAL.format(verbose=1), PYTHONIOENCODING="ascii")
    assert re.fullmatch(r"40/40 \|#{30}\| 00:00 - loss.*", last_of_each_line(text)[1])


@pytest.mark.parametrize("verbose", [0, 2])
def test_other_verbosities_draw_nothing_in_a_terminal(verbose):
    text = in_a_terminal(IN_A_TERMINAL.format(verbose=verbose)).replace("\r\n", "\n")
    line = "0s - loss: 0.2500 - val_loss: 1.0000e-05\n"
    assert text == (
        "after\n" if verbose == 0 else f"Epoch 1/2\n{line}Epoch 2/2\n{line}after\n"
    )


@pytest.fixture
def fitted():
    """Returns a function that fits a small model whose steps cost nothing."""

    def fit(**arguments):
        model = Sequential([Dense(1, input_dim=1)])
        model.compile("sgd", "mse")
        model.model.train_function = lambda arrays: [np.float32(arrays[0].mean())]
        model.model.test_function = lambda arrays: [np.float32(0.5)]
        x = np.arange(8.0)[:, None]
        return model.fit(
            x, x, batch_size=3, nb_epoch=2, shuffle=False, **arguments
        ), model

    return fit


def test_fit_writes_a_line_per_epoch_to_a_file(fitted, capsys):
    fitted(verbose=1, validation_split=0.25)
    out, err = capsys.readouterr()
    assert out == (
        "Epoch 1/2\n6/6 - 0s - loss: 2.5000 - val_loss: 0.5000\n"
        "Epoch 2/2\n6/6 - 0s - loss: 2.5000 - val_loss: 0.5000\n"
    )
    assert err == ""


def test_fit_is_silent_if_asked(fitted, capsys):
    fitted(verbose=0)
    assert capsys.readouterr() == ("", "")


def test_evaluate_and_predict_show_progress_if_asked(fitted, capsys):
    _, model = fitted(verbose=0)
    model.model.predict_function = lambda arrays: [arrays[0]]
    x = np.zeros((5, 1))
    model.evaluate(x, x, batch_size=2)
    assert capsys.readouterr().out == "5/5 - 0s\n"
    model.predict(x, verbose=1)
    assert capsys.readouterr().out == "5/5 - 0s\n"
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


class TestProgbar:
    def test_averages_over_steps(self, capsys):
        bar = Progbar(10)
        bar.update(2, [("loss", 3.0)])
        bar.add(6, [("loss", 1.0), ("acc", 0.5)])
        assert bar.seen_so_far == 8 and bar.unique_values == ["loss", "acc"]
        assert bar.sum_values == {"loss": [12.0, 8], "acc": [3.0, 6]}
        bar.add(2, [("loss", 1.5)])
        assert capsys.readouterr().out == "10/10 - 0s - loss: 1.5000 - acc: 0.5000\n"

    def test_waits_between_drawings(self, monkeypatch):
        shown = []
        monkeypatch.setattr(
            Progbar, "_show", lambda self, done, seconds: shown.append(self.seen_so_far)
        )
        bar = Progbar(100, interval=3600)
        for done in range(1, 101):
            bar.update(done, force=done == 50)
        assert shown == [1, 50, 100]

    def test_without_a_target(self):
        program = (
            "from oneiros.utils.generic_utils import Progbar\nb = "
            "Progbar(-1, interval=0)"
        )
        assert "12 in 00:00" in in_a_terminal(f"{program}\nb.add(7)\nb.add(5)")

    def test_without_a_standard_output(self, monkeypatch):
        monkeypatch.setattr(sys, "stdout", None)
        Progbar(3).update(3)

    def test_starts_no_thread(self, monkeypatch):
        class Terminal:
            encoding = "utf-8"

            def isatty(self):
                return True

            def write(self, text):
                pass

            def flush(self):
                pass

        before = threading.active_count()
        monkeypatch.setattr(sys, "stdout", Terminal())
        monkeypatch.setenv("TERM", "xterm")
        bar = Progbar(3, interval=0)
        bar.update(1)
        assert bar._bar is not None and threading.active_count() == before
        bar.update(3)
        assert bar._bar is None

    def test_keeps_keras_attributes(self):
        before = time.time()
        bar = Progbar(5, width=20, verbose=2, interval=0.5)
        after = time.time()
        assert (bar.target, bar.width, bar.verbose, bar.interval) == (5, 20, 2, 0.5)
        assert before <= bar.start <= after
        assert (bar.total_width, bar.last_update) == (0, 0)
