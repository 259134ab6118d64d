"""What the progress display takes of a training's time.

    python benchmarks/progress.py

Trains small networks, whose steps take as little as steps can, with the display in a
pseudo-terminal, where it is drawn, and in a pipe, where it writes lines. Prints the
share of the time that it takes by the training's own profile, in runs of batches and
with a callback that makes batches run one by one. No share may be above 1 %.
"""

from __future__ import annotations

import contextlib
import os
import pty
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TextIO

import numpy as np
from oneiros.callbacks import Callback, StepProfile
from oneiros.layers import Dense
from oneiros.models import Sequential

LIMIT = 0.01
EPOCHS = 5
SAMPLES = 200_000
BATCH = 32


class EachBatch(Callback):
    """Makes batches run one by one."""

    def on_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        pass


@dataclass
class Network:
    name: str
    units: int


NETWORKS = [Network("16 units", 16), Network("512 units", 512)]


@contextlib.contextmanager
def terminal() -> Iterator[TextIO]:
    """Gives a terminal to write to, whose other end is read all the time."""
    leader, follower = pty.openpty()
    reader = threading.Thread(target=drain, args=(leader,), daemon=True)
    reader.start()
    with os.fdopen(follower, "w", encoding="utf-8") as stream:
        yield stream
    reader.join()


@contextlib.contextmanager
def pipe() -> Iterator[TextIO]:
    """Gives a pipe to write to, whose other end is read all the time."""
    outlet, inlet = os.pipe()
    reader = threading.Thread(target=drain, args=(outlet,), daemon=True)
    reader.start()
    with os.fdopen(inlet, "w", encoding="utf-8") as stream:
        yield stream
    reader.join()


def drain(source: int) -> None:
    with contextlib.suppress(OSError):  # a terminal's other end was closed
        while os.read(source, 65536):
            pass
    os.close(source)


def share(network: Network, stream: TextIO, callbacks: list[Callback]) -> float:
    """Returns the part of a training's time that the display takes."""
    model = Sequential(
        [Dense(network.units, input_dim=20, activation="relu"), Dense(1)]
    )
    model.compile("sgd", "mse", metrics=["mae"])
    x = np.random.random((SAMPLES, 20)).astype("float32")
    profile = StepProfile(verbose=0)
    with contextlib.redirect_stdout(stream):
        model.fit(
            x, x[:, :1], BATCH, EPOCHS, callbacks=[profile, *callbacks], verbose=1
        )
    return sum(row.share for row in profile.rows if row.detail == "ProgbarLogger")


def main() -> int:
    os.environ.setdefault("TERM", "xterm")
    shares = []
    print(f"{EPOCHS} epochs of {SAMPLES // BATCH} batches of {BATCH}")
    for network in NETWORKS:
        for place, opened in (("terminal", terminal), ("pipe", pipe)):
            for how, callbacks in (("in runs", []), ("one by one", [EachBatch()])):
                with opened() as stream:
                    shares.append(share(network, stream, callbacks))
                print(f"{network.name:>10} {place:>9} {how:>11}: {shares[-1]:7.3%}")
    print(f"the largest share: {max(shares):.3%} of {LIMIT:.0%}")
    return int(max(shares) > LIMIT)


if __name__ == "__main__":
    sys.exit(main())
