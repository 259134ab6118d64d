"""Runs the exhaustive tests, each file in a process of its own, two at a time; then
plants faults, of which the tests must notice 85 %.

    python3 run.py --group exhaustive tools/exhaustive.py [--jobs 2] [FILE …]

TensorFlow keeps what XLA compiled until the process ends: in one process thousands of
functions use up the memory maps that Linux allows. XLA compiles the golden data and
what the kit checks as it does for users, and everything else without optimizing. Prints
each file's last line as it ends, and what failed; fails if a file does.
`tools/mutation.py` plants the faults, unless files are named; use a clone in which
nobody works.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).parents[1]
NO_TESTS = 5
"""What pytest exits with if it selects none."""


def run(file: Path) -> bool:
    """Runs a file's exhaustive tests; tells whether they passed."""
    command = [sys.executable, "-m", "pytest", "-m", "exhaustive", str(file)]
    as_users = file.name.startswith("test_golden") or file.parent.name == "kit"
    compiler = "users" if as_users else "fast"
    variables = os.environ | {"ONEIROS_TEST_COMPILER": compiler}
    done = subprocess.run(
        command, cwd=ROOT, env=variables, capture_output=True, text=True
    )
    fine = done.returncode in (0, NO_TESTS)
    if done.returncode != NO_TESTS:
        print(
            file.relative_to(ROOT),
            done.stdout.strip().rpartition("\n")[2] if fine else "FAILED",
            flush=True,
        )
    if not fine:
        print(done.stdout[-20_000:], done.stderr[-2_000:], sep="\n", flush=True)
    return fine


def notices_faults() -> bool:
    """Tells whether the tests notice enough of the faults planted in the code."""
    tool = [sys.executable, ROOT / "tools" / "mutation.py"]
    return not any(subprocess.call([*tool, action]) for action in ("record", "try"))


def main() -> int:
    """Runs all files, the longest first, and plants faults; 1 if one failed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE")
    parser.add_argument("--jobs", type=int, default=2)
    chosen = parser.parse_args()
    files = [file.resolve() for file in chosen.files] or sorted(
        (ROOT / "tests").rglob("test_*.py")
    )
    files.sort(key=lambda file: file.name != "test_properties.py")
    with ThreadPoolExecutor(chosen.jobs) as pool:
        passed = all(list(pool.map(run, files)))
    if not chosen.files:
        passed &= notices_faults()
    return int(not passed)


if __name__ == "__main__":
    sys.exit(main())
