"""Compares training steps on PyTorch and on JAX, in turns.

    OMP_NUM_THREADS=1 python measure.py

prints milliseconds of the processor for a step, the least of seven runs of ten steps,
and their ratio.
"""

import time
from functools import partial

import numpy as np
from oneiros import backend as K
from oneiros.layers import LSTM, Dense
from oneiros.models import Sequential

RUNS = 7
STEPS = 10
CLASSES = 10


def dense():
    yield Dense(128, activation="relu", input_dim=64)
    yield Dense(128, activation="relu")
    yield Dense(CLASSES, activation="softmax")


def lstm(inner_activation):
    yield LSTM(64, inner_activation=inner_activation, input_shape=(50, 32))
    yield Dense(CLASSES, activation="softmax")


CASES = {
    "dense": (dense, (32, 64)),
    "lstm, hard sigmoid": (partial(lstm, "hard_sigmoid"), (32, 50, 32)),
    "lstm, sigmoid": (partial(lstm, "sigmoid"), (32, 50, 32)),
}
CHOICES = {"jax": {}, "torch": {}, "torch, graph": {"torch_compile": "graph"}}


def training_step(choice, layers, shape):
    """Returns a function that takes one step on a backend."""
    with K.use(choice.partition(",")[0]):
        model = Sequential(list(layers()))
        model.compile("adam", "categorical_crossentropy", **CHOICES[choice])
    x = np.random.rand(*shape).astype("float32")
    y = np.eye(CLASSES)[np.random.randint(0, CLASSES, len(x))]
    model.train_on_batch(x, y)
    return partial(model.train_on_batch, x, y)


def milliseconds(step):
    start = time.process_time()
    for _ in range(STEPS):
        step()
    return (time.process_time() - start) / STEPS * 1000


for name, case in CASES.items():
    steps = {choice: training_step(choice, *case) for choice in CHOICES}
    runs = {choice: [] for choice in CHOICES}
    for _ in range(RUNS):
        for choice, step in steps.items():
            runs[choice].append(milliseconds(step))
    least = {choice: min(times) for choice, times in runs.items()}
    for choice, time_taken in least.items():
        ratio = time_taken / least["jax"]
        print(f"{name}: {choice}: {time_taken:.2f} ms, {ratio:.1f} of JAX's")
