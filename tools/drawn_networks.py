"""Draws whole networks, exports each, and compares what the other library computes.

    python3 run.py --group test tools/drawn_networks.py onnx 0 200

It takes a destination, the first seed and the number of seeds. Each network is a line:
its outputs are equal, equal within rounding, or it is refused, with the reason; FAILED
stands before anything else. The sums follow. A failure doesn't stop it. The same
networks come from the same seeds, as long as tests/support/drawn_networks.py stays as
it is.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "support"))

from drawn_networks import FEWEST_LAYERS, MOST_LAYERS, network_for_any_sizes
from oneiros import backend as K
from oneiros.errors import CapabilityError
from oneiros.exports import ExportError, shared_processes
from other_libraries import FILES, WAYS_OUT, Library, compare, kind_of, reasons

FAILED = "FAILED"
SPREAD = 7919
"""What separates the seeds of networks from those of their numbers of layers."""
LONGEST = 300


def network_of(seed: int) -> Any:
    """Returns the network of a seed."""
    nb_layers = Random(seed).randint(FEWEST_LAYERS, MOST_LAYERS)
    return network_for_any_sizes(Random(seed * SPREAD + 1), nb_layers)


def outcome(library: Library, seed: int) -> tuple[str, str]:
    """Returns what becomes of the network of a seed, and a detail."""
    try:
        return compare(library, network_of(seed), seed), ""
    except (CapabilityError, ExportError) as refusal:
        lines = reasons(refusal)
        if all(map(WAYS_OUT.search, lines)):
            return "refused", "; ".join(map(kind_of, lines))
        return FAILED, str(refusal)
    except Exception as error:  # a difference, or whatever a library raises
        return FAILED, f"{type(error).__name__}: {error}"


def main() -> int:
    """Prints what becomes of each network; 1 if one failed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("destination", choices=FILES)
    parser.add_argument("start", type=int)
    parser.add_argument("count", type=int)
    chosen = parser.parse_args()
    sums: Counter[str] = Counter()
    library = Library(chosen.destination)
    with shared_processes(), K.use("theano"):
        for seed in range(chosen.start, chosen.start + chosen.count):
            kind, detail = outcome(library, seed)
            sums[kind] += 1
            print(seed, kind, " ".join(detail.split())[:LONGEST], flush=True)
            if library.process.poll() is not None:
                library = Library(chosen.destination)
    library.end()
    print(", ".join(f"{count} {kind}" for kind, count in sums.most_common()))
    return int(sums[FAILED] > 0)


if __name__ == "__main__":
    sys.exit(main())
