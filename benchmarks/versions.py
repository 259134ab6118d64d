"""This checkout beside another one: what a change costs or gains.

    git worktree add ../before COMMIT
    (cd ../before && python3 run.py examples/quickstart.py)
    python3 run.py benchmarks/versions.py ../before [--case d] [--engine jax]
        [--turns 15] [--rounds 3]

Both checkouts run the cases of compare.py, each with its own packages and in a process
of its own. They take turns of a fraction of a second, the first place in a turn
alternates, and each round starts new processes. The table tells this checkout's median
in milliseconds and the medians of the turns' ratios to the other one, by the wall
clock and by processor time: below 1 this one is faster. The last column has the
smallest and the largest median of a round, by the wall clock.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from comparison.cases import TRAINED
from comparison.run import SECONDS

ENGINES = ("theano", "tensorflow", "jax")
THIS = Path(__file__).resolve().parent.parent
WALL = 0
PROCESSOR = 1

Figures = dict[str, list[list[float]]]
"""Ratios (wall, processor) and this checkout's milliseconds, by measure."""


class Checkout:
    """A process of one checkout that trains a case."""

    def __init__(self, folder: Path, engine: str, case: str) -> None:
        contender = {
            "module": "oneiros_case",
            "form": "",
            "name": case,
            "started": time.time(),
        }
        environment = os.environ | {
            "ONEIROS_BACKEND": engine,
            "ONEIROS_KERAS_NAMESPACE": "0",
            "TF_CPP_MIN_LOG_LEVEL": "3",
        }
        environment.pop("PYTHONPATH", None)
        self.process = subprocess.Popen(
            [
                folder / ".venv" / "bin" / "python",
                "-m",
                "comparison.child",
                json.dumps(contender),
            ],
            cwd=folder / "benchmarks",
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.first = self._answer()

    def turn(self, measure: str) -> list[float]:
        """Returns the milliseconds by both clocks."""
        assert self.process.stdin
        question = {"measure": measure, "seconds": SECONDS[measure]}
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        times: list[float] = self._answer()["times"]
        return times

    def _answer(self) -> dict[str, Any]:
        assert self.process.stdout
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"{self.process.args!r} ended with {self.process.wait()}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def close(self) -> None:
        """Ends the process."""
        self.process.communicate()


def one_round(other: Path, engine: str, case: str, turns: int) -> Figures:
    """Returns the figures of two new processes."""
    figures: Figures = defaultdict(list)
    with ExitStack() as stack:
        checkouts = []
        for folder in (THIS, other):
            checkout = Checkout(folder, engine, case)
            stack.callback(checkout.close)
            checkouts.append(checkout)
        mine, theirs = checkouts
        for measure in SECONDS:
            mine.turn(measure)
            theirs.turn(measure)
            for turn in range(turns):
                if turn % 2:
                    here = mine.turn(measure)
                    there = theirs.turn(measure)
                else:
                    there = theirs.turn(measure)
                    here = mine.turn(measure)
                ratios = [here[WALL] / there[WALL], here[PROCESSOR] / there[PROCESSOR]]
                figures[measure].append([*ratios, here[WALL]])
    return figures


def row(measure: str, rounds: list[Figures]) -> str:
    """Returns a measure's line of the table."""
    turns = [turn for figures in rounds for turn in figures[measure]]
    wall, processor, milliseconds = map(statistics.median, zip(*turns, strict=True))
    medians = [statistics.median(turn[0] for turn in f[measure]) for f in rounds]
    return (
        f"{measure:15} {milliseconds:9.3f} {wall:6.3f} {processor:6.3f}"
        f"   {min(medians):.3f} to {max(medians):.3f}"
    )


def main() -> None:
    """Runs and prints."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("other", type=Path, help="folder of the other checkout")
    parser.add_argument("--case", action="append", choices=TRAINED)
    parser.add_argument("--engine", action="append", choices=ENGINES)
    parser.add_argument("--turns", type=int, default=15)
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args()
    for case in chosen.case or TRAINED:
        for engine in chosen.engine or ENGINES:
            print(f"({case}) {engine:11} {'ms':>9} {'wall':>6} {'proc.':>6}   rounds")
            rounds = [
                one_round(chosen.other.resolve(), engine, case, chosen.turns)
                for _ in range(chosen.rounds)
            ]
            for measure in SECONDS:
                print(row(measure, rounds), flush=True)


if __name__ == "__main__":
    main()
