#!/usr/bin/env python3
"""Changes inputs of each reader, guided by the code that they reach, for a set time.

    python tools/fuzz_coverage.py --seconds 120           every reader, one by one
    python tools/fuzz_coverage.py npz pickle              these two, a minute each
    python tools/fuzz_coverage.py npz --replay FILE       one input, with its traceback
    python tools/fuzz_coverage.py --replay                what the runs begin with
    python tools/fuzz_coverage.py --keep                  what runs found for the next
                                                          ones goes into the tree
    python tools/fuzz_coverage.py --table                 the figures of all runs

It needs atheris: `uv sync --group fuzz --group test`. Inputs that reach code that no
other did are kept in `--work`, where the next run begins; `--keep` picks from them.

A finding is an input after which a reader raised anything but `oneiros.errors`, took
more than 2 seconds of processor time or 100 MiB of memory, or ended the process. It is
written below `--work`, with its traceback. The exit status is 1 if there is one.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import pkgutil
import re
import resource
import signal
import subprocess
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable, Iterable
from pathlib import Path
from random import Random
from typing import Any

import fuzz_formats
import fuzz_seeds
from fuzz_files import ADDRESS_SPACE, resident

PACKAGES = (
    "oneiros_safe_files",
    "oneiros_saving",
    "oneiros_old_files",
    "oneiros_cli.file_tools",
    "oneiros_resume",
)
"""The packages whose branches guide the changes."""
READERS = tuple(fuzz_seeds.PLACES)
FORMATS = {
    "weights": "hdf5",
    "resume": "hdf5",
    "npz": "zip",
    "keras": "zip",
    "inspect": "any",
    "convert": "any",
}
"""The readers whose inputs have another format than their name."""
SECONDS = 2
MIB = 100
WATCHDOG = 20
"""Seconds of processor time after which an input is given up."""
REAL_WATCHDOG = 300
SHOWN = 20
"""The maximum number of findings with the same cause to write."""
BLIND = 0.3
"""How often an input is changed without knowing its format."""
STATISTICS = re.compile(r"cov: (\d+) ft: (\d+) corp: (\d+)")
EXECUTIONS = re.compile(r"number_of_executed_units: (\d+)")


Step = tuple[str, int, int]


class TooSlowError(BaseException):
    """An input took longer than it may."""


class Watch:
    """Runs a reader, and writes down the inputs that it doesn't stand.

    # Arguments
        read: the reader.
        findings: the folder to write them to.
    """

    def __init__(self, read: Callable[[bytes], Any], findings: Path) -> None:
        self._read = read
        self._findings = findings
        self._counts: dict[str, int] = {}

    def __call__(self, data: bytes) -> None:
        """Reads an input; writes it down if it did harm."""
        cause, detail = self.cause(data)
        if cause:
            self._write(cause, detail, data)

    def cause(self, data: bytes) -> tuple[str, str]:
        """Reads an input; returns in a few words what is wrong, and the details."""
        from oneiros.errors import OneirosError

        before = resident(peak=True, forget=True)
        started = time.process_time()
        signal.setitimer(signal.ITIMER_PROF, WATCHDOG)
        cause = detail = ""
        try:
            self._read(data)
        except OneirosError:
            detail = traceback.format_exc()
        except BaseException as error:
            cause = f"{type(error).__name__} in {_place(error)}"
            detail = traceback.format_exc()
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
        seconds = time.process_time() - started
        mib = resident(peak=True) - before
        if seconds > SECONDS and not cause:
            cause = "slow"
        if mib > MIB and not cause:
            cause = "large"
        return cause, f"{seconds:.2f} s, {mib} MiB\n{detail}"

    def _write(self, cause: str, detail: str, data: bytes) -> None:
        count = self._counts[cause] = self._counts.get(cause, 0) + 1
        if count > SHOWN:
            return
        self._findings.mkdir(parents=True, exist_ok=True)
        name = f"{cause.replace(' ', '-')}-{fuzz_seeds.name(data)[:8]}"
        (self._findings / name).write_bytes(data)
        (self._findings / f"{name}.txt").write_text(detail)


def _place(error: BaseException) -> str:
    """Returns where in Oneiros an error was raised."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "oneiros" in frame.filename]
    if not ours:
        return "nowhere"
    return f"{Path(ours[-1].filename).stem}-{ours[-1].lineno}"


def work(reader: str, seconds: int, folder: Path) -> None:
    """Changes and reads inputs; never returns."""
    import atheris

    with atheris.instrument_imports(include=list(PACKAGES)):
        for package in PACKAGES:
            _import_whole(package)
        from fuzz_readers import Readers
    with tempfile.TemporaryDirectory() as scratch:
        readers = Readers(Path(scratch))
        corpus = folder / "corpus" / reader
        run_files = [readers.run_file()] if reader == "resume" else []
        fuzz_seeds.write(reader, corpus, *run_files)
        findings = folder / "findings" / reader
        findings.mkdir(parents=True, exist_ok=True)
        _limit()
        arguments = [
            sys.argv[0],
            str(corpus),
            f"-max_total_time={seconds}",
            f"-max_len={fuzz_seeds.LONGEST}",
            f"-timeout={REAL_WATCHDOG}",
            f"-artifact_prefix={findings}/",
            "-rss_limit_mb=0",
            "-print_final_stats=1",
            "-verbosity=1",
        ]
        watch = Watch(readers.by_name[reader], findings)
        atheris.Setup(arguments, watch, custom_mutator=_mutator(reader))
        atheris.Fuzz()


def _import_whole(package: str) -> None:
    folders = importlib.import_module(package).__path__
    for module in pkgutil.walk_packages(folders, f"{package}."):
        importlib.import_module(module.name)


def _limit() -> None:
    """Limits the memory of this process, and ends what computes for too long."""

    def stop(*_: object) -> None:
        raise TooSlowError(f"more than {WATCHDOG} seconds of processor time")

    warnings.simplefilter("ignore")
    signal.signal(signal.SIGPROF, stop)
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limit = pages * resource.getpagesize() + ADDRESS_SPACE
    resource.setrlimit(resource.RLIMIT_AS, (limit, resource.RLIM_INFINITY))


def _mutator(reader: str) -> Any:
    import atheris

    trees = [json.loads(data) for data in fuzz_seeds.golden_configurations()]

    def change(data: bytes, size: int, seed: int) -> bytes:
        rng = Random(seed)

        def blind(part: bytes) -> bytes:
            return atheris.Mutate(part, size)  # replaced by Setup

        if rng.random() < BLIND:
            return blind(data)
        changes = fuzz_formats.Changes(rng, blind, trees)
        try:
            changed = getattr(changes, FORMATS.get(reader, reader))(data)
        except Exception:  # it isn't of its format any more
            return blind(data)
        return changed if len(changed) <= size else blind(data)

    return change


def run(reader: str, seconds: int, folder: Path) -> dict[str, Any]:
    """Lets a process work on a reader; returns the figures."""
    command = [sys.executable, __file__, reader, "--here", "--work", str(folder)]
    record: dict[str, Any] = {"reader": reader, "executions": 0, "ends": []}
    before = set(_findings(folder, reader))
    started = time.monotonic()
    while (left := seconds - round(time.monotonic() - started)) > 0:
        done = subprocess.run(
            [*command, "--seconds", str(left)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
        )
        words = done.stderr.decode(errors="replace")
        record["executions"] += sum(map(int, EXECUTIONS.findall(words)))
        if statistics := STATISTICS.findall(words):
            names = ("coverage", "features", "corpus")
            record.update(zip(names, map(int, statistics[-1]), strict=True))
        if done.returncode:
            record["ends"].append(f"exit status {done.returncode}: {words[-600:]}")
            if not statistics:
                break
    record["seconds"] = round(time.monotonic() - started)
    new = sorted(set(_findings(folder, reader)) - before)
    record["findings"] = [path.name for path in new if _confirmed(reader, path)]
    return record


def _findings(folder: Path, reader: str) -> Iterable[Path]:
    paths = (folder / "findings" / reader).glob("*")
    return (path for path in paths if path.suffix != ".txt")


def _confirmed(reader: str, path: Path) -> bool:
    """Returns whether an input does harm without instrumentation, too; removes it if
    not."""
    command = [sys.executable, __file__, reader, "--replay", str(path)]
    if subprocess.run(command, capture_output=True).returncode:
        return True
    path.unlink()
    path.with_name(f"{path.name}.txt").unlink(missing_ok=True)
    return False


def replay(reader: str, paths: list[Path]) -> int:
    """Reads inputs, prints what becomes of them, and returns how many do harm.

    # Arguments
        reader: str, its name.
        paths: the files of the inputs; for none, what a run begins with.
    """
    from fuzz_readers import Readers

    with tempfile.TemporaryDirectory() as scratch:
        readers = Readers(Path(scratch))
        watch = Watch(readers.by_name[reader], Path(scratch))
        _limit()
        watch.cause(b"")  # what is imported and compiled isn't the input's
        inputs = [path.read_bytes() for path in paths]
        harmful = 0
        for data in inputs or fuzz_seeds.seeds(reader):
            cause, detail = watch.cause(data)
            if cause:
                harmful += 1
            if cause or paths:
                print(fuzz_seeds.name(data), cause or "harmless", detail, sep="\n")
    return harmful


def keep(reader: str, folder: Path) -> int:
    """Keeps the smallest inputs that reach lines of the readers, in an order, that what
    a run begins with doesn't reach; returns their number."""
    from fuzz_readers import Readers

    with tempfile.TemporaryDirectory() as scratch:
        readers = Readers(Path(scratch))
        watch = Watch(readers.by_name[reader], Path(scratch))
        genuine = list(fuzz_seeds.genuine(reader))
        if reader == "resume":
            genuine.append(readers.run_file())
        _limit()
        reached: set[Step] = set()
        for data in genuine:
            reached |= _steps(watch, data)
        kept = []
        for path in sorted((folder / "corpus" / reader).iterdir(), key=_size):
            data = path.read_bytes()
            steps = _steps(watch, data)
            if not steps <= reached:
                reached |= steps
                kept.append(data)
    fuzz_seeds.keep(reader, kept)
    return len(kept)


def _steps(watch: Watch, data: bytes) -> set[Step]:
    """Returns the steps from line to line, in the packages, that reading an input
    takes."""
    steps: set[Step] = set()

    def call(frame: Any, event: str, argument: Any) -> Any:
        package = frame.f_globals.get("__name__", "").partition(".")[0]
        if package not in PACKAGES:
            return None
        name = frame.f_code.co_filename
        before = 0

        def line(frame: Any, event: str, argument: Any) -> Any:
            nonlocal before
            if event == "line":
                steps.add((name, before, frame.f_lineno))
                before = frame.f_lineno
            return line

        return line

    sys.settrace(call)
    try:
        watch.cause(data)
    finally:
        sys.settrace(None)
    return steps


def table(folder: Path) -> str:
    """Returns the figures of all runs as a table in Markdown.

    Findings with the same cause count once.
    """
    columns = ("reader", "seconds", "inputs", "branches", "findings")
    rows = [f"| {' | '.join(columns)} |", "|---" * len(columns) + "|"]
    log = (folder / "log.jsonl").read_text().splitlines()
    records = [json.loads(line) for line in log]
    for reader in READERS:
        runs = [record for record in records if record["reader"] == reader]
        seconds = sum(record["seconds"] for record in runs)
        inputs = sum(record["executions"] for record in runs)
        branches = max((record.get("coverage", 0) for record in runs), default=0)
        names = [name for record in runs for name in record["findings"]]
        findings = len({name.rpartition("-")[0] for name in names})
        rows.append(f"| {reader} | {seconds} | {inputs} | {branches} | {findings} |")
    return "\n".join(rows)


def _size(path: Path) -> int:
    return path.stat().st_size


def main() -> int:
    """Parses the command line, runs, prints the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("readers", nargs="*", metavar="reader")
    parser.add_argument("--seconds", type=int, default=60)
    default = Path(tempfile.gettempdir()) / "oneiros-fuzz"
    parser.add_argument("--work", type=Path, default=default)
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--replay", type=Path, nargs="*")
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--table", action="store_true")
    arguments = parser.parse_args()
    readers = arguments.readers or READERS
    if unknown := set(readers) - set(READERS):
        parser.error(f"no readers: {', '.join(unknown)}; use {', '.join(READERS)}")
    if arguments.here:
        work(readers[0], arguments.seconds, arguments.work)
    if arguments.table:
        print(table(arguments.work))
        return 0
    if arguments.replay is not None:
        return sum(replay(reader, arguments.replay) for reader in readers)
    status = 0
    for reader in readers:
        if arguments.keep:
            print(reader, keep(reader, arguments.work))
            continue
        record = run(reader, arguments.seconds, arguments.work)
        if record["findings"] or record["ends"]:
            status = 1
        print(json.dumps(record), flush=True)
        with (arguments.work / "log.jsonl").open("a") as log:
            log.write(json.dumps(record) + "\n")
    return status


if __name__ == "__main__":
    sys.exit(main())
