"""Ctrl-C ends a fit, wherever it is, and leaves a model that can be used.

How soon it ends is measured by benchmarks/interrupts.py.
"""

import signal
import sys

import pytest
from oneiros_backend_toolkit.interrupts import deferred_interrupts, kept_interrupts
from processes import run_python

PROGRAM = """
import os, signal, sys, threading, time
import numpy as np
from oneiros import backend as K
from oneiros.callbacks import Callback
from oneiros.layers import LSTM, Dense, Dropout
from oneiros.models import Sequential

signal.signal(signal.SIGINT, signal.default_int_handler)
K.set_backend(sys.argv[1])
x = np.random.random((4096, 4, 512)).astype("float32")


def interrupt(delay=0.0):
    time.sleep(delay)
    os.kill(os.getpid(), signal.SIGINT)


class Trained(Callback):
    called_after_runs = True

    def on_epoch_end(self, epoch, logs=None):
        if epoch == 1:
            threading.Thread(target=interrupt, args=(0.3,)).start()


def tried(model, x, callbacks, begin=lambda: None):
    y = x.reshape(len(x), -1)[:, :1]
    model.compile("adam", "mse")
    model._make_train_function()
    begin()
    try:
        model.fit(x, y, batch_size=64, nb_epoch=100000, verbose=0, callbacks=callbacks)
    except KeyboardInterrupt:
        print("interrupted")
    values = model.get_weights() + model.optimizer.get_weights()
    assert all(np.isfinite(value).all() for value in values)
    losses = model.fit(x, y, batch_size=64, nb_epoch=3, verbose=0).history["loss"]
    assert losses[-1] < losses[0]


K.function([], [K.variable(1.0) + 1])([])
first = Dense(512, activation="relu", input_dim=512)
wide = Sequential([first, Dropout(0.2), Dense(256), Dense(1)])
tried(wide, x[:, 0], [Trained()])
start = threading.Thread(target=interrupt, args=(0.3,)).start
tried(Sequential([LSTM(16, input_shape=(4, 512)), Dense(1)]), x[:256], [], start)
"""


@pytest.mark.spread
def test_a_fit_that_runs_and_one_that_compiles(backend):
    done = run_python(PROGRAM, backend)
    assert done.stdout.split() == ["interrupted", "interrupted"]


class Dying:
    def __del__(self):
        signal.raise_signal(signal.SIGINT)


class Failing:
    def __del__(self):
        raise ValueError("other")


def test_an_interrupt_that_got_lost_is_raised_again_and_not_printed(
    interruptible, monkeypatch
):
    reached = []
    printed = []
    monkeypatch.setattr(
        sys, "unraisablehook", lambda lost: printed.append(lost.exc_type)
    )
    with pytest.raises(KeyboardInterrupt), kept_interrupts():
        Dying()
        Failing()
        reached.append(True)
    assert reached and printed == [ValueError]
    Dying()
    assert printed == [ValueError, KeyboardInterrupt]
    with pytest.raises(KeyboardInterrupt), kept_interrupts():
        signal.raise_signal(signal.SIGINT)
        reached.append(False)
    assert (
        reached == [True]
        and signal.getsignal(signal.SIGINT) is signal.default_int_handler
    )


def test_an_interrupt_that_is_deferred(interruptible):
    reached = []
    with pytest.raises(KeyboardInterrupt), deferred_interrupts():
        signal.raise_signal(signal.SIGINT)
        reached.append(True)
    assert reached and signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_errors_go_before_interrupts_and_ignored_ones_stay_ignored(interruptible):
    with pytest.raises(ValueError, match="other"), deferred_interrupts():
        signal.raise_signal(signal.SIGINT)
        raise ValueError("other")
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with kept_interrupts(), deferred_interrupts():
        signal.raise_signal(signal.SIGINT)
