"""Seconds from Ctrl-C to the end of a `fit`, while it runs and while it compiles.

    python3 run.py --group benchmark benchmarks/interrupts.py [--backend theano]

The limit is one second, where nothing else runs.
"""

import argparse
import os
import signal
import sys
import threading
import time
from contextlib import suppress

import numpy as np
from oneiros import backend as K
from oneiros.layers import LSTM, Dense, Dropout
from oneiros.models import Sequential

LIMIT = 1.0
DELAY = 0.3


def running():
    """A wide network, whose training has begun."""
    model = Sequential([Dense(512, activation="relu", input_dim=512), Dropout(0.2)])
    model.add(Dense(1))
    model.compile("adam", "mse")
    x = np.random.random((4096, 512))
    model.fit(x, x[:, :1], batch_size=64, nb_epoch=1, verbose=0)
    return model, x, x[:, :1]


def compiling():
    """A recurrent network before its first batch."""
    model = Sequential([LSTM(16, input_shape=(4, 512)), Dense(1)])
    model.compile("adam", "mse")
    x = np.random.random((256, 4, 512))
    return model, x, x[:, 0, :1]


def seconds_to_end(model, x, y):
    """Returns the time between an interrupt during a fit and the fit's end."""
    sent = []

    def interrupt():
        time.sleep(DELAY)
        sent.append(time.perf_counter())
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt).start()
    with suppress(KeyboardInterrupt):
        model.fit(x, y, batch_size=64, nb_epoch=100_000, verbose=0)
    return time.perf_counter() - sent[0]


def main():
    """Prints both times; 1 if one is above the limit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--backend", default="theano")
    K.set_backend(parser.parse_args().backend)
    worst = 0.0
    for case in (running, compiling):
        seconds = seconds_to_end(*case())
        print(f"{case.__name__}: {seconds:.2f} s of {LIMIT:.0f}")
        worst = max(worst, seconds)
    return int(worst > LIMIT)


if __name__ == "__main__":
    sys.exit(main())
