"""SIGTERM in the middle of a save, and of a training whose batches processes make:
nothing is lost, and nothing stays behind."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from oneiros.layers import Dense
from oneiros.models import Sequential, load_model

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="reads /proc and /dev/shm"),
]
SAVING = """
import itertools, sys
import numpy as np
from oneiros.layers import Dense
from oneiros.models import Sequential

model = Sequential([Dense(300, input_dim=300)])
print("begun", flush=True)
for number in itertools.count():
    model.set_weights([np.full((300, 300), number), np.full(300, number)])
    model.save(sys.argv[1])
"""
TRAINING = """
import multiprocessing
import numpy as np
from oneiros.callbacks import Callback
from oneiros.layers import Dense
from oneiros.models import Sequential

class Telling(Callback):
    def on_batch_end(self, batch, logs=None):
        print(*(child.pid for child in multiprocessing.active_children()), flush=True)

def batches():
    while True:
        yield np.ones((4, 3)), np.ones((4, 1))

model = Sequential([Dense(1, input_dim=3)])
model.compile("sgd", "mse")
model.fit_generator(batches(), 4000, 10**6, verbose=0, callbacks=[Telling()],
                    nb_worker=2, pickle_safe=True)
"""


def started(program, *arguments):
    return subprocess.Popen(
        [sys.executable, "-c", program, *map(str, arguments)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "ONEIROS_BACKEND": "theano"},
    )


def terminated(process):
    process.terminate()
    assert process.wait(30) == -signal.SIGTERM
    process.stdout.close()


def test_a_save_that_is_terminated_leaves_a_whole_file(tmp_path):
    path = tmp_path / "model.h5"
    chance = random.Random(1)
    for _ in range(20):
        process = started(SAVING, path)
        assert process.stdout.readline() == "begun\n"
        time.sleep(chance.uniform(0.1, 0.5))
        terminated(process)
        kernel, bias = load_model(path).get_weights()
        assert (kernel == bias[0]).all() and (bias == bias[0]).all()
        assert len(list(tmp_path.iterdir())) <= 2
    Sequential([Dense(1, input_dim=1)]).save(path)
    assert [each.name for each in tmp_path.iterdir()] == ["model.h5"]


def test_workers_of_a_training_that_is_terminated_end():
    before = set(os.listdir("/dev/shm"))
    process = started(TRAINING)
    workers = [Path("/proc", pid) for pid in process.stdout.readline().split()]
    assert len(workers) == 2
    terminated(process)
    end = time.monotonic() + 10
    while any(map(Path.exists, workers)) and time.monotonic() < end:
        time.sleep(0.05)
    assert not any(map(Path.exists, workers))
    assert set(os.listdir("/dev/shm")) <= before
