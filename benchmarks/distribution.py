"""Oneiros on several processes of this machine, beside JAX's data-parallel step written
by hand.

    python3 run.py --group benchmark benchmarks/distribution.py [--case mlp]
        [--processes 2] [--engine jax] [--rounds 3] [--turns 9]

The processes of each contender train the same network from the same weights on the same
batches; a process has its rows of them, and gloo connects the processes over loopback.
They are started anew in each round and stay for it. Within a round contenders take
turns of a fraction of a second, so that what slows the machine for a while meets all of
them. The table tells the median milliseconds of a step, the rows that all processes
train in a second, and the median of the turns' ratios: the throughput of Oneiros by
that of the fastest loop written by hand. By hand there are a compiled call for each
step, and one for all steps of an epoch, where XLA's loops suit the network.
Fails if losses differ, or a ratio is below 0.95. With 1 process nothing is distributed.
"""

from __future__ import annotations

import argparse
import math
import statistics
import sys
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field

from distributed.cases import CASES, DROPS
from distributed.team import Contender, Team, started

LEAST = 0.95
TOLERANCE = 1e-5
SECONDS = 0.5
"""About how long a turn takes."""
BY_HAND = {
    "mlp": ("step", "loop"),
    "cnn": ("step", "step-noynn"),
    "lstm": ("step-gradient", "loop-gradient"),
    "embedding": ("step", "loop"),
}
"""The forms that are written by hand. XLA's convolutions are slow in loops, and JAX's
derivative of an LSTM is slower than the one written by hand."""


@dataclass
class Record:
    """What was measured of a contender.

    # Properties
        losses: of the first batches, by process.
        seconds: of a step, by turn.
    """

    losses: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        """Seconds of a step."""
        return statistics.median(self.seconds)

    def ratio(self, other: Record) -> float:
        """Returns the throughput by another's."""
        pairs = zip(self.seconds, other.seconds, strict=True)
        return statistics.median(theirs / own for own, theirs in pairs)


Records = dict[Contender, Record]


def options() -> argparse.Namespace:
    """Returns the command line's."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--case", action="append", choices=list(CASES))
    parser.add_argument("--processes", action="append", type=int)
    parser.add_argument("--engine", action="append", choices=["jax", "theano"])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--turns", type=int, default=9)
    return parser.parse_args()


def run(
    case: str, contenders: Iterable[Contender], processes: int, rounds: int, turns: int
) -> Records:
    """Returns what was measured of each contender."""
    records = {contender: Record() for contender in contenders}
    for _ in range(rounds):
        with ExitStack() as stack:
            teams = []
            for contender in records:
                team = stack.enter_context(started(contender, case, processes))
                records[contender].losses = team.answers()
                teams.append(team)
            _take_turns(case, teams, records, turns)
    return records


def _take_turns(case: str, teams: list[Team], records: Records, turns: int) -> None:
    epochs = {}
    for team in teams:
        team.seconds_per_step(1)
        epoch = team.seconds_per_step(1) * CASES[case].steps
        epochs[team.contender] = math.ceil(SECONDS / epoch)
    for turn in range(turns):
        order = teams if turn % 2 else teams[::-1]
        for team in order:
            seconds = team.seconds_per_step(epochs[team.contender])
            records[team.contender].seconds.append(seconds)


def report(case: str, processes: int, records: Records) -> list[str]:
    """Prints a table; returns what is wrong."""
    by_hand = [contender for contender in records if not contender.engine]
    best = min(by_hand, key=lambda contender: records[contender].median)
    failures = []
    print(f"\n{CASES[case].title}, {processes} processes")
    for contender, record in records.items():
        ratio = record.ratio(records[best])
        rate = CASES[case].batch / record.median
        milliseconds = 1e3 * record.median
        print(
            f"  {contender.name:20} {milliseconds:8.2f} ms {rate:10,.0f} rows/s "
            f"{ratio:6.2f}",
            flush=True,
        )
        if contender.engine and ratio < LEAST:
            failures.append(
                f"{case}, {processes} processes: {contender.name} has {ratio:.2f} of "
                f"the throughput of {best.name}"
            )
    losses = [loss for record in records.values() for loss in record.losses]
    difference = (max(losses) - min(losses)) / abs(min(losses))
    if case in DROPS:
        print("  losses differ by the masks of dropout")
    elif difference < TOLERANCE:
        print(f"  losses agree to {difference:.1e}")
    else:
        failures.append(f"{case}, {processes} processes: the losses are {losses}")
    return failures


def main() -> int:
    """Runs and prints; 1 if something is wrong."""
    chosen = options()
    failures = []
    for case in chosen.case or CASES:
        ours = [
            Contender("with_oneiros", engine=engine)
            for engine in chosen.engine or ("jax", "theano")
        ]
        by_hand = [Contender("by_hand", form=form) for form in BY_HAND[case]]
        for processes in chosen.processes or (2, 4):
            records = run(
                case, [*ours, *by_hand], processes, chosen.rounds, chosen.turns
            )
            failures += report(case, processes, records)
    print(*(f"MISSED {line}" for line in failures), sep="\n")
    return int(bool(failures))


if __name__ == "__main__":
    sys.exit(main())
