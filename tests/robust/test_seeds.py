"""One seed reproduces weights, shuffling, dropout and noise.

Batches alone and in runs draw the same.
"""

import numpy as np
import oneiros
import pytest
from oneiros.callbacks import Callback
from oneiros.layers import (
    GRU,
    BatchNormalization,
    Convolution2D,
    Dense,
    Flatten,
    Masking,
)
from oneiros.models import Sequential
from processes import run_python

PROGRAM = """
import sys
import numpy as np
import oneiros
from oneiros import backend as K
from oneiros.layers import Dense, Dropout, GaussianDropout, GaussianNoise
from oneiros.models import Sequential

X = np.linspace(-1, 1, 144, dtype="float32").reshape(48, 3)


NOISE = Dropout, GaussianNoise, GaussianDropout


def trained(seed, layers=NOISE, init="glorot_uniform", **arguments):
    seed()
    model = Sequential([Dense(8, init=init, input_dim=3)])
    for layer in layers:
        model.add(layer(0.3))
    model.add(Dense(1, init=init))
    model.compile("adam", "mse")
    arguments = {"batch_size": 8, "nb_epoch": 3, "verbose": 0, **arguments}
    history = model.fit(X, X[:, :1], **arguments).history
    return [np.array(history["loss"]), *model.get_weights()]
"""
OTHER_PROCESS = """
K.set_backend(sys.argv[1])
np.savez("found", *trained(lambda: oneiros.set_seed(5)))
"""
exec(PROGRAM, scope := {})
trained = scope["trained"]


class EachBatch(Callback):
    """Wants to be called between batches."""

    def on_batch_end(self, batch, logs=None):
        self.last = batch


def test_a_seed_reproduces_a_training_in_this_process_and_in_another(backend, tmp_path):
    program = PROGRAM + OTHER_PROCESS
    run_python(program, backend, cwd=tmp_path, PYTHONHASHSEED="77")
    run = trained(lambda: np.random.seed(5))
    with np.load(tmp_path / "found.npz") as archive:
        for one, other in zip(run, archive.values(), strict=True):
            np.testing.assert_array_equal(one, other)
    alone = trained(lambda: np.random.seed(5), callbacks=[EachBatch()])
    for one, other in zip(run, alone, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6, atol=1e-6 * np.abs(one).max())


@pytest.mark.parametrize("network", ["recurrent", "convolutional"])
def test_runs_and_single_batches_train_alike(backend, network):
    layers = {
        "recurrent": lambda: [
            Masking(0.0, input_shape=(6, 3)),
            GRU(4, dropout_U=0.2),
            Dense(1),
        ],
        "convolutional": lambda: [
            Convolution2D(2, 3, 3, input_shape=(6, 6, 1), dim_ordering="tf"),
            BatchNormalization(axis=3),
            Flatten(),
            Dense(1),
        ],
    }[network]
    results = []
    for callbacks in ([], [EachBatch()]):
        oneiros.set_seed(3)
        model = Sequential(layers())
        model.compile("adam", "mse")
        x = np.random.random((21, *model.input_shape[1:]))
        history = model.fit(
            x, x.reshape(21, -1)[:, :1], 4, 2, verbose=0, callbacks=callbacks
        ).history
        results.append([np.array(history["loss"]), *model.get_weights()])
    for one, other in zip(*results, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6, atol=1e-6 * np.abs(one).max())


def test_another_seed_gives_other_batches_and_draws(backend, monkeypatch):
    monkeypatch.setenv(
        "ONEIROS_TENSORFLOW_XLA", "off"
    )  # the draws are the same, and compiled faster
    for arguments in (
        {"layers": [], "shuffle": True},
        {"layers": [scope["Dropout"]], "shuffle": False},
    ):
        one, other = (
            trained(lambda n=n: oneiros.set_seed(n), init="one", **arguments)
            for n in (5, 6)
        )
        assert not np.array_equal(one[0], other[0]), arguments
