"""`Agreement`: the callback that keeps processes together that train one model."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any
from weakref import WeakSet

import numpy as np
from oneiros import backend as K
from oneiros.bases import Callback, Logs
from oneiros.engine.streams import Fit, Run, StreamWrapper
from oneiros.typing import Array

from oneiros_distribution.team import joined, share_random_state

SAMPLED_ROWS = 64
"""Rows of an array that are compared."""
_shared: WeakSet[Any] = WeakSet()
"""The models whose weights are those of the first process."""
_fits = 0


class Agreement(Callback):
    """Makes processes begin with the same weights and random numbers, compares their
    data, and lets the first one decide when training stops."""

    called_after_runs = True

    def __init__(self) -> None:
        global _fits
        _fits += 1
        self.place = f"fit {_fits}"
        team = joined()
        assert team is not None
        self.team = team

    def get_state(self) -> None:
        """Has no state."""

    def set_state(self, state: None) -> None:
        """Has no state."""

    def prepare_fit(self, fit: Fit) -> None:
        """Compares the model, the arguments and the data."""
        model = fit.model
        weights = [K.int_shape(weight) for weight in model.weights]
        shown = {**self.params, "epochs": fit.epochs, "shuffle": fit.shuffle}
        arguments = [model.metrics_names, weights, sorted(map(str, shown.items()))]
        self.team.meet(f"{self.place}: model and arguments", _digest([str(arguments)]))
        if model not in _shared:
            share_weights(model)
            _shared.add(model)
        placement = K.current().placement
        if placement is None or not placement.own_rows:
            arrays = getattr(fit.train, "arrays", [])
            parts = [part for array in arrays for part in _sampled(array)]
            self.team.meet(f"{self.place}: data", _digest(parts))
            fit.train = ComparedStream(fit.train, self)

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        """Lets all draw the same random numbers."""
        share_random_state(self.team, f"{self.place}, epoch {epoch + 1}")

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Lets the first process decide whether training stops."""
        question = f"{self.place}, the end of epoch {epoch + 1}"
        stops = bool(self.model.stop_training)
        self.model.stop_training = self.team.decide(question, stops)

    def on_train_end(self, logs: Logs = None) -> None:
        """Waits until the first process has written its files."""
        self.team.meet(f"{self.place}: its end")


class ComparedStream(StreamWrapper):
    """A stream whose first batch in each epoch must be the same in all processes."""

    def __init__(self, inner, agreement: Agreement):
        super().__init__(inner)
        self.agreement = agreement

    def compute(self, run: Run) -> list[Array]:
        """Computes a run, after it has been compared."""
        if run.first == 0:
            arrays = run.data if isinstance(run.data, list) else [run.data]
            parts = [part for array in arrays for part in _sampled(array)]
            place = f"{self.agreement.place}: the first batch of an epoch"
            self.agreement.team.meet(place, _digest(parts))
        return self.inner.compute(run)


def share_weights(model) -> None:
    """Gives a model the weights that it has in the first process."""
    placement = K.current().placement
    assert placement is not None
    values = K.batch_get_value(model.weights)
    first_values = placement.from_first(values)
    K.batch_set_value(list(zip(model.weights, first_values, strict=True)))


def _sampled(array) -> list[Any]:
    """Returns the shape of an array and some of its rows."""
    shape = np.shape(array)
    places = np.unique(np.linspace(0, max(shape[0] - 1, 0), SAMPLED_ROWS).astype(int))
    rows = [np.asarray(array[place]) for place in places] if shape[0] else []
    return [str(shape), *rows]


def _digest(parts: Iterable[Any]) -> str:
    """Returns a digest of strings and arrays."""
    digest = hashlib.sha256()
    for part in parts:
        if isinstance(part, str):
            digest.update(part.encode())
        else:
            digest.update(np.ascontiguousarray(part).tobytes())
    return digest.hexdigest()
