"""Counts the branches of the readers of files that tests take, in a table.

    python3 run.py --group test --with coverage tools/reader_branches.py

With `--missing` it also lists by line what isn't taken. What runs is in `COMMANDS`:
tests of saving, configurations and resumed training, the attacks with their limit of
time lifted, and some inputs of the fuzzer. coverage.py counts with `branch = True`, in
child processes too. The exit status is 1 if one of the commands fails.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
HOSTILE = ROOT / "tests" / "hostile"
SUPPORT = ROOT / "tests" / "support"
READERS = (
    "kernel/oneiros/config.py",
    "kernel/oneiros/load_context.py",
    "plugins/training/oneiros_training/parts/*.py",
    "plugins/safe_files/*/*.py",
    "plugins/old_files/*/*.py",
    "plugins/cli/oneiros_cli/file_tools/*.py",
    "plugins/resume/*/*.py",
    "plugins/saving/**/*.py",
    "plugins/*/*/migrations.py",
)
SEVERAL_MODULES = (
    "file_tools",
    "oneiros_old_files",
    "oneiros_resume",
    "oneiros_saving",
)
"""Packages whose modules have a row each."""

ATTACKS = "import hostile; hostile.WATCHDOG = 600; hostile.main({!r})"
COMMANDS = [
    [
        "-m",
        "pytest",
        "-n",
        "2",
        "tests/saving",
        "tests/config",
        "tests/resume",
        "tests/cli/test_convert.py",
        "tests/cli/test_inspect.py",
        "--ignore=tests/saving/test_golden_models.py",
        "--ignore=tests/resume/test_killed.py",
    ],
    *(
        ["-W", "error::UserWarning", "-c", ATTACKS.format(path.stem)]
        for path in sorted(HOSTILE.glob("attacks_*.py"))
    ),
    ["tools/fuzz_files.py", "--inputs", "550", "--seed", "2"],
]
SETTINGS = "[run]\nbranch = True\nparallel = True\ndata_file = {}\ninclude =\n    {}\n"


def measured(folder: Path) -> tuple[dict[str, Any], list[list[str]]]:
    """Runs all commands under coverage.py.

    Returns its report, and the commands that failed.
    """
    import coverage

    settings = folder / "coveragerc"
    settings.write_text(
        SETTINGS.format(
            folder / "data", "\n    ".join(str(ROOT / reader) for reader in READERS)
        )
    )
    paths = {"PYTHONPATH": os.pathsep.join([str(SUPPORT), str(HOSTILE)])}
    environment = {**os.environ, **paths, "COVERAGE_PROCESS_START": str(settings)}
    failed = []
    for command in COMMANDS:
        done = subprocess.run(
            [sys.executable, *command],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            failed.append(command)
            print(
                *command,
                done.stdout[-3000:],
                done.stderr[-3000:],
                sep="\n",
                file=sys.stderr,
            )
    measure = coverage.Coverage(config_file=str(settings))
    measure.combine()
    measure.json_report(outfile=str(folder / "report.json"))
    return json.loads((folder / "report.json").read_text())["files"], failed


def row(file: str) -> str:
    """Returns the name of a file's row in the table."""
    *_, package, name = Path(file).with_suffix("").parts
    if package in SEVERAL_MODULES:
        return f"{package}.{name}"
    if name == "migrations":
        return "migrations of the plugins"
    return package if package in ("hdf5", "keras3") else name


def table(files: dict[str, Any]) -> str:
    """Returns the table and the sentence above it."""
    taken: Counter[str] = Counter()
    branches: Counter[str] = Counter()
    taken_lines = 0
    lines = 0
    for file, report in sorted(files.items()):
        totals = report["summary"]
        taken[row(file)] += totals["covered_branches"]
        branches[row(file)] += totals["num_branches"]
        taken_lines += totals["covered_lines"]
        lines += totals["num_statements"]
    share = taken.total() / branches.total()
    rows = [
        f"| `{name}` | {taken[name]} | {count} |"
        for name, count in branches.items()
        if count
    ]
    title = (
        f"{taken.total()} of {branches.total()} branches ({share:.1%}) and "
        f"{taken_lines} of {lines} lines are taken:\n\n"
        "| module | taken | of |\n|---|---|---|"
    )
    last_row = f"| all | {taken.total()} | {branches.total()} |"
    return "\n".join([title, *rows, last_row])


def missing(files: dict[str, Any]) -> list[str]:
    """Returns for each file which lines don't run, and which branches, from line to
    line, aren't taken."""
    return [
        f"{file}: lines {report['missing_lines']}, "
        f"branches {report['missing_branches']}"
        for file, report in sorted(files.items())
        if report["missing_lines"] or report["missing_branches"]
    ]


def main() -> int:
    """Prints the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--missing", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        files, failed = measured(Path(folder))
    print(table(files))
    if arguments.missing:
        print("", *missing(files), sep="\n")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
