"""Milliseconds that `import oneiros` costs beyond NumPy, and that discovering the
installed plugins costs.

python3 run.py benchmarks/import_time.py [--runs 11]
"""

import argparse
import json
import statistics
import subprocess
import sys

PROGRAM = """
import json, time
import numpy
started = time.perf_counter()
import oneiros
imported = time.perf_counter()
from oneiros.plugins import manager
found = len(manager().plugins)
print(json.dumps([1e3 * (imported - started), 1e3 * (time.perf_counter() - imported), found]))
"""


def main() -> None:
    """Prints the medians over fresh processes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=11)
    rows = [
        json.loads(
            subprocess.run(
                [sys.executable, "-c", PROGRAM], capture_output=True, check=True
            ).stdout
        )
        for _ in range(parser.parse_args().runs)
    ]
    imports, discoveries, found = zip(*rows, strict=True)
    for label, figures in (
        ("import oneiros", imports),
        (f"discovering {found[0]} plugins", discoveries),
    ):
        spread = f"{min(figures):.1f}-{max(figures):.1f}"
        print(
            f"{label}: median {statistics.median(figures):.1f} ms of {len(figures)} ({spread})"
        )


if __name__ == "__main__":
    main()
