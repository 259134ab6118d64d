"""What the progress display takes of a training's time.

    python benchmarks/progress.py

Trains small networks, whose steps take as little as steps can, with the display in a
pseudo-terminal, where it is drawn, and in a pipe, where it writes lines. Prints the
share of the time that it takes by the training's own profile, in runs of batches and
with a callback that makes batches run one by one. What the profile books on a callback
that does nothing is taken off: it is the profile's own time. No share may be above 1 %;
the machine must be idle.
"""

from __future__ import annotations

import contextlib
import os
import pty
import subprocess
import sys
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
def read_from(source: int, target: int) -> Iterator[TextIO]:
    """Gives a stream to write to, whose other end another process reads."""
    silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    reader = subprocess.Popen(["cat"], stdin=source, **silent)
    os.close(source)
    with os.fdopen(target, "w", encoding="utf-8") as stream:
        yield stream
    reader.kill()
    reader.wait()


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
    shares = {row.detail: row.share for row in profile.rows}
    return max(0.0, shares["ProgbarLogger"] - shares["History"])


def main() -> int:
    os.environ.setdefault("TERM", "xterm")
    shares = []
    print(f"{EPOCHS} epochs of {SAMPLES // BATCH} batches of {BATCH}")
    for network in NETWORKS:
        for place, opened in (("terminal", pty.openpty), ("pipe", os.pipe)):
            for how, callbacks in (("in runs", []), ("one by one", [EachBatch()])):
                with read_from(*opened()) as stream:
                    shares.append(share(network, stream, callbacks))
                print(f"{network.name:>10} {place:>9} {how:>11}: {shares[-1]:7.3%}")
    print(f"the largest share: {max(shares):.3%} of {LIMIT:.0%}")
    return int(max(shares) > LIMIT)


if __name__ == "__main__":
    sys.exit(main())
