"""Whether Ctrl-C arrives, pressed once at a random moment of the first second of
`fit`, `fit_generator`, `load_model` and `save`, and how soon, on a busy machine.

    python3 run.py --group benchmark benchmarks/interrupts.py [--presses 200]
        [--backend theano] [--calls fit load_model]

Each press has a process of its own, in which nothing was fitted, loaded or saved
before. Another process keeps a core busy. The status is 1 if a press got lost.
"""

import argparse
import os
import random
import signal
import sys
import tempfile
import time
from multiprocessing import Pipe, Process

import numpy as np
from oneiros import backend as K
from oneiros.layers import LSTM, Dense
from oneiros.models import Sequential, load_model

PATIENCE = 60.0
"""Seconds after which a press counts as lost."""
FILE = "model.h5"
EPOCHS = {"nb_epoch": 10**6, "verbose": 0}
X = np.random.random((256, 4, 8))
Y = X[:, 0, :1]


def batches():
    """Yields batches for ever."""
    while True:
        yield X[:8], Y[:8]


CALLS = {
    "fit": lambda model: model.fit(X, Y, **EPOCHS),
    "fit_generator": lambda model: model.fit_generator(batches(), 64, **EPOCHS),
    "load_model": lambda _: load_model(FILE),
    "save": lambda model: model.save(FILE),
}


def new_model(backend):
    """Returns a model that never computed."""
    K.set_backend(backend)
    model = Sequential([LSTM(16, input_shape=(4, 8)), Dense(1)])
    model.compile("adam", "mse")
    return model


def call_until_pressed(backend, name, connection):
    """Tells when it begins, and when Ctrl-C came."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    model = new_model(backend)
    try:
        connection.send("begins")
        while True:
            CALLS[name](model)
    except KeyboardInterrupt:
        connection.send("arrived")


def seconds_until_arrival(*call):
    """Presses Ctrl-C once; returns how long it took to arrive, infinity if it got
    lost."""
    receiving, sending = Pipe(duplex=False)
    process = Process(target=call_until_pressed, args=(*call, sending))
    process.start()
    receiving.recv()
    time.sleep(random.random())
    pressed = time.perf_counter()
    os.kill(process.pid, signal.SIGINT)
    has_arrived = receiving.poll(PATIENCE)
    seconds = time.perf_counter() - pressed
    process.kill()
    process.join()
    return seconds if has_arrived else np.inf


def save(backend):
    """Writes the file that is loaded."""
    new_model(backend).save(FILE)


def keep_busy():
    """Keeps a core busy."""
    while True:
        pass


def main():
    """Prints how many presses arrived in each call, and after how many seconds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--presses", type=int, default=200)
    parser.add_argument("--backend", default="theano")
    parser.add_argument("--calls", nargs="+", default=[*CALLS], choices=[*CALLS])
    options = parser.parse_args()
    saving = Process(target=save, args=(options.backend,))
    saving.start()
    saving.join()
    busy = Process(target=keep_busy)
    busy.start()
    lost = 0
    for name in options.calls:
        call = options.backend, name
        waits = [seconds_until_arrival(*call) for _ in range(options.presses)]
        arrived = np.count_nonzero(np.isfinite(waits))
        lost += len(waits) - arrived
        print(
            f"{name}: {arrived} of {len(waits)} arrived, half of them within "
            f"{np.median(waits):.2f} s, the last after {np.max(waits):.2f} s",
            flush=True,
        )
    busy.kill()
    return int(lost > 0)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        sys.exit(main())
