"""What a service does all day: many threads that predict with several models, and
models that are loaded and cleared again. Memory, descriptors and threads stay flat."""

import pytest
from processes import run_python

pytestmark = pytest.mark.slow

MEASURED = """
import gc, os, sys, threading, time
from pathlib import Path
import numpy as np
from oneiros import backend as K
from oneiros import layers
from oneiros.models import Sequential, load_model

K.set_backend(sys.argv[1])

def megabytes():
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6

def descriptors():
    return len(os.listdir("/proc/self/fd"))

def threads():
    return len(os.listdir("/proc/self/task"))

def networks():
    dense = [layers.Dense(64, activation="relu", input_dim=20), layers.Dense(3)]
    images = [
        layers.Convolution2D(4, 3, 3, input_shape=(8, 8, 3), dim_ordering="tf"),
        layers.BatchNormalization(),
        layers.MaxPooling2D(dim_ordering="tf"),
        layers.Flatten(),
        layers.Dense(3),
    ]
    words = [layers.Embedding(50, 8, input_length=12, mask_zero=True), layers.GRU(6)]
    series = [layers.Bidirectional(layers.LSTM(5), input_shape=(7, 4))]
    return [Sequential(parts) for parts in (dense, images, words, series)]

def rows(model, count, seed):
    chance = np.random.RandomState(seed)
    shape = (count, *model.input_shape[1:])
    if type(model.layers[0]).__name__ == "Embedding":
        return chance.randint(0, 50, shape)
    return chance.normal(size=shape).astype("float32")
"""
THREADS = f"""{MEASURED}
SECONDS = float(sys.argv[2])
models = networks()
requests = [
    (model, rows(model, count, seed))
    for seed, model in enumerate(models)
    for count in (1, 5, 32, 33)
]
expected = [model.predict(x) for model, x in requests]
wrong = []
answers = [0] * 16

def serve(number):
    chance = np.random.RandomState(number)
    while time.monotonic() < end:
        chosen = chance.randint(len(requests))
        model, x = requests[chosen]
        if not np.array_equal(model.predict(x), expected[chosen]):
            wrong.append(chosen)
        answers[number] += 1

measured = []
for part in range(4):
    end = time.monotonic() + SECONDS / 4
    workers = [threading.Thread(target=serve, args=(i,)) for i in range(16)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    measured.append((megabytes(), descriptors(), threads()))
assert not wrong, wrong[:9]
assert min(answers) > 10, answers
print(sum(answers), *measured)
first, last = measured[1], measured[-1]
assert last[0] < first[0] + 10, measured
assert last[1:] == first[1:], measured
"""
ROUNDS = f"""{MEASURED}
folder = Path(sys.argv[2])
paths = []
expected = []
for number, model in enumerate(networks()):
    paths.append(folder / f"{{number}}.h5")
    model.save(paths[-1])
    expected.append(model.predict(rows(model, 9, number)))
measured = []
for round in range(200):
    for number, path in enumerate(paths):
        model = load_model(path)
        assert np.array_equal(model.predict(rows(model, 9, number)), expected[number])
        del model
    K.clear_session()
    measured.append((megabytes(), descriptors(), threads()))
print(measured[20], measured[100], measured[-1])
assert max(row[0] for row in measured[-10:]) < measured[100][0] + 10, measured[::20]
assert measured[-1][1:] == measured[100][1:], measured[::20]
"""


def test_sixteen_threads_predict_with_four_models_for_two_minutes(backend):
    run_python(THREADS, backend, 120, timeout=400)


def test_two_hundred_rounds_of_load_predict_and_clear(backend, tmp_path):
    run_python(ROUNDS, backend, tmp_path, timeout=1500)
