"""Ctrl-C ends a fit, wherever it is, and leaves a model that can be used.

How soon it ends is measured by benchmarks/interrupts.py.
"""

import signal
import sys
import threading

import pytest
from oneiros.engine.streams import Stream
from oneiros_backend_toolkit.interrupts import deferred_interrupts, repeated_interrupts
from oneiros_training.model import results
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


def test_a_fit_that_runs_and_one_that_compiles(backend):
    done = run_python(PROGRAM, backend)
    assert done.stdout.split() == ["interrupted", "interrupted"]


class Dying:
    def __del__(self):
        signal.raise_signal(signal.SIGINT)


class Failing:
    def __del__(self):
        raise ValueError("other")


def within(wait):
    with repeated_interrupts():
        wait()


def evaluated(wait):
    results(lambda *_: wait(), Stream())


@pytest.mark.parametrize("call", [within, evaluated])
def test_an_interrupt_that_a_destructor_loses_comes_again(
    call, interruptible, monkeypatch
):
    """It ends what waits, too."""
    printed = []
    monkeypatch.setattr(
        sys, "unraisablehook", lambda lost: printed.append(lost.exc_type)
    )
    given_up = threading.Event()
    patience = threading.Timer(20, given_up.set)
    patience.start()

    def wait():
        Failing()
        Dying()
        given_up.wait()

    with pytest.raises(KeyboardInterrupt):
        call(wait)
    assert not given_up.is_set()
    patience.cancel()
    assert printed == [ValueError]


PRESSES = """
import gc, random, signal, sys, threading, time
import numpy as np
from oneiros import backend as K
from oneiros.layers import LSTM, Dense
from oneiros.models import Sequential, load_model, model_from_json

class Destroyed:
    def __del__(self):
        for _ in range(3000):
            pass

def littered(phase, info):  # what runs in collections takes a third of the time
    for _ in range(30000 if phase == "start" else 0):
        pass

gc.callbacks.append(littered)
gc.set_threshold(200, 2, 2)
signal.signal(signal.SIGINT, signal.default_int_handler)
K.set_backend(sys.argv[1])
x = np.ones((64, 3, 2))
path = sys.argv[3] + "/m.h5"

def fresh():
    model = Sequential([LSTM(2, input_shape=(3, 2)), Dense(1)])
    model.compile("sgd", "mse")
    return model

model = fresh()
model.save(path)

def batches():
    while True:
        litter = Destroyed()
        litter.itself = litter
        yield x[:8], np.ones((8, 1))

actions = {
    "fit": lambda: model.fit(x, np.ones((64, 1)), nb_epoch=2, verbose=0),
    "fit_generator": lambda: model.fit_generator(batches(), 64, 2, verbose=0),
    "load": lambda: load_model(path),
    "from_config": lambda: Sequential.from_config(model.get_config()),
    "from_json": lambda: model_from_json(model.to_json()),
    "save": lambda: model.save(path),
}
chance = random.Random(1)

def pressed(action):
    press = threading.Timer(chance.uniform(0, 0.15), signal.pthread_kill,
                            (threading.main_thread().ident, signal.SIGINT))
    try:
        press.start()
        end = time.monotonic() + 20
        while time.monotonic() < end:
            action()
        return False
    except KeyboardInterrupt:
        return True

for action in actions.values():
    action()
for name, action in actions.items():
    print(name, sum(pressed(action) for _ in range(int(sys.argv[2]))))
"""


def test_every_press_arrives_wherever_it_comes(backend, tmp_path):
    """Those that came in a callback of the garbage collector were lost, up to a
    third."""
    presses = 3
    done = run_python(PRESSES, backend, presses, tmp_path)
    assert done.stdout.split()[1::2] == [str(presses)] * 6
    assert "Exception ignored" not in done.stderr


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
    with deferred_interrupts():
        signal.raise_signal(signal.SIGINT)
