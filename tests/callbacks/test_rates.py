"""LearningRateScheduler; ReduceLROnPlateau is in test_watching."""

import numpy as np
import pytest
from oneiros import backend as K
from oneiros.callbacks import Callback, LearningRateScheduler
from oneiros.errors import ArgumentError
from oneiros.layers import Dense
from oneiros.models import Sequential
from oneiros.optimizers import SGD, Optimizer
from small_models import compiled_dense


def trained(schedule, callbacks=(), **arguments):
    model = compiled_dense(optimizer=SGD(lr=7.0), init="zero", bias=False)
    x = np.ones((1, 1))
    callbacks = [LearningRateScheduler(schedule), *callbacks]
    model.fit(x, x, verbose=0, callbacks=callbacks, **arguments)
    return model


def test_each_epoch_is_trained_at_its_rate():
    rates = [0.25, 0.125, 0.5]
    weight = 0.0
    for rate in rates:
        weight += rate * 2 * (1 - weight)
    model = trained(rates.__getitem__, nb_epoch=3)
    np.testing.assert_allclose(model.get_weights()[0], [[weight]], rtol=1e-6)


def test_epochs_keep_their_numbers_when_a_training_goes_on():
    asked = []

    def schedule(epoch):
        asked.append(epoch)
        return 0.1

    trained(schedule, nb_epoch=5, initial_epoch=3)
    assert asked == [3, 4]


@pytest.mark.parametrize(
    "rate", [1, 0.5, np.float32(0.5), np.float64(0.5), np.int64(1), np.array([0.5])]
)
def test_any_number_is_a_rate(rate):
    model = trained(lambda epoch: rate, nb_epoch=1)
    assert float(K.get_value(model.optimizer.lr)) == float(np.asarray(rate).item())


@pytest.mark.parametrize("rate", [None, "0.1", float("nan"), [0.1, 0.2], True, 1j])
def test_anything_else_is_refused(rate):
    with pytest.raises(
        ArgumentError, match=r"schedule returned .* for epoch 0\. It must ret"
    ):
        trained(lambda epoch: rate)


def test_a_schedule_is_a_function():
    with pytest.raises(ArgumentError, match=r"received schedule=\[0.1\].*lambda epoch"):
        LearningRateScheduler([0.1])


def test_an_optimizer_without_a_rate():
    class Own(Optimizer):
        def get_updates(self, params, constraints, loss):
            return []

    callback = LearningRateScheduler(lambda epoch: 0.1)
    callback.set_model(Sequential([Dense(1, input_dim=1)]))
    callback.model.compile(Own(), "mse")
    with pytest.raises(
        ArgumentError, match=r"LearningRateScheduler changes .*Own has no"
    ):
        callback.on_epoch_begin(0)


def test_batches_still_come_in_runs():
    class Runs(Callback):
        called_after_runs = True
        lengths = []

        def on_run_end(self, logs):
            self.lengths.append(len(logs["batch"]))

    model = compiled_dense()
    x = np.ones((640, 1))
    callbacks = [LearningRateScheduler(lambda epoch: 0.1), Runs()]
    model.fit(x, x, nb_epoch=1, verbose=0, callbacks=callbacks)
    assert max(Runs.lengths) > 1
