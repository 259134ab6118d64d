"""Converts golden and genuine models to ONNX, and opens the files with onnx2torch and
netron.

    python3 run.py --group test tools/onnx_elsewhere.py --torch PYTHON --netron FOLDER

PYTHON is the interpreter of an environment with torch and onnx2torch, such as one made
by `pip install torch onnx2torch`. FOLDER is that of the Python package netron, which
holds its reader in JavaScript; node runs it. Either option may be left out. Prints a
table: what onnx2torch's module computes, compared with the old model, or its error; and
whether netron sees each node. `--keep FOLDER` leaves the files there.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "support"))

import numpy as np
import oneiros
import onnx
from golden_layers import GOLDEN
from oneiros import backend as K
from oneiros.errors import OneirosError
from oneiros.models import load_model
from oneiros_exports.replay import recorded

TOLERANCE = 1e-5
SOURCES = (GOLDEN / "models", ROOT / "tests" / "saving" / "genuine")
NETRON = ROOT / "tools" / "netron_nodes.mjs"
NO_CONVERTER = re.compile(r"Converter is not implemented .*operation_type='(\w+)'")
LONGEST = 90
TORCH = """
import json, sys, warnings
warnings.simplefilter("ignore")
import numpy as np, onnx, torch
from onnx2torch import convert

def arrays(stored, kind):
    names = sorted(name for name in stored.files if name.startswith(kind))
    return [stored[name] for name in names]

for path in sys.argv[1:]:
    try:
        module = convert(onnx.load(path)).eval()
        with np.load(path + ".npz") as stored, torch.no_grad():
            inputs = list(map(torch.from_numpy, arrays(stored, "input")))
            expected = arrays(stored, "output")
            outputs = module(*inputs)
        if isinstance(outputs, torch.Tensor):
            outputs = [outputs]
        shares = [
            np.abs(mine - other.numpy()).max() / np.abs(mine).max()
            for mine, other in zip(expected, outputs, strict=True)
        ]
        seen = {"difference": float(max(shares))}
    except Exception as error:
        seen = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(seen), flush=True)
"""


def model_files() -> list[Path]:
    """Returns the files that hold a model, not weights alone."""
    files = [path for folder in SOURCES for path in sorted(folder.rglob("*.h5"))]
    return [path for path in files if "weights" not in path.stem]


def converted(folder: Path) -> list[Path]:
    """Writes each model as ONNX, with noise and what the old model computes beside it;
    returns the files. Says which models ONNX can't hold."""
    files = []
    with K.use("theano"), oneiros.exports.shared_processes():
        for source in model_files():
            target = folder / f"{source.stem}.onnx"
            try:
                model = load_model(source)
                oneiros.export(model, target)
            except OneirosError as refusal:
                print(f"{source.stem} isn't converted: {refusal}", file=sys.stderr)
                continue
            _write_noise(model, target)
            files.append(target)
    return files


def _write_noise(model: Any, target: Path) -> None:
    recording = recorded(model)
    inputs = recording.cases[0].arrays
    outputs = recording.outputs[0]
    named = {f"input{place:02}": array for place, array in enumerate(inputs)}
    named |= {f"output{place:02}": array for place, array in enumerate(outputs)}
    np.savez(f"{target}.npz", **named)


def lines_of(command: list[Any]) -> list[dict[str, Any]]:
    """Runs a program; returns the objects that it prints, one a line."""
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return list(map(json.loads, done.stdout.splitlines()))


def in_torch(python: str, files: list[Path]) -> list[str]:
    """Returns what onnx2torch makes of each file, in words."""
    return [
        _difference(seen) if "difference" in seen else _shortened(seen["error"])
        for seen in lines_of([python, "-c", TORCH, *files])
    ]


def _difference(seen: dict[str, Any]) -> str:
    share = seen["difference"]
    return f"{'equal' if share <= TOLERANCE else 'DIFFERENT'}, {share:.1e}"


def in_netron(folder: str, files: list[Path]) -> list[str]:
    """Returns what netron sees of each file, in words."""
    words = []
    for path, seen in zip(
        files, lines_of(["node", NETRON, folder, *files]), strict=True
    ):
        if "error" in seen:
            words.append(_shortened(seen["error"]))
            continue
        stored = Counter(node.op_type for node in onnx.load(path).graph.node)
        is_all = stored == Counter(seen["operators"])
        missing = sorted((stored - Counter(seen["operators"])).elements())
        words.append(f"all {stored.total()} nodes" if is_all else f"not {missing}")
    return words


def _shortened(text: str) -> str:
    lacking = NO_CONVERTER.search(text)
    if lacking:
        return f"no {lacking[1]}"
    return " ".join(text.split())[:LONGEST]


def main() -> None:
    """Prints the table, and how many files each program takes."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--torch")
    parser.add_argument("--netron")
    parser.add_argument("--keep", type=Path)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as drafts:
        folder = chosen.keep or Path(drafts)
        folder.mkdir(exist_ok=True)
        files = converted(folder)
        columns = {}
        if chosen.torch:
            columns["onnx2torch"] = in_torch(chosen.torch, files)
        if chosen.netron:
            columns["netron"] = in_netron(chosen.netron, files)
    print("| model |" + "".join(f" {name} |" for name in columns))
    print("|---|" + "---|" * len(columns))
    for path, *cells in zip(files, *columns.values(), strict=True):
        print(f"| `{path.stem}` |" + "".join(f" {cell} |" for cell in cells))
    for name, cells in columns.items():
        taken = sum(cell.startswith(("equal", "all")) for cell in cells)
        print(f"\n{name}: {taken} of {len(cells)}")


if __name__ == "__main__":
    main()
