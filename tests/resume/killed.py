"""Trainings whose processes are killed and started again until they are through.

A program of its own.

    python killed.py BACKEND SCENARIO FOLDER KILLS SEED [SIGNAL]

The engine is imported once, and each life of a training is a fork of that. The last
line tells how many processes were killed, in how many trainings.
"""

import os
import random
import signal
import sys
import time
import traceback
from pathlib import Path

import numpy as np
from oneiros import backend as K
from oneiros.callbacks import Callback, Resume
from oneiros_backend_toolkit.function import Function
from scenarios import BATCHES, EPOCHS, SCENARIOS

Function.longest_run = 4
SIGNAL = signal.Signals[sys.argv[6]] if len(sys.argv) > 6 else signal.SIGKILL
"""What ends the processes."""


class Dying(Callback):
    """Kills its process after a number of batches, maybe in the middle of a run of
    them."""

    called_after_runs = True

    def __init__(self, left):
        self.left = left

    def get_state(self):
        return None

    def set_state(self, state):
        assert state is None

    def on_batch_end(self, batch, logs=None):
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), SIGNAL)


def saved(path, model, history, more):
    """Writes everything that must be the same in the end."""
    optimizer = model.optimizer
    values = [
        K.get_value(x) for x in [*optimizer.weights, optimizer.iterations, optimizer.lr]
    ]
    states = [
        K.get_value(state)
        for layer in model.layers
        if getattr(layer, "stateful", False)
        for state in layer.states
    ]
    measured = [np.array(history.history[name]) for name in sorted(history.history)]
    np.savez(
        path,
        *model.get_weights(),
        *values,
        *states,
        *measured,
        np.array(history.epoch),
        *more,
    )


def life(path, scenario, callbacks, seconds=None):
    """Trains in a process of its own, which may be killed from outside.

    Tells whether it was killed.
    """
    if not (pid := os.fork()):
        code = 1
        try:
            saved(path, *scenario(callbacks))
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    if seconds is not None:
        time.sleep(seconds)
        os.kill(pid, SIGNAL)
    ended = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    assert ended in (0, -SIGNAL), ended
    return ended != 0


def differences(uninterrupted, other):
    with np.load(uninterrupted) as a, np.load(other) as b:
        assert a.files == b.files
        return [
            key
            for key in a.files
            if (a[key].dtype, a[key].tobytes()) != (b[key].dtype, b[key].tobytes())
        ]


def main(backend, scenario, folder, kills, seed, _=None):
    K.set_backend(backend)
    if backend == "theano":
        import oneiros_jax_support.jax_import  # noqa: F401  for all lives at once
    chance = random.Random(int(seed))
    folder = Path(folder)
    scenario = SCENARIOS[scenario]
    begun = time.monotonic()
    assert not life(folder / "whole.npz", scenario, [])
    longest = time.monotonic() - begun
    killed = trainings = 0
    while killed < int(kills):
        trainings += 1
        dies = True
        while dies:
            dying = [Dying(chance.randint(1, BATCHES * EPOCHS // 2))]
            seconds = None
            if killed >= int(kills):
                dying = []
            elif chance.random() < 0.2:
                dying = []
                seconds = chance.uniform(0, longest)
            resume = Resume(folder / "run.h5", batches=chance.randint(1, 5))
            dies = life(folder / "end.npz", scenario, [*dying, resume], seconds)
            killed += dies
        differing = differences(folder / "whole.npz", folder / "end.npz")
        assert not differing, differing
    print(killed, trainings)


if __name__ == "__main__":
    main(*sys.argv[1:])
