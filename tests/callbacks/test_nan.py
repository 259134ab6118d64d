"""TerminateOnNaN; the warning of every fit is in tests/robust."""

import numpy as np
import pytest
from oneiros.callbacks import Callback, TerminateOnNaN
from small_models import compiled_dense


class EachBatch(Callback):
    """Makes batches run one by one."""

    def on_batch_end(self, batch, logs=None):
        pass


def fitted(losses, batches, callbacks=(), nb_epoch=3):
    """Fits a model whose batches have these losses, over and over; returns history."""
    values = iter(losses * nb_epoch)
    model = compiled_dense()
    model.train_function = lambda arrays: [np.float32(next(values))]
    x = np.ones((batches, 1))
    callbacks = [TerminateOnNaN(), *callbacks]
    return model, model.fit(
        x, x, batch_size=1, nb_epoch=nb_epoch, verbose=0, callbacks=callbacks
    )


@pytest.mark.filterwarnings("ignore:The loss became NaN")
@pytest.mark.parametrize("loss", [float("nan"), float("inf"), float("-inf")])
def test_the_epoch_and_the_training_end_there(loss, capsys):
    seen = []

    class Noting(Callback):
        def on_batch_end(self, batch, logs=None):
            seen.append(batch)

    model, history = fitted([1.0, loss, 1.0, 1.0], 4, [Noting()])
    assert seen == [0, 1] and history.epoch == [0] and model.stop_training
    assert capsys.readouterr().out == "Batch 1: Invalid loss, terminating training\n"


def test_numbers_do_not_end_it(capsys):
    _, history = fitted([1.0, 3e38, 3e38, 0.0], 4)
    assert history.epoch == [0, 1, 2] and capsys.readouterr().out == ""


@pytest.mark.filterwarnings("ignore:The loss became NaN")
@pytest.mark.parametrize("callbacks", [(), (EachBatch(),)])
def test_a_real_training_ends(callbacks, capsys):
    model = compiled_dense(init="one")
    x = np.full((64, 1), 1e30)
    history = model.fit(
        x,
        -x,
        batch_size=2,
        nb_epoch=9,
        verbose=0,
        callbacks=[TerminateOnNaN(), *callbacks],
    )
    assert history.epoch == [0]
    assert capsys.readouterr().out == "Batch 0: Invalid loss, terminating training\n"


def test_the_next_training_begins_anew():
    callback = TerminateOnNaN()
    callback.is_over = True
    callback.on_train_begin()
    assert not callback.is_over


def test_batches_come_in_runs():
    from oneiros.callbacks import CallbackList

    assert not CallbackList([TerminateOnNaN()]).want_each_batch()
