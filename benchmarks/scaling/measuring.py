"""Measures this machine: steps of one process, sums over processes, and steps of
several."""

from __future__ import annotations

import json
import os
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from distributed.cases import ALL
from distributed.team import Contender, Team, started

from scaling.machines import Figures
from scaling.networks import BYTES

PROCESSES = (2, 4)
PARTS = (1, 2, 4)
"""Into which a batch is split."""
ROWS = {"resnet50": 8}
"""The batch that is measured, if not the case's."""
TURNS = 7
TURNS_OF_LONG_STEPS = 2
LONG = 0.5
"""Seconds."""
QUIET = 0.05
"""The part of a core that other programs may take."""
MOST = 6
"""How many times as many turns as are wanted are taken at most."""
ONE = [1]
MANY = [1] * 9
LARGE = [4_000_000]
"""How many numbers the arrays have whose sums are timed."""
MESSAGES = 2
"""Of each process, for each array summed over two."""
Cores = Sequence[set[int]] | None
FIRST_CORE = [{min(os.sched_getaffinity(0))}]
Tell = Callable[[str], None]


def measure(tell: Tell) -> Figures:
    """Returns the figures of this machine.

    # Arguments
        tell: called with a line on what is done.
    """
    one_core: dict[str, dict[str, float]] = {}
    all_cores: dict[str, dict[str, float]] = {}
    together: dict[str, dict[str, float]] = {}
    for name, case in ALL.items():
        batch = ROWS.get(name, case.batch)
        sizes = [batch // part for part in PARTS]
        for kept, cores in ((one_core, FIRST_CORE), (all_cores, None)):
            kept[name] = {}
            for rows in sizes:
                kept[name][str(rows)] = step(name, 1, rows, cores)
            tell(f"{name}, one process, cores {cores or 'all'}: {kept[name]}")
        together[name] = {}
        for processes in PROCESSES:
            seconds = step(name, processes, batch)
            together[name][str(processes)] = seconds
            tell(f"{name}, {processes} processes: {seconds}")
    sums = {}
    for processes in PROCESSES:
        sums[str(processes)] = [
            sums_over(processes, sizes) for sizes in (ONE, MANY, LARGE)
        ]
        tell(f"sums over {processes} processes: {sums[str(processes)]}")
    one, many, large = sums["2"]
    return {
        "cores": len(os.sched_getaffinity(0)),
        "latency": (many - one) / (len(MANY) - len(ONE)) / MESSAGES,
        "bandwidth": BYTES * sum(LARGE) / (large - one),
        "one core": one_core,
        "all cores": all_cores,
        "sums": sums,
        "together": together,
    }


def step(name: str, processes: int, rows: int, cores: Cores = None) -> float:
    """Returns the seconds of a step of Oneiros."""
    contender = Contender("with_oneiros", engine="jax")
    with started(contender, name, processes, rows, cores) as team:
        team.answers()
        return _median(team)


def sums_over(processes: int, sizes: list[int]) -> float:
    """Returns the seconds in which arrays are summed over processes."""
    contender = Contender("sums", form=json.dumps(sizes))
    with started(contender, "mlp", processes) as team:
        team.answers()
        return _median(team)


def _median(team: Team) -> float:
    """Returns the median of turns in which other programs computed least.

    Takes turns until there are enough in which they were quiet.
    """
    is_long = team.step(1).wall > LONG
    wanted = TURNS_OF_LONG_STEPS if is_long else TURNS
    turns: list[tuple[float, float]] = []
    quiet = 0
    while quiet < wanted and len(turns) < MOST * wanted:
        before = others(team), time.perf_counter()
        seconds = team.step(2).wall
        passed = time.perf_counter() - before[1]
        share = (others(team) - before[0]) / passed
        turns.append((share, seconds))
        quiet += share < QUIET
    return statistics.median(seconds for _, seconds in sorted(turns)[:wanted])


def others(team: Team) -> float:
    """Returns the seconds that all cores have computed for other programs."""
    ticks = os.sysconf("SC_CLK_TCK")
    user, nice, system, _, _, *interrupts = _numbers("/proc/stat", 1)[:8]
    all_seconds = (user + nice + system + sum(interrupts)) / ticks
    own = 0.0
    for member in team.members:
        own += sum(_numbers(f"/proc/{member.pid}/stat", 13)[:2]) / ticks
    return all_seconds - own


def _numbers(path: str, start: int) -> list[int]:
    line = Path(path).read_text(encoding="utf-8").splitlines()[0]
    return [int(word) for word in line.split()[start:]]
