"""Seconds from starting Python to the first trained batch of the quickstart's network, per backend.

    uv run benchmarks/startup.py [--backend theano] [--runs 5]

Each run is a fresh process. A cold one starts with an empty home and no caches, a warm one finds both filled.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time

PROGRAM = """
import numpy as np
from oneiros.layers import Activation, Dense, Dropout
from oneiros.models import Sequential
model = Sequential()
model.add(Dense(512, input_dim=784))
model.add(Activation("relu"))
model.add(Dropout(0.2))
model.add(Dense(512, activation="relu"))
model.add(Dropout(0.2))
model.add(Dense(10, activation="softmax"))
model.compile(loss="categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
x, y = np.random.rand(64, 784).astype("float32"), np.eye(10, dtype="float32")[np.arange(64) % 10]
print(model.train_on_batch(x, y))
"""


def seconds(backend: str, home: str) -> float:
    """Runs the program once and returns its wall time."""
    environment = {
        **os.environ,
        "HOME": home,
        "ONEIROS_BACKEND": backend,
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "PYTENSOR_FLAGS": f"base_compiledir={home}/pytensor",
    }
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", PROGRAM], env=environment, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def main() -> None:
    """Prints one line per backend."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--backend", action="append", choices=["theano", "tensorflow"])
    parser.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_args()
    for backend in arguments.backend or ["theano"]:
        seconds(backend, tempfile.mkdtemp())
        cold = [seconds(backend, tempfile.mkdtemp()) for _ in range(arguments.runs)]
        home = tempfile.mkdtemp()
        seconds(backend, home)
        warm = [seconds(backend, home) for _ in range(arguments.runs)]
        for state, figures in (("cold", cold), ("warm", warm)):
            spread = f"{min(figures):.2f}-{max(figures):.2f}"
            print(
                f"{backend} {state}: median {statistics.median(figures):.2f} s of {len(figures)} ({spread})"
            )


if __name__ == "__main__":
    main()
