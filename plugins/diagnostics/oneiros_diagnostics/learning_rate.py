"""Which learning rate? It grows while a model trains, and the loss tells."""

from __future__ import annotations

import math
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np
from oneiros import backend as K
from oneiros.arguments import check_int, label, refusal
from oneiros.backend.dispatch import backend_of
from oneiros.bases import Callback
from oneiros.engine.loop import Fit
from oneiros.errors import ArgumentError, DataError
from oneiros.visualization import figure_for
from oneiros_callbacks.ending import EndingStream
from oneiros_callbacks.nan import NaNWarning

from oneiros_diagnostics.preserving import compiled, preserved

Array = Any
Logs = dict[str, Any] | None
LOWEST = 1e-6
HIGHEST = 10.0
BATCHES = 200
WIDTH = 0.1
"""The part of all batches that the smoothed loss is the average of."""
KEPT = 0.9
"""How much of the running average of the loss is kept from batch to batch."""
DIVERGED = 2.0
"""How far the running average may rise above its lowest value, in first losses."""
FEWEST = 10
"""Batches that a suggestion needs."""


@dataclass(frozen=True)
class RateSearch:
    """What `find_learning_rate` returns.

    # Properties
        rates: array of float, the learning rate of each batch.
        losses: array of float, the loss of each batch.
        smoothed: array of float, the losses averaged over their neighbours.
        suggestion: float, the rate at which the smoothed loss falls fastest, by the
            logarithm of the rate; None if the loss never falls.
    """

    rates: Array
    losses: Array
    smoothed: Array
    suggestion: float | None

    def plot(self, figure: Any = None) -> Any:
        """Draws the loss by the learning rate.

        # Arguments
            figure: a `matplotlib.figure.Figure` to draw into; a new one by default.

        # Returns
            The figure.

        # Raises
            PluginLoadError: if matplotlib isn't installed.
        """
        figure = figure_for(figure, 6.4, 4.0)
        panel = figure.subplots()
        panel.plot(self.rates, self.losses, "C0", alpha=0.35, label="loss of a batch")
        panel.plot(self.rates, self.smoothed, "C0", linewidth=2, label="smoothed")
        if self.suggestion is not None:
            text = f"suggestion: {self.suggestion:.2g}"
            panel.axvline(self.suggestion, color="C3", linestyle="--", label=text)
        low, high = _range(self.losses, self.smoothed)
        panel.set(xscale="log", xlabel="learning rate", ylabel="loss", ylim=(low, high))
        panel.grid(alpha=0.3)
        panel.legend()
        return figure


def find_learning_rate(
    model: Any,
    x: Any,
    y: Any = None,
    batch_size: int = 32,
    lowest: float = LOWEST,
    highest: float = HIGHEST,
    batches: int = BATCHES,
    sample_weight: Any = None,
    class_weight: Any = None,
) -> RateSearch:
    """Trains with a learning rate that grows from batch to batch, and watches the loss.

    The rate grows by the same factor each time. Where the loss falls fastest is a good
    rate to train with; where it rises, the rate is too high. It ends when the loss is
    three times what it was, or no number. Afterwards the model, its optimizer and its
    learning rate are what they were before, even if Ctrl-C or an error ends it.

    # Arguments
        model: a compiled model; its optimizer has a learning rate `lr`.
        x, y, batch_size, sample_weight, class_weight: as for `fit`.
        lowest: float, the first learning rate.
        highest: float, the last one.
        batches: int, how many batches to train on at most; the data are gone over again
            if there are fewer.

    # Returns
        A `RateSearch`.

    # Raises
        NotCompiledError: if the model wasn't compiled.
        ArgumentError: if the optimizer has no `lr`, or the rates make no sense.

    # Example
        ```python
        import numpy as np
        from oneiros import backend as K
        from oneiros.diagnostics import find_learning_rate
        from oneiros.layers import Dense
        from oneiros.models import Sequential

        model = Sequential([Dense(8, input_dim=4, activation="tanh"), Dense(1)])
        model.compile("sgd", "mse")
        x = np.random.normal(size=(320, 4))
        search = find_learning_rate(model, x, x[:, :1], batches=100)
        K.set_value(model.optimizer.lr, search.suggestion)
        ```

    # References
        - Smith: Cyclical Learning Rates for Training Neural Networks, arXiv:1506.01186,
          section 3.3
    """
    batches = check_int("find_learning_rate", "batches", batches, FEWEST)
    rate = _rate_of(compiled(model))
    rates = _rates(lowest, highest, batches)
    ramp = _Ramp(rate, rates)
    with preserved(model):
        model.fit(
            x,
            y,
            batch_size=batch_size,
            nb_epoch=batches,
            verbose=0,
            callbacks=[ramp],
            sample_weight=sample_weight,
            class_weight=class_weight,
        )
    if not ramp.losses:
        raise DataError(
            f"find_learning_rate: the loss of {label(model)} is no number on the first "
            "batch, before anything is learned. Look for NaN in the data."
        )
    losses = np.array(ramp.losses)
    smoothed = _smoothed(losses, math.ceil(WIDTH * batches))
    reached = rates[: len(losses)]
    return RateSearch(reached, losses, smoothed, _steepest(reached, smoothed))


class _Ramp(Callback):
    """Sets the learning rate of each batch, and notes its loss.

    # Arguments
        rate: the optimizer's variable.
        rates: array of the rates, one for each batch.
    """

    def __init__(self, rate: Any, rates: Array) -> None:
        self.rate = rate
        self.rates = rates
        self.losses: list[float] = []
        self.average = 0.0
        self.lowest = math.inf

    def prepare_fit(self, fit: Fit) -> None:
        """Has the epoch end as soon as the losses are enough; that a loss isn't a
        number in the end is no reason to warn."""
        fit.train = EndingStream(fit.train, lambda: self.model.stop_training)
        fit.callbacks.callbacks = [
            callback
            for callback in fit.callbacks.callbacks
            if not isinstance(callback, NaNWarning)
        ]

    def on_batch_begin(self, batch: int, logs: Logs = None) -> None:
        """Sets the rate."""
        K.set_value(self.rate, self.rates[len(self.losses)])

    def on_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Notes the loss; ends the training if that is enough."""
        loss = float((logs or {})["loss"])
        if not math.isfinite(loss):
            self.model.stop_training = True
            return
        self.losses.append(loss)
        is_last = len(self.losses) == len(self.rates)
        self.model.stop_training = is_last or self._has_diverged(loss)

    def _has_diverged(self, loss: float) -> bool:
        count = len(self.losses)
        self.average = KEPT * self.average + (1 - KEPT) * loss
        average = self.average / (1 - KEPT**count)
        self.lowest = min(self.lowest, average)
        return average - self.lowest > DIVERGED * abs(self.losses[0])


def _rate_of(model: Any) -> Any:
    """Returns the variable that holds the learning rate of a model's optimizer."""
    rate = getattr(model.optimizer, "lr", None)
    if not backend_of(model).owns(rate):
        raise ArgumentError(
            f"find_learning_rate: {label(model.optimizer)} has no variable `lr`. "
            "Compile with an optimizer of oneiros.optimizers, such as 'sgd'."
        )
    return rate


def _rates(lowest: float, highest: float, batches: int) -> Array:
    for name, value in {"lowest": lowest, "highest": highest}.items():
        if not (isinstance(value, Real) and 0 < value < math.inf):
            raise refusal("find_learning_rate", name, value, "a number above zero")
    if lowest >= highest:
        raise refusal(
            "find_learning_rate", "highest", highest, f"more than lowest={lowest}"
        )
    return np.geomspace(lowest, highest, batches)


def _smoothed(losses: Array, width: int) -> Array:
    """Returns weighted averages over about `width` neighbours, fewer at the ends.

    The weights are those of Hann's window. It looks to both sides, so that it doesn't
    lag behind.
    """
    window = np.hanning(2 * width + 1)
    sums = np.convolve(losses, window)
    weights = np.convolve(np.ones_like(losses), window)
    return (sums / np.maximum(weights, 1e-12))[width : width + len(losses)]


def _steepest(rates: Array, smoothed: Array) -> float | None:
    """Returns the rate before the lowest loss at which the loss falls fastest."""
    if len(rates) < FEWEST:
        return None
    lowest = int(np.argmin(smoothed))
    if lowest < 2:
        return None
    slopes = np.gradient(smoothed[: lowest + 1], np.log(rates[: lowest + 1]))
    steepest = int(np.argmin(slopes))
    return float(rates[steepest]) if slopes[steepest] < 0 else None


def _range(losses: Array, smoothed: Array) -> tuple[float, float]:
    """Returns what of the losses a picture shows: not how high they went at the end."""
    low = float(losses.min())
    start = float(smoothed[: max(1, len(smoothed) // 4)].max())
    span = (start - low) or 1.0
    return low - 0.1 * span, start + 0.5 * span
