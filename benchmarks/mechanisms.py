"""Each mechanism for speed, with it and without it.

docs/inside/optimisations.md tells what each is good for.

    python3 run.py --group benchmark benchmarks/mechanisms.py [NAME ...]
        [--turns 9] [--rounds 2]
    python3 run.py --group benchmark benchmarks/mechanisms.py --list

`comparison/mechanisms.py` says what each is measured on, and what takes its place where
it is left out. Both variants have a process of their own. They take turns, the first
place in a turn alternates, and each round starts new processes. The table tells the
median milliseconds with the mechanism and without it, and the median of the turns'
ratios, by processor time and by the wall clock, the processes' peak memory, and what
they held after a turn.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from comparison.mechanisms import MECHANISMS, Action, Mechanism

ANSWER = "--answer"
WITHOUT = "--without"
"""Arguments of a process that is measured, and of one that leaves the mechanism out."""


@dataclass(frozen=True)
class Measurement:
    """What a turn took.

    # Properties
        processor, wall: milliseconds.
        peak: megabytes, the most that the process took so far.
        held: megabytes that it holds now.
    """

    processor: float
    wall: float
    peak: float
    held: float


# A process that is measured


def answer(name: str, without: bool) -> None:
    """Answers each line of the standard input with a measurement."""
    mechanism = MECHANISMS[name]
    mechanism.import_owners()
    if without:
        mechanism.leave_out()
    action = mechanism.start()
    if not mechanism.starts_anew:
        action()
    for _ in sys.stdin:
        print(json.dumps(vars(measured(action))), flush=True)


def measured(action: Action) -> Measurement:
    """Calls a function once."""
    wall = time.perf_counter()
    processor = time.process_time()
    action()
    return Measurement(
        processor=1e3 * (time.process_time() - processor),
        wall=1e3 * (time.perf_counter() - wall),
        peak=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        held=held_megabytes(),
    )


def held_megabytes() -> float:
    """Returns how much memory this process holds."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    (line,) = (line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) / 1024


# The process that asks


class Variant:
    """Processes with a mechanism or without it, one after the other where each turn
    starts anew."""

    def __init__(self, name: str, arguments: tuple[str, ...]) -> None:
        self.name = name
        self.arguments = arguments
        self.process: subprocess.Popen[str] | None = None

    def turn(self) -> Measurement:
        """Has the process measure once."""
        process = self.process or self._started()
        self.process = process
        assert process.stdin and process.stdout
        process.stdin.write("\n")
        process.stdin.flush()
        line = process.stdout.readline()
        if not line:
            sys.exit(f"{process.args!r} ended with {process.wait()}")
        if MECHANISMS[self.name].starts_anew:
            self.close()
        return Measurement(**json.loads(line))

    def _started(self) -> subprocess.Popen[str]:
        environment = os.environ | {
            "ONEIROS_BACKEND": MECHANISMS[self.name].engine,
            "ONEIROS_KERAS_NAMESPACE": "0",
            "ONEIROS_KEEP_PROGRAMS": "0",
        }
        return subprocess.Popen(
            [sys.executable, __file__, ANSWER, self.name, *self.arguments],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def close(self) -> None:
        """Ends the process."""
        if self.process is not None:
            self.process.communicate()
        self.process = None


Pair = tuple[Measurement, Measurement]


def one_round(name: str, turns: int) -> list[Pair]:
    """Returns what turns took with a mechanism and without it."""
    pairs = []
    with ExitStack() as stack:
        ours = Variant(name, ())
        plain = Variant(name, (WITHOUT,))
        stack.callback(ours.close)
        stack.callback(plain.close)
        for turn in range(turns):
            if turn % 2:
                without = plain.turn()
                pairs.append((ours.turn(), without))
            else:
                pairs.append((ours.turn(), plain.turn()))
    return pairs


def row(name: str, pairs: list[Pair]) -> str:
    """Returns a line of the table."""
    cells = []
    for clock in ("processor", "wall"):
        times = [(getattr(a, clock), getattr(b, clock)) for a, b in pairs]
        ours = statistics.median(a for a, _ in times)
        plain = statistics.median(b for _, b in times)
        ratio = statistics.median(b / a for a, b in times)
        cells.append(f"{ours:9.1f} {plain:9.1f} {ratio:6.2f}")
    peaks = [max(pair[variant].peak for pair in pairs) for variant in (0, 1)]
    cells.append("{:6.0f} {:6.0f}".format(*peaks))
    held = [max(pair[variant].held for pair in pairs) for variant in (0, 1)]
    cells.append("{:6.0f} {:6.0f}".format(*held))
    return f"{name:24}" + "  ".join(cells)


def listed(mechanism: Mechanism) -> str:
    """Returns what a mechanism is measured on."""
    return f"{mechanism.module}: {mechanism.what}, on {mechanism.engine}"


def main() -> None:
    """Runs and prints."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--turns", type=int, default=9)
    parser.add_argument("--rounds", type=int, default=2)
    chosen = parser.parse_args()
    unknown = set(chosen.names) - set(MECHANISMS)
    if unknown:
        parser.error(f"{', '.join(unknown)}: none of {', '.join(MECHANISMS)}")
    if chosen.list:
        for name, mechanism in MECHANISMS.items():
            print(f"{name:24}{listed(mechanism)}")
        return
    columns = f"{'with':>9} {'without':>9} {'ratio':>6}"
    units = "ms of the processor, by the clock; peak MB, MB held"
    print(f"{'':24}{columns}  {columns}   ({units})")
    for name in chosen.names or MECHANISMS:
        pairs = []
        for _ in range(chosen.rounds):
            pairs += one_round(name, chosen.turns)
        print(row(name, pairs), flush=True)


if __name__ == "__main__":
    if ANSWER in sys.argv:
        answer(sys.argv[2], WITHOUT in sys.argv)
    else:
        main()
