"""What reading a file of weights costs in Python, compared with h5py.

    python benchmarks/hdf5_reader.py [--rounds 15]

Each round reads the same file with Oneiros's own reader, which checks all that it
reads, and with h5py, which trusts it: all names, all attributes of layers, and all
arrays. The ratio is that of the medians of processor time.

The alternatives are measured, too. One is a process that imports h5py, reads the file
and passes nothing on. Such a process is started for each file. The other is pyfive, a
reader in Python that isn't guarded; it is measured if it is installed. Its arrays are
copied, as it only maps the bytes of the file.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import h5py
import numpy as np
from oneiros.saving import Budget
from oneiros_saving.formats.hdf5 import HDF5Format

try:
    import pyfive
except ImportError:
    pyfive = None

FILES = {
    "20 layers, 100 MB": (20, (1250, 1000)),
    "200 layers of small arrays": (200, (10, 10)),
    "2 layers of small arrays": (2, (10, 10)),
}


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        for name, (layers, shape) in FILES.items():
            path = Path(folder) / "weights.h5"
            write(path, layers, shape)
            times = compared(path, rounds)
            print(f"{name:28} {in_words(times)}  {child(path, rounds)}")


def write(path, layers, shape):
    weights = [
        (
            f"dense_{index}",
            [
                (f"dense_{index}_W", np.ones(shape, "float32")),
                (f"dense_{index}_b", np.zeros(shape[-1], "float32")),
            ],
        )
        for index in range(layers)
    ]
    with h5py.File(path, "w") as file:
        HDF5Format().write_weights(file, weights)


def compared(path, rounds):
    """Returns the median processor time of each reader, in seconds."""
    times = {read_guarded: [], read_trusting: []}
    if pyfive is not None:
        times[read_with_pyfive] = []
    for _ in range(rounds + 1):
        for read, measured in times.items():
            start = time.process_time()
            read(path)
            measured.append(time.process_time() - start)
    return {read: statistics.median(measured[1:]) for read, measured in times.items()}


def in_words(times):
    """Returns the times of the readers, and how they compare with h5py's."""
    theirs = times[read_trusting]
    return "  ".join(
        f"{read.__name__} {1e3 * time:.2f} ms ({time / theirs:.2f})"
        for read, time in times.items()
    )


CHILD = """
import sys
import h5py
with h5py.File(sys.argv[1], "r") as file:
    for layer in file.attrs["layer_names"]:
        for name in file[layer].attrs["weight_names"]:
            file[layer][name][()]
lines = dict(line.split(":") for line in open("/proc/self/status"))
print(int(lines["VmHWM"].split()[0]) // 1024)
"""


def child(path, rounds):
    """Returns what a process with h5py takes to read the file, in words: medians of
    processor time and time by the clock, and its most memory."""
    used = []
    elapsed = []
    for _ in range(rounds):
        used_before = sum(os.times()[2:4])
        start = time.perf_counter()
        memory = subprocess.check_output([sys.executable, "-c", CHILD, path], text=True)
        elapsed.append(time.perf_counter() - start)
        used.append(sum(os.times()[2:4]) - used_before)
    return (
        f"a process {1e3 * statistics.median(used):.0f} ms "
        f"({1e3 * statistics.median(elapsed):.0f} by the clock), {memory.strip()} MiB"
    )


def read_guarded(path):
    return HDF5Format().read(path, Budget()).weights


def read_trusting(path):
    with h5py.File(path, "r") as file:
        return [
            (layer, [(name, file[layer][name][()]) for name in names(file[layer])])
            for layer in file.attrs["layer_names"]
        ]


def read_with_pyfive(path):
    with pyfive.File(path) as file:
        layers = map(bytes.decode, file.attrs["layer_names"])
        return [
            (
                layer,
                [file[layer][name.decode()][()].copy() for name in names(file[layer])],
            )
            for layer in layers
        ]


def names(group):
    return group.attrs["weight_names"]


if __name__ == "__main__":
    main()
