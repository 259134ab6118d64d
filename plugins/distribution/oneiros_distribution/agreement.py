"""`Agreement`: the callback that keeps processes together that train one model."""

from __future__ import annotations

from oneiros import backend as K
from oneiros.bases import Callback, Logs
from oneiros.engine.streams import Fit, Run, StreamWrapper
from oneiros.typing import Array

from oneiros_distribution.digests import digest, sampled
from oneiros_distribution.team import joined, share_random_state

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
        self.team.meet(f"{self.place}: model and arguments", digest([str(arguments)]))
        # Not later: a generator's thread may draw from the same generator
        share_random_state(self.team, f"{self.place}: random numbers")
        placement = K.current().placement
        assert placement is not None
        placement.prepare(model)
        if not placement.own_rows:
            arrays = getattr(fit.train, "arrays", [])
            parts = [part for array in arrays for part in sampled(array)]
            self.team.meet(f"{self.place}: data", digest(parts))
            fit.train = ComparedStream(fit.train, self)

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
            parts = [part for array in arrays for part in sampled(array)]
            place = f"{self.agreement.place}: the first batch of an epoch"
            self.agreement.team.meet(place, digest(parts))
        return self.inner.compute(run)
