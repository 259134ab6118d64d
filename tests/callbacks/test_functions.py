"""LambdaCallback."""

import numpy as np
import pytest
from oneiros.callbacks import LambdaCallback
from small_models import compiled_dense

METHODS = (
    "on_train_begin",
    "on_epoch_begin",
    "on_batch_begin",
    "on_batch_end",
    "on_epoch_end",
    "on_train_end",
)


def heard(**arguments):
    """Returns what functions for all moments are called with in a fit."""
    calls = []

    def note(name):
        return lambda *passed: calls.append((name, *passed))

    model = compiled_dense()
    callback = LambdaCallback(**{name: note(name) for name in METHODS}, **arguments)
    x = np.ones((6, 1))
    model.fit(x, x, batch_size=4, nb_epoch=1, verbose=0, callbacks=[callback])
    return calls


@pytest.mark.parametrize("called_after_runs", [False, True])
def test_functions_are_called_when_keras_called_them(called_after_runs):
    calls = heard(called_after_runs=called_after_runs)
    assert [call[:-1] for call in calls] == [
        ("on_train_begin",),
        ("on_epoch_begin", 0),
        ("on_batch_begin", 0),
        ("on_batch_end", 0),
        ("on_batch_begin", 1),
        ("on_batch_end", 1),
        ("on_epoch_end", 0),
        ("on_train_end",),
    ]
    logs = [call[-1] for call in calls]
    assert logs[0] == logs[1] == logs[-1] == {}
    assert [logs[3]["size"], logs[5]["size"]] == [4, 2]
    assert set(logs[6]) == {"loss"}


def test_further_arguments_are_attributes():
    assert LambdaCallback(colour="red").colour == "red"


def test_batches_come_in_runs_unless_each_is_heard_of():
    from oneiros.callbacks import CallbackList

    def hears_each(**arguments):
        return CallbackList([LambdaCallback(**arguments)]).want_each_batch()

    assert hears_each(on_batch_end=print)
    assert hears_each(on_batch_begin=print)
    assert not hears_each(on_epoch_end=print)
    assert not hears_each(on_batch_end=print, called_after_runs=True)
