"""Eight threads predict at once, from the first call on, which compiles."""

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from oneiros.layers import BatchNormalization, Dense, Dropout
from oneiros.models import Sequential

THREADS = 8


def at_once(work, count=THREADS):
    """Returns what `work(i)` gave in each of several threads that started together."""
    barrier = threading.Barrier(count)

    def begin(i):
        barrier.wait()
        return work(i)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(begin, range(count)))


def model():
    return Sequential(
        [
            Dense(5, activation="relu", input_dim=4),
            Dropout(0.5),
            BatchNormalization(),
            Dense(3),
        ]
    )


def expected(one, x):
    W, b, gamma, beta, mean, variance, V, c = one.get_weights()
    hidden = np.maximum(x @ W + b, 0)
    return (gamma * (hidden - mean) / np.sqrt(variance + 1e-3) + beta) @ V + c


@pytest.mark.parametrize("count", [1, 3], ids=["one_model", "several_models"])
def test_predictions_are_right(backend, count):
    models = [model() for _ in range(count)]
    data = [
        np.random.normal(size=(8 + 4 * (i % 2), 4)).astype("float32")
        for i in range(THREADS)
    ]

    def work(i):
        return [models[i % count].predict(data[i], batch_size=4) for _ in range(20)]

    for i, predictions in enumerate(at_once(work)):
        wanted = expected(models[i % count], data[i])
        for prediction in predictions:
            np.testing.assert_allclose(prediction, wanted, rtol=1e-4, atol=1e-5)


def test_models_made_and_trained_in_threads(backend):
    x = np.linspace(-1, 1, 64, dtype="float32").reshape(16, 4)

    def work(i):
        one = model()
        one.compile("sgd", "mse")
        history = one.fit(x, x[:, :3], batch_size=8, nb_epoch=3, verbose=0).history[
            "loss"
        ]
        return one.name, history[-1], one.predict(x)

    results = at_once(work, 3)
    assert len({name for name, *_ in results}) == 3
    assert all(
        np.isfinite(loss) and np.isfinite(predictions).all()
        for _, loss, predictions in results
    )


def test_predictions_beside_a_training(backend):
    one = model()
    one.compile("sgd", "mse")
    x = np.random.normal(size=(64, 4)).astype("float32")
    before = one.predict(x, batch_size=64)

    def work(i):
        if i:
            return [one.predict(x, batch_size=64) for _ in range(10)]
        return one.fit(x, x[:, :3], batch_size=8, nb_epoch=20, verbose=0).history[
            "loss"
        ]

    losses, *others = at_once(work)
    assert losses[-1] < losses[0]
    assert all(
        np.isfinite(prediction).all()
        for predictions in others
        for prediction in predictions
    )
    assert not np.allclose(one.predict(x, batch_size=64), before)
