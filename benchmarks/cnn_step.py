"""Milliseconds of a training step of a small CNN: Oneiros, and a plain TensorFlow step written by hand.

    python benchmarks/cnn_step.py [--contender theano-jax] [--rounds 5] [--steps 40]

Images of 28x28, two convolutions with 32 filters of 3x3, maxima of 2x2, 128 units, a softmax over 10 classes,
Adam, batches of 128. The Theano backend runs with both of its linkers; `fit` trains in runs of batches, the
others with `train_on_batch`. Every round runs each contender in a process of its own, in turn. The ratio is
that of the medians to TensorFlow's; processor time depends less on what else the machine does.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

BATCH, CLASSES = 128, 10
PLAIN = "tensorflow-plain"
TARGETS = {"theano-jax": 1.8, "theano-jax-fit": 1.8}
CONTENDERS = [PLAIN, "theano-jax", "theano-jax-fit", "theano-numba", "tensorflow"]
Step = Callable[[np.ndarray, np.ndarray], Any]


def network() -> Any:
    from oneiros.layers import Convolution2D, Dense, Flatten, MaxPooling2D
    from oneiros.models import Sequential

    model = Sequential(
        [
            Convolution2D(32, 3, 3, activation="relu", dim_ordering="tf", input_shape=(28, 28, 1)),
            Convolution2D(32, 3, 3, activation="relu", dim_ordering="tf"),
            MaxPooling2D((2, 2), dim_ordering="tf"),
            Flatten(),
            Dense(128, activation="relu"),
            Dense(CLASSES, activation="softmax"),
        ]
    )
    model.compile(loss="categorical_crossentropy", optimizer="adam")
    return model


def by_hand() -> Step:
    import tensorflow as tf

    draw = np.random.RandomState(0)

    def variable(*shape: int) -> Any:
        limit = np.sqrt(6 / (np.prod(shape[:-1]) + np.prod(shape[:-2]) * shape[-1]))
        return tf.Variable(draw.uniform(-limit, limit, shape).astype("float32"))

    kernels = [variable(3, 3, 1, 32), variable(3, 3, 32, 32), variable(4608, 128), variable(128, CLASSES)]
    biases = [tf.Variable(tf.zeros(kernel.shape[-1])) for kernel in kernels]
    parameters = kernels + biases
    moments = [[tf.Variable(tf.zeros_like(w)) for w in parameters] for _ in range(2)]
    count = tf.Variable(0.0)

    def scores(x: Any) -> Any:
        for kernel, bias in zip(kernels[:2], biases[:2], strict=True):
            x = tf.nn.relu(tf.nn.conv2d(x, kernel, 1, "VALID") + bias)
        x = tf.reshape(tf.nn.max_pool2d(x, 2, 2, "VALID"), (BATCH, -1))
        return tf.nn.relu(x @ kernels[2] + biases[2]) @ kernels[3] + biases[3]

    @tf.function
    def train(x: Any, y: Any) -> Any:
        with tf.GradientTape() as tape:
            loss = -tf.reduce_mean(tf.reduce_sum(y * tf.nn.log_softmax(scores(x)), -1))
        gradients = tape.gradient(loss, parameters)
        count.assign_add(1.0)
        rate = 0.001 * tf.sqrt(1 - 0.999**count) / (1 - 0.9**count)
        for p, m, v, g in zip(parameters, *moments, gradients, strict=True):
            m.assign(0.9 * m + 0.1 * g)
            v.assign(0.999 * v + 0.001 * g * g)
            p.assign_sub(rate * m / (tf.sqrt(v) + 1e-8))
        return loss

    return lambda x, y: train(tf.constant(x), tf.constant(y)).numpy()


def measure(contender: str, steps: int) -> dict[str, Any]:
    """Returns the times of the steps in this process, processor time per step, and the last loss."""
    draw = np.random.RandomState(1)
    y = np.eye(CLASSES, dtype="float32")[draw.randint(CLASSES, size=BATCH)]
    x = draw.randn(BATCH, 28, 28, 1).astype("float32")
    model = None if contender == PLAIN else network()
    train = model.train_on_batch if model else by_hand()
    if contender.endswith("fit"):
        x, y = np.tile(x, (steps, 1, 1, 1)), np.tile(y, (steps, 1))
        model.fit(x, y, BATCH, 1, verbose=0)
        processor, start = time.process_time(), time.perf_counter()
        losses = model.fit(x, y, BATCH, 1, verbose=0).history["loss"]
        times = [1e3 * (time.perf_counter() - start) / steps]
    else:
        for _ in range(5):
            train(x, y)
        processor, times, losses = time.process_time(), [], []
        for _ in range(steps):
            start = time.perf_counter()
            losses.append(float(np.ravel(train(x, y))[0]))
            times.append(1e3 * (time.perf_counter() - start))
    used = 1e3 * (time.process_time() - processor) / steps
    return {"ms": statistics.median(times), "processor": used, "loss": losses[-1]}


def child(contender: str, steps: int) -> dict[str, Any]:
    """Measures in a fresh process."""
    engine, _, linker = contender.removesuffix("-fit").partition("-")
    environment = {**os.environ, "ONEIROS_BACKEND": engine, "TF_CPP_MIN_LOG_LEVEL": "3"}
    if engine == "theano":
        environment["ONEIROS_THEANO_LINKER"] = linker.upper()
    command = [sys.executable, __file__, "--measure", contender, "--steps", str(steps)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> int:
    """Prints a line per contender; 1 if one misses its target."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contender", action="append", choices=CONTENDERS[1:])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--measure", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        print(json.dumps(measure(arguments.measure, arguments.steps)))
        return 0
    names = [PLAIN, *(arguments.contender or CONTENDERS[1:])]
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
    for _ in range(arguments.rounds):
        for name in names:
            rows[name].append(child(name, arguments.steps))
    missed, medians = 0, {}
    for name in names:
        figures = [row["ms"] for row in rows[name]]
        median, used = statistics.median(figures), statistics.median(row["processor"] for row in rows[name])
        medians[name] = median
        ratio, target = median / medians[PLAIN], TARGETS.get(name)
        print(
            f"{name:<17} median {median:6.1f} ms of {len(figures)} ({min(figures):.1f}-{max(figures):.1f}), "
            f"processor {used:6.1f} ms, ratio {ratio:.2f}" + (f", target {target}" if target else "")
        )
        missed |= target is not None and ratio > target
    return missed


if __name__ == "__main__":
    sys.exit(main())
