"""A loss that becomes NaN is one warning that names epoch, batch and output, in runs of
batches too."""

import warnings

import numpy as np
import pytest
from oneiros.callbacks import Callback
from oneiros.layers import Dense, Input
from oneiros.models import Model


class EachBatch(Callback):
    """Wants to be called between batches."""

    def on_batch_end(self, batch, logs=None):
        self.last = batch


@pytest.mark.parametrize("singly", [False, True], ids=["in_runs", "batch_by_batch"])
def test_one_warning(backend, monkeypatch, singly):
    monkeypatch.setenv("ONEIROS_TENSORFLOW_XLA", "off")
    x = Input(shape=(3,))
    model = Model(input=x, output=[Dense(1, name="u")(x), Dense(1, name="v")(x)])
    model.compile("sgd", "mse")
    data, targets = np.ones((32, 3)), np.ones((32, 1))
    broken = np.where(np.arange(32)[:, None] == 21, np.nan, targets)
    callbacks = [EachBatch()] if singly else []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        history = model.fit(
            data,
            [targets, broken],
            batch_size=4,
            nb_epoch=2,
            shuffle=False,
            verbose=0,
            callbacks=callbacks,
        )
    assert [warning.category for warning in caught] == [RuntimeWarning]
    assert "NaN in epoch 1, batch 6, output 'v'." in str(caught[0].message)
    assert caught[0].filename == __file__
    assert np.isnan(history.history["v_loss"]).all()
