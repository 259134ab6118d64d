"""Processes that are forked compute the same, or say why they can't compute; they never
hang."""

import os
import signal
import warnings

import numpy as np
import pytest
from oneiros.errors import CapabilityError
from oneiros.layers import Dense
from oneiros.models import Sequential, load_model
from processes import run_python

BEFORE_THE_ENGINE = """
import multiprocessing
import sys
import numpy as np
from oneiros import backend as K
from oneiros.layers import LSTM, Dense
from oneiros.models import Sequential

K.set_backend(sys.argv[1])
x = np.random.RandomState(0).normal(size=(64, 5, 3)).astype("float32")

def losses(number):
    np.random.seed(1)
    model = Sequential([LSTM(8, input_shape=(5, 3)), Dense(1)])
    model.compile("adam", "mse")
    history = model.fit(x, x[:, 0, :1], nb_epoch=2, verbose=0)
    return [*history.history["loss"], *model.predict(x)[:, 0]]

if __name__ == "__main__":
    with multiprocessing.get_context("fork").Pool(2) as pool:
        forked = pool.map_async(losses, range(4)).get(timeout=120)
    here = losses(0)
    assert all(other == here for other in forked)
"""

JOBLIB = """
import sys
import warnings
import numpy as np
from joblib import Parallel, delayed
from oneiros import backend as K
from oneiros.errors import CapabilityError
from oneiros.layers import LSTM, Dense
from oneiros.models import Sequential, load_model

warnings.simplefilter("ignore")  # JAX and Python warn of forks
backend, workers = sys.argv[1:]
K.set_backend(backend)
x = np.random.RandomState(0).normal(size=(64, 5, 3)).astype("float32")

def predicted(model):
    K.set_backend(backend)
    if isinstance(model, str):
        model = load_model(model)
    return model.predict(x)

if __name__ == "__main__":
    model = Sequential([LSTM(8, input_shape=(5, 3)), Dense(1)])
    model.save("model.h5")
    here = model.predict(x)
    parallel = Parallel(n_jobs=2, backend=workers, timeout=120)
    for each in (model, "model.h5"):
        try:
            results = parallel(delayed(predicted)(each) for _ in range(4))
        except CapabilityError as error:
            assert workers == "multiprocessing"
            assert "or joblib's default backend 'loky'" in str(error)
        else:
            assert workers != "multiprocessing"
            assert all(np.array_equal(other, here) for other in results)
"""


def in_a_fork(work):
    """Returns the name and the text of the error that `work` raises in a forked
    process, which is ended if it hangs."""
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # JAX and Python warn of any fork
        child = os.fork()
    if not child:
        signal.alarm(30)
        try:
            work()
        except Exception as error:
            os.write(writing, f"{type(error).__name__}: {error}".encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        text = pipe.read()
    assert os.waitpid(child, 0)[1] == 0, "it hung"
    return text


def test_a_fork_of_a_process_that_computes_says_why_it_can_t(backend):
    model = Sequential([Dense(3, input_dim=4)])
    x = np.ones((2, 4), "float32")
    model.predict(x)
    text = in_a_fork(lambda: model.predict(x))
    assert text.startswith(CapabilityError.__name__)
    assert "get_context('spawn')" in text


def test_a_fork_still_reads_and_saves_models(backend, tmp_path):
    model = Sequential([Dense(3, input_dim=4)])
    model.predict(np.ones((2, 4), "float32"))
    path = tmp_path / "model.h5"
    assert in_a_fork(lambda: model.save(path)) == ""
    assert in_a_fork(lambda: load_model(path).get_weights()) == ""
    model.load_weights(path)


@pytest.mark.slow
def test_forks_before_the_first_model_compute_the_same(backend):
    run_python(BEFORE_THE_ENGINE, backend)


@pytest.mark.slow
@pytest.mark.parametrize("workers", ["loky", "multiprocessing", "threading"])
def test_what_joblib_starts_computes_the_same_or_says_why_not(
    backend, workers, tmp_path
):
    """Processes that it forks come after the engine's start."""
    run_python(JOBLIB, backend, workers, cwd=tmp_path)
