"""Loading, training and clearing again and again leaves nothing behind."""

import gc
import sys
import threading
import weakref

import numpy as np
import pytest
from oneiros import backend as K
from oneiros.layers import BatchNormalization, Dense, Dropout
from oneiros.models import Sequential, load_model
from processes import run_python

ROUNDS = """
import gc, sys
from pathlib import Path
import numpy as np
from oneiros import backend as K
from oneiros.models import load_model

K.set_backend(sys.argv[1])
x, resident = np.random.random((64, 8)), []
for _ in range(150):
    model = load_model("model.h5")
    model.fit(x, x[:, :2], batch_size=16, nb_epoch=1, verbose=0)
    del model
    K.clear_session()
    gc.collect()
    resident.append(int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6)
print(max(resident[-10:]) - max(resident[:80]))
"""
DROPPED = """
import sys, weakref
from oneiros import backend as K
from oneiros.layers import Dense
from oneiros.models import Sequential, load_model

K.set_backend(sys.argv[1])
Sequential([Dense(2, input_dim=3)]).save("small.h5")
models = [weakref.ref(load_model("small.h5")) for _ in range(300)]
print(sum(model() is not None for model in models))
"""
UPLOAD = """
import sys
from pathlib import Path
import numpy as np
from oneiros import backend as K

def resident(kind):
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(kind))

K.set_backend(sys.argv[1])
x = K.placeholder((None, 1000))
f = K.function([x], [K.sum(x)])
f.upload([np.ones((2, 1000))]).release()
copy, kept = 50_000 * 1000 * 4, []
for dtype in ("float32", "float64"):
    data = np.ones((50_000, 1000), dtype)
    before = resident("VmRSS")
    handle = f.upload([data])
    print((resident("VmHWM") - before) / copy, (resident("VmRSS") - before) / copy)
    kept.append((handle, data))
for handle, _ in kept:
    assert f.loop(handle, np.arange(4).reshape(2, 2))[0].tolist() == [2000, 2000]
"""


@pytest.fixture
def path(backend, tmp_path):
    """A saved model."""
    layers = [
        Dense(16, activation="relu", input_dim=8),
        Dropout(0.3),
        BatchNormalization(),
        Dense(2),
    ]
    model = Sequential(layers)
    model.compile("adam", "mse")
    model.save(tmp_path / "model.h5")
    return tmp_path / "model.h5"


def test_nothing_of_a_model_remains(path):
    x = np.random.random((64, 8))

    def once():
        model = load_model(path)
        model.fit(x, x[:, :2], batch_size=16, nb_epoch=1, verbose=0)
        return [
            weakref.ref(part) for part in (model, model.optimizer, model.layers[0].W)
        ]

    def after(rounds):
        parts = [part for _ in range(rounds) for part in once()]
        K.clear_session()
        gc.collect()
        assert all(part() is None for part in parts)
        return len(gc.get_objects()), threading.active_count()

    (objects, threads), (later, still) = after(2), after(2)
    assert later - objects < 100 and still == threads
    assert K.get_uid("dense") == 1


@pytest.mark.slow
def test_memory_stays_the_same_over_rounds_of_load_fit_and_clear(path, backend):
    done = run_python(ROUNDS, backend, cwd=path.parent, timeout=900)
    assert float(done.stdout) < 5


def test_models_that_are_loaded_and_dropped_are_collected(tmp_path, backend):
    """A model's layers and tensors refer to each other, so only a garbage collection
    frees them: loading mustn't put it off."""
    done = run_python(DROPPED, backend, cwd=tmp_path)
    assert int(done.stdout) < 100


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_uploads_of_each_type_take_one_copy_of_the_data(backend):
    done = run_python(UPLOAD, backend)
    uploads = [tuple(map(float, line.split())) for line in done.stdout.splitlines()]
    assert len(uploads) == 2
    for most, held in uploads:
        assert 0.9 < held < 1.2 and most < 1.2
