"""Milliseconds of a training step of an LSTM: Oneiros, and plain loops written by hand for the same engine.

    python benchmarks/lstm_step.py [--backend theano] [--rounds 5] [--steps 60]

128 units, 80 steps of 64 features, batches of 32, a softmax over 10 classes, Adam. The loops written by hand
are `lax.scan` for the Theano backend, which runs on JAX, and `tf.while_loop` with and without XLA. Each comes
with the input multiplied inside the loop and before it; the fastest counts. Every round runs each contender
in a process of its own, in turn. On a busy machine the least times say more than the medians.
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

UNITS, STEPS, FEATURES, BATCH, CLASSES = 128, 80, 64, 32, 10
TARGETS = {"theano": 0.75, "tensorflow": 0.9}
CONTENDERS = {
    "theano": ["oneiros", "jax", "jax-hoisted"],
    "tensorflow": ["oneiros", "tf", "tf-hoisted", "tf-xla", "tf-xla-hoisted"],
}
Step = Callable[[np.ndarray, np.ndarray], Any]


def weights() -> list[np.ndarray]:
    """Returns W, U and b, in blocks i, f, c, o, and those of the softmax."""
    draw = np.random.RandomState(0)
    shapes = (FEATURES, 4 * UNITS), (UNITS, 4 * UNITS), (4 * UNITS,), (UNITS, CLASSES), (CLASSES,)
    return [(draw.randn(*shape) / 10).astype("float32") for shape in shapes]


def with_oneiros() -> Step:
    from oneiros.layers import LSTM, Dense
    from oneiros.models import Sequential

    model = Sequential([LSTM(UNITS, input_shape=(STEPS, FEATURES)), Dense(CLASSES, activation="softmax")])
    model.compile(loss="categorical_crossentropy", optimizer="adam")
    return model.train_on_batch


def with_jax(hoisted: bool) -> Step:
    import jax
    import jax.numpy as jnp

    def gates(z: Any, c: Any) -> Any:
        i, f, g, o = jnp.split(z, 4, -1)
        i, f, o = (jnp.clip(0.2 * gate + 0.5, 0, 1) for gate in (i, f, o))
        c = f * c + i * jnp.tanh(g)
        return o * jnp.tanh(c), c

    def lstm(W: Any, U: Any, b: Any, x: Any) -> Any:
        def step(state: Any, row: Any) -> Any:
            h, c = state
            return gates((row if hoisted else row @ W + b) + h @ U, c), None

        if hoisted:
            x = (x.reshape(-1, FEATURES) @ W + b).reshape(BATCH, STEPS, -1)
        zeros = jnp.zeros((BATCH, UNITS))
        return jax.lax.scan(step, (zeros, zeros), jnp.swapaxes(x, 0, 1))[0][0]

    def loss(parameters: Any, x: Any, y: Any) -> Any:
        *recurrent, V, d = parameters
        scores = jax.nn.log_softmax(lstm(*recurrent, x) @ V + d)
        return -jnp.mean(jnp.sum(y * scores, -1))

    def train(parameters: Any, m: Any, v: Any, count: Any, x: Any, y: Any) -> Any:
        value, gradients = jax.value_and_grad(loss)(parameters, x, y)
        count += 1
        rate = 0.001 * jnp.sqrt(1 - 0.999**count) / (1 - 0.9**count)
        m = [0.9 * a + 0.1 * g for a, g in zip(m, gradients, strict=True)]
        v = [0.999 * a + 0.001 * g * g for a, g in zip(v, gradients, strict=True)]
        moved = [p - rate * a / (jnp.sqrt(b) + 1e-8) for p, a, b in zip(parameters, m, v, strict=True)]
        return moved, m, v, count, value

    jitted = jax.jit(train, donate_argnums=(0, 1, 2, 3))
    start = [jnp.asarray(w) for w in weights()]
    state = [start, [w * 0 for w in start], [w * 0 for w in start], jnp.float32(0)]

    def step(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        *state[:], value = jitted(*state, x, y)
        return np.asarray(value)

    return step


def with_tensorflow(hoisted: bool, xla: bool) -> Step:
    import tensorflow as tf

    parameters = [tf.Variable(w) for w in weights()]
    moments = [[tf.Variable(tf.zeros_like(w)) for w in parameters] for _ in range(2)]
    count = tf.Variable(0.0)

    def lstm(x: Any) -> Any:
        W, U, b = parameters[:3]
        x = tf.transpose(x, (1, 0, 2))
        if hoisted:
            x = tf.reshape(tf.reshape(x, (-1, FEATURES)) @ W + b, (STEPS, BATCH, 4 * UNITS))
        rows = tf.TensorArray(tf.float32, STEPS).unstack(x)

        def step(t: Any, h: Any, c: Any) -> Any:
            row = rows.read(t)
            i, f, g, o = tf.split((row if hoisted else row @ W + b) + h @ U, 4, -1)
            i, f, o = (tf.clip_by_value(0.2 * gate + 0.5, 0, 1) for gate in (i, f, o))
            c = f * c + i * tf.tanh(g)
            return t + 1, o * tf.tanh(c), c

        zeros = tf.zeros((BATCH, UNITS))
        start = (tf.constant(0), zeros, zeros)
        return tf.while_loop(lambda t, *_: t < STEPS, step, start, maximum_iterations=STEPS)[1]

    @tf.function(jit_compile=xla)
    def train(x: Any, y: Any) -> Any:
        with tf.GradientTape() as tape:
            scores = tf.nn.log_softmax(lstm(x) @ parameters[3] + parameters[4])
            loss = -tf.reduce_mean(tf.reduce_sum(y * scores, -1))
        gradients = tape.gradient(loss, parameters)
        count.assign_add(1.0)
        rate = 0.001 * tf.sqrt(1 - 0.999**count) / (1 - 0.9**count)
        for p, m, v, g in zip(parameters, *moments, gradients, strict=True):
            m.assign(0.9 * m + 0.1 * g)
            v.assign(0.999 * v + 0.001 * g * g)
            p.assign_sub(rate * m / (tf.sqrt(v) + 1e-8))
        return loss

    return lambda x, y: train(tf.constant(x), tf.constant(y)).numpy()


def measure(contender: str, steps: int) -> dict[str, float]:
    """Returns the median time of a step in this process, and the last loss."""
    if contender == "oneiros":
        train = with_oneiros()
    elif contender.startswith("jax"):
        train = with_jax("hoisted" in contender)
    else:
        train = with_tensorflow("hoisted" in contender, "xla" in contender)
    draw = np.random.RandomState(1)
    x = draw.randn(BATCH, STEPS, FEATURES).astype("float32")
    y = np.eye(CLASSES, dtype="float32")[draw.randint(CLASSES, size=BATCH)]
    times, loss = [], 0.0
    for _ in range(steps + 5):
        start = time.perf_counter()
        loss = float(np.ravel(train(x, y))[0])
        times.append(1e3 * (time.perf_counter() - start))
    return {"ms": statistics.median(times[5:]), "least": min(times[5:]), "loss": loss}


def child(backend: str, contender: str, steps: int) -> dict[str, float]:
    """Measures in a fresh process."""
    command = [sys.executable, __file__, "--measure", contender, "--steps", str(steps)]
    environment = {**os.environ, "ONEIROS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def ratio(figures: dict[str, float]) -> float:
    """Returns the time of Oneiros over that of the fastest other contender."""
    return figures["oneiros"] / min(ms for name, ms in figures.items() if name != "oneiros")


def main() -> int:
    """Prints a line per contender and the ratio per backend; 1 if a ratio misses its target."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--backend", action="append", choices=sorted(CONTENDERS))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--measure", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        print(json.dumps(measure(arguments.measure, arguments.steps)))
        return 0
    missed = 0
    for backend in arguments.backend or CONTENDERS:
        rows: dict[str, list[dict[str, float]]] = {name: [] for name in CONTENDERS[backend]}
        for _ in range(arguments.rounds):
            for name, found in rows.items():
                found.append(child(backend, name, arguments.steps))
        medians = {name: statistics.median(row["ms"] for row in found) for name, found in rows.items()}
        least = {name: min(row["least"] for row in found) for name, found in rows.items()}
        for name in rows:
            print(f"{backend:>10} {name:<15} median {medians[name]:6.2f} ms, least {least[name]:6.2f} ms")
        target = TARGETS[backend]
        verdict = f"{ratio(medians):.2f} of the best loop by hand ({ratio(least):.2f} by least times)"
        print(f"{backend:>10} {verdict}; target {target}")
        missed |= ratio(medians) > target
    return missed


if __name__ == "__main__":
    sys.exit(main())
