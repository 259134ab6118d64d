"""A script in which process 1 lets the others wait in a step on JAX or Theano.

python waiting_script.py sleep|exit
"""

import sys
import time

import numpy as np
from oneiros.callbacks import Callback
from oneiros.distribution import DataParallel, info
from oneiros.layers import Dense
from oneiros.models import Sequential


class Waiting(Callback):
    """Does what the argument says, after the second batch."""

    def on_batch_end(self, batch, logs=None):
        if batch == 1 and info().rank == 1:
            print("waits", flush=True)
            if sys.argv[1] == "exit":
                sys.exit(3)
            time.sleep(60)


with DataParallel():
    x = np.ones((40, 2))
    model = Sequential([Dense(1, input_dim=2)])
    model.compile("sgd", "mse")
    model.fit(x, x[:, :1], 10, 1, verbose=0, callbacks=[Waiting()])
