"""Finds a learning rate: raises it during training and watches the loss."""

import math
from dataclasses import dataclass
from numbers import Real

import numpy as np
from oneiros import backend as K
from oneiros.arguments import check_int, label, refusal
from oneiros.bases import Callback, Logs
from oneiros.engine.streams import Fit
from oneiros.errors import DataError
from oneiros.typing import Array
from oneiros_callbacks.nan import NaNWarning
from oneiros_callbacks.rates import rate_of
from oneiros_callbacks.stopping import EndingStream
from oneiros_training.arrays.user_data import check_compiled

from oneiros_visualization.diagnostics.preserving import preserved
from oneiros_visualization.figures import panel_for

LOWEST = 1e-6
HIGHEST = 10.0
BATCHES = 200
WIDTH = 0.1
"""Fraction of the batches over which the loss is smoothed."""
KEPT = 0.9
"""Decay of the running average of the loss, per batch."""
DIVERGED = 2.0
"""How far the running average may rise above its minimum, in units of the first
loss."""
FEWEST = 10
"""Minimum number of batches for a suggestion."""


@dataclass(frozen=True)
class RateSearch:
    """The result of `find_learning_rate`.

    # Properties
        rates: array of float, the learning rate of each batch.
        losses: array of float, the loss of each batch.
        smoothed: array of float, the smoothed losses.
        suggestion: float, the rate at which the smoothed loss falls fastest with
            respect to the logarithm of the rate; None if the loss never falls.
    """

    rates: Array
    losses: Array
    smoothed: Array
    suggestion: float | None

    def plot(self, figure=None):
        """Draws the loss against the learning rate.

        # Arguments
            figure: a `matplotlib.figure.Figure` to draw into; a new one by default.

        # Returns
            The figure.

        # Raises
            PluginLoadError: if matplotlib isn't installed.
        """
        figure, panel = panel_for(figure, (6.4, 4.0))
        panel.plot(self.rates, self.losses, "C0", alpha=0.35, label="loss of a batch")
        panel.plot(self.rates, self.smoothed, "C0", linewidth=2, label="smoothed")
        if self.suggestion is not None:
            text = f"suggestion: {self.suggestion:.2g}"
            panel.axvline(self.suggestion, color="C3", linestyle="--", label=text)
        lowest = self.losses.min()
        start = self.smoothed[: len(self.smoothed) // 4 + 1].max()
        span = (start - lowest) or 1.0
        panel.set(xscale="log", xlabel="learning rate", ylabel="loss")
        panel.set_ylim(lowest - 0.1 * span, start + 0.5 * span)  # no peak at the end
        panel.grid(alpha=0.3)
        panel.legend()
        return figure


def find_learning_rate(
    model,
    x,
    y=None,
    batch_size: int = 32,
    lowest: float = LOWEST,
    highest: float = HIGHEST,
    batches: int = BATCHES,
) -> RateSearch:
    """Trains with a learning rate that grows from batch to batch, and records the loss.

    The rate grows by the same factor each time. A good rate is where the loss falls
    fastest; where the loss rises, the rate is too high. The search ends when the loss
    has tripled or is NaN. Afterwards, the model, its optimizer and its learning rate
    are as they were before, even after Ctrl-C or an error.

    # Arguments
        model: a compiled model; its optimizer has a learning rate `lr`.
        x, y, batch_size: as for `fit`.
        lowest: float, the first learning rate.
        highest: float, the last one.
        batches: int, the maximum number of batches to train on; it repeats the data if
            there are fewer.

    # Returns
        A `RateSearch`.

    # Raises
        NotCompiledError: if the model isn't compiled.
        ArgumentError: if the optimizer has no `lr`, or the rates are invalid.

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
    check_compiled(model)
    rate = rate_of(model.optimizer, "find_learning_rate")
    rates = _rates(lowest, highest, batches)
    ramp = _Ramp(rate, rates)
    with preserved(model):
        model.fit(
            x, y, batch_size=batch_size, nb_epoch=batches, verbose=0, callbacks=[ramp]
        )
    if not ramp.losses:
        raise DataError(
            f"find_learning_rate: the loss of {label(model)} is NaN on the first "
            "batch, before any training. Look for NaN in your data."
        )
    losses = np.array(ramp.losses)
    smoothed = _smoothed(losses, math.ceil(WIDTH * batches))
    reached = rates[: len(losses)]
    return RateSearch(reached, losses, smoothed, _steepest(reached, smoothed))


class _Ramp(Callback):
    """Sets the learning rate of each batch and records its loss.

    # Arguments
        rate: the optimizer's variable.
        rates: array of rates, one per batch.
    """

    def __init__(self, rate, rates: Array):
        self.rate = rate
        self.rates = rates
        self.losses: list[float] = []
        self.average = 0.0
        self.lowest = math.inf

    def prepare_fit(self, fit: Fit) -> None:
        """Ends the epoch once there are enough losses, and turns off the warning about
        a loss that is NaN at the end."""
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
        """Records the loss, and ends training if there are enough."""
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
    """Returns weighted averages over about `width` values, fewer at the ends.

    It uses a Hann window, which is symmetric, so the result doesn't lag behind.
    """
    window = np.hanning(2 * width + 1)
    sums = np.convolve(losses, window)
    weights = np.convolve(np.ones_like(losses), window)
    return (sums / np.maximum(weights, 1e-12))[width : width + len(losses)]


def _steepest(rates: Array, smoothed: Array) -> float | None:
    """Returns the rate at which the loss falls fastest, before its minimum."""
    if len(rates) < FEWEST:
        return None
    lowest = int(np.argmin(smoothed))
    if lowest < 2:
        return None
    slopes = np.gradient(smoothed[: lowest + 1], np.log(rates[: lowest + 1]))
    steepest = int(np.argmin(slopes))
    return float(rates[steepest]) if slopes[steepest] < 0 else None
