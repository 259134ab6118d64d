"""What loading a model of 100 MB costs, compared with reading its bytes and building
the same model.

    python benchmarks/load_time.py [--backend theano] [--repeats 7] [--json]

Each round measures all three, one after the other in the same process: reading the
file's bytes, building the model from its configuration while the bytes are kept, as
loading has to, and `load_model`. The ratio is that of the medians; the aim is 1.2 at
most. Processor time counts as well as time by the clock, which says little where other
programs run.
"""

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
from oneiros import backend as K

WIDTH = 1810
DEPTH = 8
"""Eight dense layers of 1810 by 1810 weights are 105 MB."""
CLOCKS = {"wall": time.perf_counter, "processor": time.process_time}


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--backend", default="theano")
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, K.use(arguments.backend):
        figures = measured(Path(folder) / "model.h5", arguments.repeats)
    print(json.dumps(figures) if arguments.json else report(figures))


def measured(path, repeats):
    """Returns the file's size, and by clock the median times in seconds and their
    ratio."""
    from oneiros.models import load_model, model_from_json

    text = saved(path)
    steps = {
        "read": path.read_bytes,
        "build": lambda: model_from_json(text),
        "load": lambda: load_model(path),
    }
    times = {(clock, name): [] for clock in CLOCKS for name in steps}
    for _ in range(repeats + 1):
        for name, step in steps.items():
            starts = {clock: read() for clock, read in CLOCKS.items()}
            result = step()
            for clock, read in CLOCKS.items():
                times[clock, name].append(read() - starts[clock])
            held = result if name == "read" else None
            del result
        del held
    figures = {"bytes": path.stat().st_size}
    for clock in CLOCKS:
        medians = {name: statistics.median(times[clock, name][1:]) for name in steps}
        figures[clock] = {
            **medians,
            "ratio": medians["load"] / (medians["read"] + medians["build"]),
        }
    return figures


def saved(path):
    """Saves the model, uncompiled, with weights that don't compress.

    Returns its configuration.
    """
    from oneiros.layers import Dense
    from oneiros.models import Sequential

    model = Sequential(
        [Dense(WIDTH, input_dim=WIDTH), *(Dense(WIDTH) for _ in range(DEPTH - 1))]
    )
    random = np.random.default_rng(0)
    model.set_weights(
        [
            random.standard_normal(value.shape, "float32")
            for value in model.get_weights()
        ]
    )
    model.save(path)
    return model.to_json()


def report(figures):
    lines = [
        f"{figures['bytes'] / 1e6:.1f} MB, in ms      read   build    load   load / "
        f"(read + build)"
    ]
    for clock in CLOCKS:
        read, build, load = (
            f"{figures[clock][name] * 1000:7.1f}" for name in ("read", "build", "load")
        )
        lines.append(
            f"{clock:16} {read} {build} {load}   {figures[clock]['ratio']:.2f}"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
