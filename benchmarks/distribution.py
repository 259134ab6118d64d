"""Oneiros on several processes of this machine, beside JAX's data-parallel step written
by hand.

    python3 run.py --group benchmark benchmarks/distribution.py [--case mlp]
        [--processes 2] [--engine jax] [--rounds 3] [--turns 9] [--clock processor]

The processes of each contender train the same network from the same weights on the same
batches; a process has its rows of them, and gloo connects the processes over loopback.
They are started anew in each round and stay for it. Within a round contenders take
turns of a fraction of a second, so that what slows the machine for a while meets all of
them. The table tells the rows that all processes train in a second, the median
milliseconds of a step, by the clock and of all processors together, and the medians of
the turns' ratios: the throughput by that of the fastest loop written by hand. By hand
there are a compiled call for each step, and one for all steps of an epoch, where XLA's
loops suit the network. Where other work shares the machine, `--clock processor` judges
by processor time. Fails if losses differ, or a ratio is below 0.95. With 1 process
nothing is distributed.
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
from distributed.team import Contender, Seconds, Team, started

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
        steps: what a step took, by turn.
    """

    losses: list[float] = field(default_factory=list)
    steps: list[Seconds] = field(default_factory=list)

    def median(self, clock: str) -> float:
        """Returns the seconds of a step."""
        median: float = statistics.median(getattr(s, clock) for s in self.steps)
        return median

    def ratio(self, other: Record, clock: str) -> float:
        """Returns the throughput by another's."""
        pairs = zip(self.steps, other.steps, strict=True)
        return statistics.median(
            getattr(theirs, clock) / getattr(own, clock) for own, theirs in pairs
        )


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
    parser.add_argument("--clock", choices=["wall", "processor"], default="wall")
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
                records[contender].losses = [loss for (loss,) in team.answers()]
                teams.append(team)
            _take_turns(teams, records, turns)
    return records


def _take_turns(teams: list[Team], records: Records, turns: int) -> None:
    epochs = {}
    for team in teams:
        team.step(1)
        epoch = team.step(1).wall * team.steps
        epochs[team.contender] = math.ceil(SECONDS / epoch)
    for turn in range(turns):
        order = teams if turn % 2 else teams[::-1]
        for team in order:
            step = team.step(epochs[team.contender])
            records[team.contender].steps.append(step)


def report(case: str, processes: int, records: Records, clock: str) -> list[str]:
    """Prints a table; returns what is wrong."""
    by_hand = [contender for contender in records if not contender.engine]
    best = min(by_hand, key=lambda contender: records[contender].median(clock))
    title = f"{case}: {CASES[case].title}, processes: {processes}"
    print(f"\n{title:60} rows/s    ms ratio  processor ms ratio")
    failures = []
    for contender, record in records.items():
        rate = CASES[case].batch / record.median("wall")
        line = f"  {contender.name:58}{rate:7,.0f}"
        for each, width in (("wall", 6), ("processor", 14)):
            ratio = record.ratio(records[best], each)
            line += f"{1e3 * record.median(each):{width}.1f} {ratio:5.2f}"
            if each == clock and contender.engine and ratio < LEAST:
                failures.append(f"{title}: {contender.name} has {ratio:.2f}")
        print(line, flush=True)
    losses = [loss for record in records.values() for loss in record.losses]
    difference = (max(losses) - min(losses)) / abs(min(losses))
    if case in DROPS:
        print("  losses differ by the masks of dropout")
    elif difference < TOLERANCE:
        print(f"  losses agree to {difference:.1e}")
    else:
        failures.append(f"{title}: the losses are {losses}")
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
            failures += report(case, processes, records, chosen.clock)
    print(*(f"MISSED {line}" for line in failures), sep="\n")
    return int(bool(failures))


if __name__ == "__main__":
    sys.exit(main())
