"""Augmented images per second: made by the loop itself, and by worker processes.

    python3 run.py benchmarks/augmentation.py [--rounds 7] [--batches 40] [--json]

Two sources, each with rotation, shifts, zoom and flips, in batches of 32: an array of
coloured images of 64 by 64 pixels, and a folder of JPEG files of 256 by 256, brought to
128 by 128. Workers are those of `fit_generator(..., nb_worker=n, pickle_safe=True)`;
what makes the batches varies within each round, in one process, and medians count. The
consumer does nothing, and the workers' start isn't counted.

The rate by the clock says little where other programs run. Processor time does: that
of the loop is what is taken from a model that trains meanwhile, that of the workers
bounds what they can make.
"""

import argparse
import contextlib
import io
import json
import resource
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
from oneiros.engine.training import GeneratorEnqueuer
from oneiros.preprocessing.image import ImageDataGenerator, array_to_img

BATCH = 32
WARM_UP = 4
"""Batches before the clock starts."""
OPTIONS = {
    "rotation_range": 20,
    "width_shift_range": 0.1,
    "height_shift_range": 0.1,
    "zoom_range": 0.1,
    "horizontal_flip": True,
    "rescale": 1 / 255,
    "dim_ordering": "tf",
}
WORKERS = (0, 1, 2)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--batches", type=int, default=40)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        sources = {
            "array, 64 x 64": from_array(),
            "JPEG files, 256 to 128": from_files(Path(folder)),
        }
        rates = {
            name: measured(source, arguments.rounds, arguments.batches)
            for name, source in sources.items()
        }
    print(json.dumps(rates) if arguments.json else report(rates))


def from_array():
    images = np.random.default_rng(0).integers(0, 256, (512, 64, 64, 3), "uint8")
    return ImageDataGenerator(**OPTIONS).flow(images, np.arange(512), BATCH, seed=None)


def from_files(folder):
    random = np.random.default_rng(0)
    for number in range(128):
        coarse = array_to_img(random.random((16, 16, 3)), dim_ordering="tf")
        path = folder / "pictures" / f"{number}.jpg"
        path.parent.mkdir(exist_ok=True)
        coarse.resize((256, 256)).save(path)
    with contextlib.redirect_stdout(io.StringIO()):
        return ImageDataGenerator(**OPTIONS).flow_from_directory(
            folder, target_size=(128, 128), batch_size=BATCH
        )


def measured(source, rounds, batches):
    """Returns, by number of workers, what each round took."""
    rows = {workers: [] for workers in WORKERS}
    for _ in range(rounds):
        for workers in WORKERS:
            rows[workers].append(timed(source, workers, batches))
    return {workers: medians(row) for workers, row in rows.items()}


def medians(rows):
    return {name: statistics.median(row[name] for row in rows) for name in rows[0]}


def timed(source, workers, batches):
    """Returns images per second, and milliseconds of processor time per batch."""
    before = processor_times()
    if workers:
        rate = rate_of_workers(Limited(source, WARM_UP + batches), workers)
    else:
        rate = rate_of(source.next, WARM_UP + batches)
    loop, children = np.subtract(processor_times(), before) / (WARM_UP + batches)
    return {"rate": rate, "loop": 1e3 * loop, "workers": 1e3 * children}


def processor_times():
    """Returns the seconds of this process, and those of its children that ended."""
    usages = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return [usage.ru_utime + usage.ru_stime for usage in usages]


class Limited:
    """An iterator that ends, so that workers make no batch that isn't counted."""

    def __init__(self, source, batches):
        self.source = source
        self.batches = batches

    def __iter__(self):
        return self

    def __next__(self):
        if not self.batches:
            raise StopIteration
        self.batches -= 1
        return next(self.source)

    def oneiros_parts(self, count):
        each = self.batches // count
        return [Limited(part, each) for part in self.source.oneiros_parts(count)]


def rate_of_workers(source, workers):
    enqueuer = GeneratorEnqueuer(source, pickle_safe=True)
    enqueuer.start(nb_worker=workers, max_q_size=10)
    try:
        return rate_of(enqueuer.get, source.batches)
    finally:
        enqueuer.stop()


def rate_of(get, batches):
    for _ in range(WARM_UP):
        get()
    started = time.perf_counter()
    images = sum(len(get()[0]) for _ in range(batches - WARM_UP))
    return images / (time.perf_counter() - started)


def report(rates):
    lines = [
        "                          images per second     ms of processor time per batch"
    ]
    lines.append("source            workers                         loop     workers")
    for name, by_workers in rates.items():
        for workers, row in by_workers.items():
            ratio = row["rate"] / by_workers[0]["rate"]
            lines.append(
                f"{name:23} {workers}   {row['rate']:8.0f} ({ratio:.2f})"
                f"   {row['loop']:14.1f}{row['workers']:12.1f}"
            )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
