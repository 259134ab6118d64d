"""Changes golden model files in thousands of ways and loads the results, which must
never do harm.

    python tools/fuzz_files.py                            1,000 inputs
    python tools/fuzz_files.py --inputs 10000 --seed 1    others, and more of them
    python tools/fuzz_files.py --only 123 --here          input 123 again, in this
    process, with its traceback python tools/fuzz_files.py --report record.json
    writes the figures into a file

An input is determined by the seed and its number. What is changed: the bytes of HDF5
files; the numbers in their structures; their attributes, arrays, groups and links; the
configurations inside them; JSON and YAML texts; the headers of safetensors files; and
of files that Keras 2 wrote the structure, the configurations, how the model was
compiled, the weights and the optimizer's arrays, whose values turn into NaN, huge,
negative or fractional ones, or other types; and the members of `.keras` files, which
are put together again. Some are inspected or converted instead.
Each is loaded in a child process that may map 2 GiB more than it starts with. Loading
has to succeed or to raise one of `oneiros.errors`. Anything else is a failure: another
exception, the child's end, hanging for a minute, more than 256 MiB at once, a new file,
a thread left behind. The exit status is 1 if there is one.

Texts are built under `oneiros.saving.parameter_budget(2**22)`; files have the budget
that loading sets.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import select
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import fuzz_mutations as mutations
from fuzz_formats import Changes

ROOT = Path(__file__).resolve().parent.parent
GOLDEN = ROOT / "tests" / "golden" / "models"
KERAS2 = ROOT / "tests" / "saving" / "keras2"
KERAS3 = ROOT / "tests" / "saving" / "keras3"
WATCHDOG = 60
MIB = 256
ADDRESS_SPACE = 2 << 30
PARAMETERS = 2**22
KERAS2_KINDS = (
    "keras 2 structure",
    "keras 2 configuration",
    "keras 2 training",
    "keras 2 weights",
)
FILE_KINDS = (
    "hdf5 bytes",
    "hdf5 records",
    "hdf5 structure",
    "hdf5 configuration",
    "weights",
    "safetensors",
    *KERAS2_KINDS,
    "keras 3",
)
TOOLS = ("inspect", "convert")
KINDS = ("json", "yaml", *FILE_KINDS, *TOOLS)
CONVERTED = (".h5", ".json", ".yaml", ".safetensors")


class TooSlow(BaseException):
    """Loading took longer than it may."""


class Fuzzer:
    """Makes inputs from golden files, loads, inspects or converts them, and says how
    that went."""

    def __init__(self, seed: int, folder: Path) -> None:
        from oneiros import backend as K
        from oneiros.errors import ConfigError
        from oneiros.models import load_model

        K.set_backend("jax")
        self.seed = seed
        self.folder = folder
        self.wholes = [
            path
            for path in sorted(GOLDEN.glob("*.h5"))
            if not path.stem.endswith("_weights")
        ]
        self.trees = [
            json.loads(path.with_suffix(".json").read_text()) for path in self.wholes
        ]
        self.yamls = [path.with_suffix(".yaml").read_text() for path in self.wholes]
        self.models = {}
        for name in ("seq_opt_adam", "seq_stacked_gru", "seq_timedistributed_cnn_lstm"):
            self.models[name] = load_model(GOLDEN / f"{name}.h5")
            self.models[name].save_weights(folder / f"{name}.safetensors")
        self.keras2 = mutations.configurations(KERAS2.glob("*.h5"), "model_config")
        self.trained = mutations.configurations(KERAS2.glob("*.h5"), "training_config")
        self.keras3 = [path.read_bytes() for path in sorted(KERAS3.glob("*.keras"))]
        self.lstm = load_model(KERAS2 / "text_lstm.h5")
        for path in (*self.wholes, *self.keras2):
            with suppress(ConfigError):  # one of Keras 2 asks for what Keras 1 can't do
                load_model(path)
        self.files = set(folder.iterdir())

    def load(self, index: int) -> tuple[str, Callable[[], Any]]:
        """Makes input number `index`; returns its kind and what loads it."""
        rng = random.Random(f"{self.seed}:{index}")
        kind = KINDS[index % len(KINDS)]
        return kind, self._made_by(kind)(kind, rng)

    def _made_by(self, kind: str) -> Callable[[str, random.Random], Callable[[], Any]]:
        """Returns what makes inputs of a kind."""
        make = {
            "json": self._text,
            "yaml": self._text,
            "weights": self._weights,
            "safetensors": self._weights,
            **dict.fromkeys(KERAS2_KINDS, self._keras2),
            "keras 3": self._keras3,
            **dict.fromkeys(TOOLS, self._tool),
        }
        return make.get(kind, self._whole)

    def _whole(self, kind: str, rng: random.Random) -> Callable[[], Any]:
        from oneiros.models import load_model

        path = mutations.copied(rng.choice(self.wholes), self.folder / "input.h5")
        if kind == "hdf5 bytes":
            path.write_bytes(mutations.change_bytes(path.read_bytes(), rng))
        elif kind == "hdf5 records":
            path.write_bytes(mutations.change_records(path.read_bytes(), rng))
        elif kind == "hdf5 structure":
            mutations.change_structure(path, rng)
        else:
            mutations.change_config(path, rng, self.trees)
        return lambda: load_model(path)

    def _keras2(self, kind: str, rng: random.Random) -> Callable[[], Any]:
        from oneiros.models import load_model

        path = self.folder / "input.h5"
        alone = kind == "keras 2 weights" and rng.random() < 0.5
        source = rng.choice(
            sorted(self.trained if kind == "keras 2 training" else self.keras2)
        )
        mutations.copied(KERAS2 / "text_lstm_weights.h5" if alone else source, path)
        if kind == "keras 2 structure" or (alone and rng.random() < 0.5):
            mutations.change_structure(path, rng)
        elif kind == "keras 2 weights":
            mutations.change_arrays(path, rng, "" if alone else "model_weights")
        elif kind == "keras 2 configuration":
            mutations.change_leaves(
                path, rng, "model_config", list(self.keras2.values())
            )
        elif rng.random() < 0.6:
            mutations.change_leaves(
                path, rng, "training_config", list(self.trained.values())
            )
        else:
            mutations.change_arrays(path, rng, "optimizer_weights")
        by_name = rng.random() < 0.5
        return lambda: (
            self.lstm.load_weights(path, by_name=by_name) if alone else load_model(path)
        )

    def _keras3(self, kind: str, rng: random.Random) -> Callable[[], Any]:
        from oneiros.models import load_model

        def blind(data: bytes) -> bytes:
            return mutations.change_bytes(data, rng)

        path = self.folder / "input.h5"
        changes = Changes(rng, blind, self.trees)
        data = rng.choice(self.keras3)
        path.write_bytes(rng.choice((blind, changes.zip, changes.zip))(data))
        return lambda: load_model(path)

    def _weights(self, kind: str, rng: random.Random) -> Callable[[], Any]:
        name = rng.choice(sorted(self.models))
        model = self.models[name]
        path = self.folder / "input.h5"
        if kind == "weights":
            source = GOLDEN / f"{name}_weights.h5"
            change = mutations.change_structure
        else:
            source = self.folder / f"{name}.safetensors"
            change = mutations.change_safetensors
        mutations.copied(source, path)
        if rng.random() < 0.7:
            change(path, rng)
        else:
            path.write_bytes(mutations.change_bytes(path.read_bytes(), rng))
        by_name = rng.random() < 0.5
        return lambda: model.load_weights(path, by_name=by_name)

    def _tool(self, tool: str, rng: random.Random) -> Callable[[], Any]:
        from oneiros_cli.file_tools.conversion import convert
        from oneiros_cli.file_tools.inspection import inspect_file

        kind = rng.choice(FILE_KINDS)
        self._made_by(kind)(kind, rng)
        path = self.folder / "input.h5"
        if tool == "inspect":
            return lambda: inspect_file(path)
        target = self.folder / f"converted{rng.choice(CONVERTED)}"
        ordering = rng.choice([None, "th", "tf"])
        return lambda: convert(path, target, overwrite=True, dim_ordering=ordering)

    def _text(self, kind: str, rng: random.Random) -> Callable[[], Any]:
        from oneiros.models import model_from_json, model_from_yaml
        from oneiros.saving import parameter_budget

        if kind == "json":
            text = json.dumps(
                mutations.change_tree(rng.choice(self.trees), rng, self.trees)
            )
            text = text if rng.random() < 0.7 else mutations.change_text(text, rng)
        else:
            text = mutations.change_text(
                rng.choice(self.yamls), rng, mutations.YAML_PARTS
            )

        def run() -> None:
            with parameter_budget(PARAMETERS):
                (model_from_json if kind == "json" else model_from_yaml)(text)

        return run

    def run(self, index: int, show: bool = False) -> dict[str, Any]:
        """Loads input number `index`; returns its kind, outcome, seconds and memory."""
        from oneiros.errors import OneirosError

        kind, action = self.load(index)
        memory_before = resident(peak=True, forget=True)
        threads_before = threading.active_count()
        started = time.process_time()
        outcome = "loaded"
        detail = ""
        signal.setitimer(signal.ITIMER_PROF, WATCHDOG, 0.1)
        try:
            action()
        except OneirosError as error:
            outcome = type(error).__name__
            detail = str(error)
        except BaseException as error:
            outcome = f"FAILURE {type(error).__name__}"
            detail = traceback.format_exc()[-1500:]
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
        grown = resident(peak=True) - memory_before
        new_files = sorted(
            path.name
            for path in set(self.folder.iterdir()) - self.files
            if path.stem not in ("input", "converted")
        )
        has_more_threads = threading.active_count() > threads_before
        if grown > MIB or new_files or has_more_threads:
            detail = f"{grown} MiB, files {new_files}, then {outcome}: {detail}"
            outcome = "FAILURE side effect"
        if show:
            print(kind, outcome, detail, sep="\n")
        seconds = round(time.process_time() - started, 3)
        failed = outcome.startswith("FAILURE")
        return {
            "index": index,
            "kind": kind,
            "outcome": outcome,
            "detail": detail if failed else "",
            "seconds": seconds,
            "mib": grown,
            "rss": resident(),
        }


def resident(peak: bool = False, forget: bool = False) -> int:
    """Returns the resident memory in MiB, or its peak since it was last forgotten."""
    if forget:
        Path("/proc/self/clear_refs").write_text("5")
    lines = Path("/proc/self/status").read_text().splitlines()
    return (
        int(
            next(
                line for line in lines if line.startswith("VmHWM" if peak else "VmRSS")
            ).split()[1]
        )
        // 1024
    )


def child(seed: int, indices: range, show: bool) -> None:
    """Loads some inputs one after the other, and prints a line of JSON about each."""
    warnings.simplefilter("ignore")
    signal.signal(signal.SIGPROF, _too_slow)
    with tempfile.TemporaryDirectory() as folder:
        fuzzer = Fuzzer(seed, Path(folder))
        mapped = (
            int(Path("/proc/self/statm").read_text().split()[0])
            * resource.getpagesize()
        )
        resource.setrlimit(
            resource.RLIMIT_AS, (mapped + ADDRESS_SPACE, resource.RLIM_INFINITY)
        )
        for index in indices:
            print(json.dumps({"begins": index}), flush=True)
            print(json.dumps(fuzzer.run(index, show)), flush=True)


def _too_slow(*_: object) -> None:
    raise TooSlow(f"more than {WATCHDOG} seconds of computing")


def parent(seed: int, count: int) -> list[dict[str, Any]]:
    """Runs children until every input was loaded.

    A child that ends or hangs is an input's failure.
    """
    results: list[dict[str, Any]] = []
    begins = 0
    while begins < count:
        numbers = ["--seed", str(seed), "--from", str(begins), "--inputs", str(count)]
        command = [sys.executable, __file__, "--here", *numbers]
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=_environment()
        ) as process:
            begins, reason, detail = _listen(process, begins, results)
        if reason:
            failure = {
                "index": begins,
                "kind": KINDS[begins % len(KINDS)],
                "outcome": f"FAILURE {reason}",
            }
            results.append(
                {**failure, "detail": detail, "seconds": 0.0, "mib": 0, "rss": 0}
            )
            begins += 1
    return results


def _environment() -> dict[str, str]:
    return {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}


def _listen(
    process: Any, begins: int, results: list[dict[str, Any]]
) -> tuple[int, str, str]:
    """Collects what a child prints.

    Returns the next input, why the child ended if early, its last words.
    """
    running = False
    words = b""
    os.set_blocking(process.stderr.fileno(), False)
    while True:
        seconds = WATCHDOG * 6 if running else 300
        ready, _, _ = select.select([process.stdout], [], [], seconds)
        words = (words + (process.stderr.read() or b""))[-1500:]
        if not ready:
            process.kill()
            return begins, "hang", words.decode(errors="replace")
        line = process.stdout.readline()
        if not line:
            code = process.wait()
            words = (words + (process.stderr.read() or b""))[-1500:]
            reason = f"exit status {code}" if code else ""
            return begins, reason, words.decode(errors="replace")
        message = json.loads(line)
        running = "begins" in message
        if not running:
            results.append(message)
            begins = message["index"] + 1


def main() -> int:
    """Parses the command line, runs, prints the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--inputs", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--from", type=int, default=0, dest="first")
    parser.add_argument("--only", type=int)
    parser.add_argument("--here", action="store_true")
    parser.add_argument("--report", type=Path)
    arguments = parser.parse_args()
    if arguments.only is not None:
        child(arguments.seed, range(arguments.only, arguments.only + 1), True)
        return 0
    if arguments.here:
        child(arguments.seed, range(arguments.first, arguments.inputs), False)
        return 0
    started = time.monotonic()
    results = parent(arguments.seed, arguments.inputs)
    record = summary(results, arguments.seed, round(time.monotonic() - started))
    print(json.dumps(record, indent=1))
    if arguments.report:
        arguments.report.write_text(json.dumps(record, indent=1) + "\n")
    return int(bool(record["failures"]))


def summary(results: list[dict[str, Any]], seed: int, seconds: int) -> dict[str, Any]:
    """Returns the figures of a run."""
    outcomes: dict[str, Counter[str]] = {kind: Counter() for kind in KINDS}
    for result in results:
        outcomes[result["kind"]][result["outcome"]] += 1
    return {
        "seed": seed,
        "inputs": len(results),
        "seconds": seconds,
        "slowest input, seconds of computing": max(
            result["seconds"] for result in results
        ),
        "most memory for one input, MiB": max(result["mib"] for result in results),
        "resident at the beginning and the end, MiB": [
            results[0]["rss"],
            results[-1]["rss"],
        ],
        "outcomes": {
            kind: dict(sorted(counts.items())) for kind, counts in outcomes.items()
        },
        "failures": [
            result for result in results if result["outcome"].startswith("FAILURE")
        ],
    }


if __name__ == "__main__":
    sys.exit(main())
