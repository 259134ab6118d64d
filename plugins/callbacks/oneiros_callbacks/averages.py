"""The callbacks that every `fit` has: the averages of an epoch, and their history."""

import operator
from collections.abc import Iterable
from typing import Any

import oneiros
from oneiros.bases import Callback, Logs

from oneiros_callbacks.messages import as_run


class BaseLogger(Callback):
    """Averages the values of the batches over an epoch, weighted by batch size; it
    comes first.

    `fit` always adds one. If `v` is a batch's value and `n` its size, the epoch's value
    is `sum(n * v) / sum(n)`.

    # Example
        ```python
        from oneiros.callbacks import BaseLogger

        logger = BaseLogger()
        logger.set_params({"metrics": ["loss"]})
        logger.on_epoch_begin(0)
        logger.on_batch_end(0, {"size": 3, "loss": 1.0})
        logger.on_batch_end(1, {"size": 1, "loss": 5.0})
        logs = {}
        logger.on_epoch_end(0, logs)
        print(logs)  # {'loss': 2.0}
        ```
    """

    called_after_runs = True

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        """Resets the averages."""
        self.seen = 0
        self.totals: dict[str, Any] = {}

    def on_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Adds a batch."""
        self.on_run_end(as_run(batch, logs))

    def on_run_end(self, logs: dict[str, Any]) -> None:
        """Adds some batches."""
        sizes = logs["size"]
        self.seen += sum(sizes)
        for name in logs.keys() - {"batch", "size"}:
            total = self.totals.get(name, 0)
            weighted = map(operator.mul, logs[name], sizes)
            self.totals[name] = sum(weighted, total)

    def averages(self) -> dict[str, Any]:
        """Returns the averages over what the epoch has had so far, by name."""
        samples = max(1, self.seen)
        return {name: total / samples for name, total in self.totals.items()}

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Puts the averages into `logs`, for the callbacks after this one."""
        if logs is None:
            return
        averages = self.averages()
        for name in self.params["metrics"]:
            if name in averages:
                logs[name] = averages[name]


class History(Callback):
    """Records the values of each epoch; `fit` returns it.

    `fit` always adds one. Training values are averages over the epoch's batches, during
    which the weights change; values whose name begins with `val_` are measured with the
    weights at the end of the epoch.

    # Properties
        epoch: list of epoch numbers, from 0.
        history: dict from name (`loss`, `acc`, `val_loss`, …) to the list of values.

    # Example
        ```python
        import numpy as np
        from oneiros.layers import Dense
        from oneiros.models import Sequential
        from oneiros.optimizers import SGD

        model = Sequential([Dense(1, init="zero", bias=False, input_dim=1)])
        model.compile(SGD(lr=0.25), "mse")
        x = np.ones((1, 1))
        history = model.fit(x, x, nb_epoch=2, verbose=0)  # the weight is 0, then 0.5
        print(history.epoch, np.array(history.history["loss"]))  # [0, 1] [1.   0.25]
        ```
    """

    called_after_runs = True

    def on_train_begin(self, logs: Logs = None) -> None:
        """Starts an empty history."""
        self.epoch: list[int] = []
        self.history: dict[str, list[Any]] = {}

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Adds the epoch's values."""
        self.epoch.append(epoch)
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(value)

    def plot(self, metrics: Iterable[str] | None = None, figure=None):
        """Draws the loss and the metrics by epoch, together with those of the
        validation.

        # Arguments
            metrics: names, without `val_`; all by default.
            figure: a `matplotlib.figure.Figure` to draw into; a new one by default.

        # Returns
            The figure: `history.plot().savefig("curves.png")` writes it.

        # Raises
            ArgumentError: if no epoch has finished, or a metric is unknown.
            PluginLoadError: if matplotlib isn't installed.
        """
        return oneiros.visualization.plot_history(self, metrics, figure)
