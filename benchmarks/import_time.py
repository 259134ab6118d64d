"""Milliseconds that imports cost.

They are those of `oneiros` beyond NumPy, of the installed plugins' manifests, and of
the finder behind `import keras`, which each Python then starts with.

    python3 run.py benchmarks/import_time.py [--runs 11]

The limits are 50, 200 and 1 ms.
"""

import argparse
import json
import statistics
import subprocess
import sys
from pathlib import Path

FINDER = Path(__file__).resolve().parents[1] / "plugins" / "keras_namespace"
LABELS = ("import oneiros", "discovering the plugins", "the finder of keras")
PROGRAM = """
import json, sys, time
import numpy
started = time.perf_counter()
import oneiros
imported = time.perf_counter()
from oneiros.plugins import manager
manager()
discovered = time.perf_counter()
sys.path.insert(0, sys.argv[1])
import oneiros_keras_namespace.finder
times = [started, imported, discovered, time.perf_counter()]
print(json.dumps([1e3 * (b - a) for a, b in zip(times, times[1:])]))
"""


def main() -> None:
    """Prints the medians over fresh processes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=11)
    rows = [
        json.loads(
            subprocess.run(
                [sys.executable, "-c", PROGRAM, FINDER], capture_output=True, check=True
            ).stdout
        )
        for _ in range(parser.parse_args().runs)
    ]
    for label, figures in zip(LABELS, zip(*rows, strict=True), strict=True):
        spread = f"{min(figures):.1f}-{max(figures):.1f}"
        median = statistics.median(figures)
        print(f"{label}: median {median:.1f} ms of {len(figures)} ({spread})")


if __name__ == "__main__":
    main()
