"""Seconds from starting Python to the first trained batch of small networks, per
backend.

    python3 run.py benchmarks/startup.py [--backend theano] [--network cnn] [--runs 5]
    [--profile]

Each run is a fresh process, from its start to its end. A cold one starts with an empty
home and no caches, a warm one finds both filled. The processor's time is told as well:
where it is far below the median, other work slowed the runs down. Fails if a median is
over its limit. `--profile` says instead what takes the time.
"""

import argparse
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time

MLP = """
model.add(Dense(512, input_dim=784))
model.add(Activation("relu"))
model.add(Dropout(0.2))
model.add(Dense(512, activation="relu"))
model.add(Dropout(0.2))
model.add(Dense(10, activation="softmax"))
"""
CNN = """
model.add(Convolution2D(32, 3, 3, activation="relu", input_shape=(28, 28, 1)))
model.add(Convolution2D(32, 3, 3, activation="relu"))
model.add(MaxPooling2D((2, 2)))
model.add(Dropout(0.25))
model.add(Flatten())
model.add(Dense(128, activation="relu"))
model.add(Dropout(0.5))
model.add(Dense(10, activation="softmax"))
"""
LSTM = """
model.add(LSTM(64, input_shape=(20, 32)))
model.add(Dense(10, activation="softmax"))
"""
SMALL = """
model.add(Dense(64, activation="relu", input_dim=20))
model.add(Dense(64, activation="relu"))
model.add(Dense(10, activation="softmax"))
"""
NETWORKS = {"mlp": MLP, "cnn": CNN, "lstm": LSTM, "small": SMALL}
BACKENDS = ["theano", "jax", "tensorflow"]
LIMITS = {
    ("theano", "small", "warm"): 1.3,
    ("jax", "small", "warm"): 1,
    ("tensorflow", "small", "warm"): 3,
    ("theano", "cnn", "cold"): 12,
    ("theano", "cnn", "warm"): 2,
    ("theano", "lstm", "cold"): 6,
    ("tensorflow", "cnn", "cold"): 6,
    ("tensorflow", "cnn", "warm"): 4,
    ("tensorflow", "lstm", "cold"): 6,
    ("tensorflow", "lstm", "warm"): 4,
}
"""Seconds."""
FIRST_BATCH = """
import numpy as np
from oneiros.layers import {names}
from oneiros.models import Sequential
model = Sequential()
{layers}
model.compile(loss="categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
x = np.random.random((64, *model.input_shape[1:])).astype("float32")
model.train_on_batch(x, np.eye(10, dtype="float32")[np.arange(64) % 10])
"""
PROFILE = """
import cProfile, pstats
with cProfile.Profile() as profile:
    exec({program!r}, {{}})
statistics = pstats.Stats(profile).sort_stats("cumulative")
statistics.print_stats(r"oneiros|import_module|jax|pytensor", 60)
"""


Seconds = tuple[float, float]
"""Of the clock, and of the processor."""


def program_of(network: str) -> str:
    """Returns the code that builds a network and trains one batch."""
    layers = NETWORKS[network]
    names = ", ".join(sorted(set(re.findall(r"add\((\w+)", layers))))
    return FIRST_BATCH.format(names=names, layers=layers)


def run(program: str, backend: str, home: str) -> tuple[Seconds, str]:
    """Runs a program in a process of its own and returns how long it took and what it
    printed."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("XDG_", "JAX_", "KERAS_", "ONEIROS_", "PYTHONDONT"))
    }
    settings = {
        "HOME": home,
        "ONEIROS_HOME": f"{home}/.oneiros",
        "ONEIROS_BACKEND": backend,
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "PYTENSOR_FLAGS": f"base_compiledir={home}/pytensor",
        "NUMBA_CACHE_DIR": f"{home}/numba",
    }
    wall = time.perf_counter()
    processor = processor_time()
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=kept | settings,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    return (time.perf_counter() - wall, processor_time() - processor), done.stdout


def processor_time() -> float:
    """Returns the processor time of the processes that ended so far."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def first_batch(network: str, backend: str, home: str) -> Seconds:
    """Returns how long a process takes that trains a network for one batch."""
    seconds, _ = run(program_of(network), backend, home)
    return seconds


def measure(network: str, backend: str, runs: int) -> bool:
    """Prints a line for cold and one for warm runs, and returns whether both kept their
    limits."""
    home = tempfile.mkdtemp()
    first_batch(network, backend, home)
    states = {
        "cold": [
            first_batch(network, backend, tempfile.mkdtemp()) for _ in range(runs)
        ],
        "warm": [first_batch(network, backend, home) for _ in range(runs)],
    }
    kept = True
    for state, figures in states.items():
        wall, processor = zip(*figures, strict=True)
        median = statistics.median(wall)
        limit = LIMITS.get((backend, network, state))
        line = (
            f"{backend} {network} {state}: median {median:.2f} s of {runs} "
            f"({min(wall):.2f}-{max(wall):.2f})"
        )
        line += f", processor {statistics.median(processor):.2f} s"
        if limit:
            line += f", limit {limit} s: {'kept' if median <= limit else 'MISSED'}"
            kept &= median <= limit
        print(line, flush=True)
    return kept


def main() -> None:
    """Measures, or profiles, the chosen networks on the chosen backends."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--backend", action="append", choices=BACKENDS)
    parser.add_argument("--network", action="append", choices=list(NETWORKS))
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--profile", action="store_true")
    arguments = parser.parse_args()
    kept = True
    for backend in arguments.backend or ["theano"]:
        for network in arguments.network or NETWORKS:
            if arguments.profile:
                program = program_of(network)
                print(
                    run(PROFILE.format(program=program), backend, tempfile.mkdtemp())[1]
                )
            else:
                kept &= measure(network, backend, arguments.runs)
    if not kept:
        raise SystemExit("a median is over its limit")


if __name__ == "__main__":
    main()
