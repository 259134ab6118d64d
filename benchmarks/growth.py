"""How the time of a training step grows with the work: ours, a loop written by hand for
the same engine, and PyTorch.

    python3 run.py --group benchmark --extra pictures benchmarks/growth.py
        [--engine jax] [--what steps] [--turns 3]

Trains dense networks with batches of 1 to 4,096 rows, of 2 to 200 layers and of 32 to
4,096 units, and LSTMs over 10 to 2,000 steps. Prints milliseconds, and how many times
the work a step's time grows with: the exponent is the slope of the logarithms over the
upper half of the sizes. Draws docs/guides/growth.png if nothing is left out. Fails
if an exponent of ours is larger than another's.
Each contender has a process of its own; at each size they take turns. It takes less
than five minutes. `compare.py` says how PyTorch is installed.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

import numpy as np
from comparison.run import SECONDS, Contender, by_hand, ours, process

SIZES = {
    "batch": [1, 8, 64, 256, 1024, 4096],
    "deep": [2, 6, 20, 60, 120, 200],
    "steps": [10, 40, 160, 500, 1000, 2000],
    "width": [32, 128, 512, 1024, 2048, 4096],
}
TITLES = {
    "batch": "rows of a batch (MLP 784-512-512-10)",
    "deep": "dense layers of 32 units (64 rows)",
    "steps": "steps of a sequence (LSTM 32, 8 rows)",
    "width": "units (MLP with two hidden layers, 128 rows)",
}
LOOPS = {"theano": "jax", "jax": "jax", "tensorflow": "tensorflow"}
FORMS = {"jax": "loop", "tensorflow": "xla-loop"}
ALLOWED = 0.1
"""How much larger an exponent of ours may be: figures scatter."""
PICTURE = Path(__file__).parent.parent / "docs" / "guides" / "growth.png"
Curves = dict[str, list[float]]
"""Milliseconds of a step at each size, by contender."""


def contenders(engine: str, what: str) -> list[Contender]:
    """Returns ours, the loop by hand and PyTorch, as far as they are installed."""
    form = FORMS[LOOPS[engine]] + ("-gradient" if what == "steps" else "")
    listed = [ours(engine), by_hand(LOOPS[engine], form), by_hand("torch", "eager")]
    for contender in listed:
        if contender.missing:
            print(f"without {contender.name}: {contender.missing}", file=sys.stderr)
    return [contender for contender in listed if not contender.missing]


def measure(what: str, engine: str, turns: int) -> Curves:
    """Returns the medians of the turns."""
    curves: Curves = {}
    names = [f"{what} {size}" for size in SIZES[what]]
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        asked = {
            contender.name: stack.enter_context(process(names[0], contender, folder))
            for contender in contenders(engine, what)
        }
        for ask in asked.values():
            ask(None)
        for name in names:
            print(name, file=sys.stderr, flush=True)
            taken: Curves = {contender: [] for contender in asked}
            for ask in asked.values():
                ask({"name": name})
            for _ in range(turns):
                for contender, ask in asked.items():
                    answer = ask({"measure": "fit", "seconds": SECONDS["fit"]})
                    taken[contender].append(answer["times"][0])
            for contender, times in taken.items():
                curves.setdefault(contender, []).append(statistics.median(times))
    return curves


def exponent(sizes: list[int], times: list[float]) -> float:
    """Returns the slope of log time against log size over the upper half."""
    half = len(sizes) // 2
    return float(np.polyfit(np.log(sizes[half:]), np.log(times[half:]), 1)[0])


def show(what: str, curves: Curves) -> list[str]:
    """Prints a table; returns what grows faster with us."""
    sizes = SIZES[what]
    exponents = {name: exponent(sizes, times) for name, times in curves.items()}
    print(f"\n{TITLES[what]}: milliseconds of a step")
    print(f"{'':>9}" + "".join(f"{name:>22}" for name in curves))
    for place, size in enumerate(sizes):
        times = [times[place] for times in curves.values()]
        print(f"{size:9,}" + "".join(f"{time:22.3f}" for time in times))
    print(f"{'exponent':>9}" + "".join(f"{e:22.2f}" for e in exponents.values()))
    own = next(iter(exponents.values()))
    return [
        f"{what}: exponent {own:.2f}, {other:.2f} of {name}"
        for name, other in exponents.items()
        if own > other + ALLOWED
    ]


def draw(path: Path, measured: dict[str, Curves]) -> None:
    """Draws the curves, both axes logarithmic."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(2, 2, figsize=(9, 7))
    for axis, (what, curves) in zip(axes.flat, measured.items(), strict=True):
        for name, times in curves.items():
            axis.plot(SIZES[what], times, marker=".", label=name)
        axis.set_xscale("log")
        axis.set_yscale("log")
        axis.set_xlabel(TITLES[what], fontsize=9)
        axis.grid(alpha=0.3)
        axis.legend(fontsize=8)
    for row in axes:
        row[0].set_ylabel("milliseconds of a step")
    figure.tight_layout()
    figure.savefig(path, dpi=100)
    pyplot.close(figure)


def main() -> int:
    """Measures, prints and draws; 1 if ours grows faster than another."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--engine", choices=list(LOOPS), default="jax")
    parser.add_argument("--what", action="append", choices=list(SIZES))
    parser.add_argument("--turns", type=int, default=3)
    chosen = parser.parse_args()
    measured = {
        what: measure(what, chosen.engine, chosen.turns)
        for what in chosen.what or SIZES
    }
    failures = [
        line for what, curves in measured.items() for line in show(what, curves)
    ]
    if not chosen.what:
        draw(PICTURE, measured)
    for line in failures:
        print(f"MISSED {line}")
    return int(bool(failures))


if __name__ == "__main__":
    sys.exit(main())
