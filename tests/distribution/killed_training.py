"""A script whose processes are killed: it trains a network with `Resume`.

    python killed_training.py results.npz [epochs]

It says where it is, and stores the weights and the history. On JAX, devices have parts
of a layer, which they exchange when its weights are saved.
"""

import os
import sys

import numpy as np
from oneiros.callbacks import Callback, Resume
from oneiros.distribution import DataParallel, info
from oneiros.layers import Dense, Dropout
from oneiros.models import Sequential
from oneiros.optimizers import SGD


class Telling(Callback):
    """Says where the training is; called after runs of batches."""

    called_after_runs = True

    def on_train_begin(self, logs=None):
        say("training")

    def on_epoch_begin(self, epoch, logs=None):
        say(f"epoch {epoch + 1}")

    def on_train_end(self, logs=None):
        say("trained")


def say(text):
    print(f"[{text}]", flush=True)


def train(path, epochs=12):
    np.random.seed(1337)
    say("joining")
    shard = {"hidden": 1} if os.environ["ONEIROS_BACKEND"] == "jax" else {}
    with DataParallel(shard):
        say("joined")
        x = np.random.random((240, 12)).astype("float32")
        y = np.eye(3)[x[:, :3].argmax(axis=1)]
        model = Sequential()
        model.add(Dense(12, input_dim=12, activation="relu", name="hidden"))
        model.add(Dropout(0.3))
        model.add(Dense(3, activation="softmax"))
        optimizer = SGD(lr=0.1, momentum=0.9)
        model.compile(optimizer, "categorical_crossentropy", metrics=["accuracy"])
        history = model.fit(
            x,
            y,
            batch_size=24,
            nb_epoch=int(epochs),
            verbose=0,
            validation_split=0.1,
            callbacks=[Resume("run.h5", batches=3), Telling()],
        )
    names = sorted(history.history)
    measured = [np.array(history.history[name]) for name in names]
    weights = model.get_weights()  # in all processes: some are split
    if info().rank == 0:
        np.savez(path, *weights, *measured)
    say("done")


if __name__ == "__main__":
    train(*sys.argv[1:])
