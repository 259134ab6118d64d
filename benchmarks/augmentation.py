"""Augmented images per second: made by the loop itself, and by worker processes.

    python3 run.py benchmarks/augmentation.py [--rounds 7] [--batches 40] [--json]

Two sources, each with rotation, shifts, zoom and flips, in batches of 32: an array of
coloured images of 64 by 64 pixels, and a folder of JPEG files of 256 by 256, brought to
128 by 128. Workers are those of `fit_generator(..., nb_worker=n, pickle_safe=True)`;
what makes the batches varies from round to round in one process, and medians count. The
consumer does nothing, and the workers' start isn't counted: with a model that trains
meanwhile, workers gain more than the rate alone.
"""

import argparse
import contextlib
import io
import json
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
    """Returns the images per second of each round, by number of workers."""
    rates = {workers: [] for workers in WORKERS}
    for _ in range(rounds):
        for workers in WORKERS:
            rates[workers].append(rate(source, workers, batches))
    return rates


def rate(source, workers, batches):
    """Returns images per second."""
    if not workers:
        return timed(source.next, batches)
    enqueuer = GeneratorEnqueuer(source, pickle_safe=True)
    enqueuer.start(nb_worker=workers, max_q_size=10)
    try:
        return timed(enqueuer.get, batches)
    finally:
        enqueuer.stop()


def timed(get, batches):
    for _ in range(WARM_UP):
        get()
    started = time.perf_counter()
    images = sum(len(get()[0]) for _ in range(batches))
    return images / (time.perf_counter() - started)


def report(rates):
    lines = [f"{'images per second':24} {'none':>8} {'1':>15} {'2 workers':>15}"]
    for name, found in rates.items():
        alone = statistics.median(found[0])
        cells = [f"{alone:8.0f}"]
        for workers in WORKERS[1:]:
            median = statistics.median(found[workers])
            cells.append(f"{median:8.0f} ({median / alone:.2f})")
        lines.append(f"{name:24} {'  '.join(cells)}")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
