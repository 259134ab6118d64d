"""Callbacks that stop training, `EarlyStopping` and `TerminateOnNaN`, and the stream
that ends an epoch early."""

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from oneiros.arguments import (
    check_bool,
    check_int,
    check_number,
    int_if_whole,
    open_to_old_code,
)
from oneiros.bases import Callback, Logs
from oneiros.engine.streams import Fit, Run, Stream, StreamWrapper

from oneiros_callbacks.messages import better, say, warn_of_missing


class EndingStream(StreamWrapper):
    """A stream that ends the epoch as soon as a function returns True.

    `model.stop_training = True` ends training after the epoch, as in Keras 1. To end
    training after a batch, a callback also ends the epoch there. Training then ends
    normally: `on_epoch_end` and `on_train_end` are called, and observers see no
    failure.

    # Arguments
        inner: the `Stream` that it wraps.
        is_over: function without arguments, called after each run of batches.

    # Example
        ```python
        import numpy as np
        from oneiros.callbacks import Callback
        from oneiros.layers import Dense
        from oneiros.models import Sequential
        from oneiros_callbacks.stopping import EndingStream


        class StopAfter(Callback):
            def __init__(self, batches):
                self.batches = batches

            def prepare_fit(self, fit):
                fit.train = EndingStream(fit.train, lambda: self.model.stop_training)

            def on_batch_end(self, batch, logs=None):
                self.model.stop_training = batch + 1 == self.batches

            def on_train_end(self, logs=None):
                print("over")

        model = Sequential([Dense(1, input_dim=2)])
        model.compile("sgd", "mse")
        x = np.ones((64, 2))
        history = model.fit(
            x, x[:, :1], batch_size=8, verbose=0, callbacks=[StopAfter(3)]
        )  # over
        print(history.epoch)  # [0]
        ```
    """

    def __init__(self, inner: Stream, is_over: Callable[[], bool]):
        super().__init__(inner)
        self.is_over = is_over

    def runs(self, order, start: int = 0) -> Iterator[Run]:
        """Yields the other stream's runs until `is_over` returns True."""
        for run in self.inner.runs(order, start):
            yield run
            if self.is_over():
                return


class EarlyStopping(Callback):
    """Stops training when a value no longer improves.

    # Example
        ```python
        import numpy as np
        from oneiros.callbacks import EarlyStopping
        from oneiros.layers import Dense
        from oneiros.models import Sequential

        model = Sequential([Dense(1, bias=False, input_dim=4)])
        model.compile("sgd", "mse")
        x = np.zeros((10, 4))  # nothing can be learned, the loss stays 1
        y = np.ones((10, 1))
        stopping = EarlyStopping(monitor="loss", patience=2)
        # After the first epoch three are no better, of which two are tolerated.
        history = model.fit(x, y, nb_epoch=50, callbacks=[stopping], verbose=0)
        print(len(history.epoch))  # 4
        ```

    # Arguments
        monitor: str, the value to watch.
        min_delta: float, an improvement must exceed the best value by this much.
        patience: int, the number of epochs without improvement to tolerate.
        verbose: 0 for silence, 1 to print a message when it stops.
        mode: `"auto"`, `"min"` or `"max"`: whether smaller or larger values are better.
            `"auto"` means `"max"` for accuracies and `fmeasure`.

    # Properties
        best: float, the best value so far.
        wait: int, the number of epochs since then.
        stopped_epoch: int, the epoch after which it stopped, counted from 0; 0 if it
            didn't stop.

    # Raises
        ArgumentError: if `patience` isn't an integer of at least 0, or `min_delta`
            isn't a number.

    # References
        - Prechelt: Early Stopping - But When?, in Neural Networks: Tricks of the Trade,
          1998
    """

    @open_to_old_code
    def __init__(
        self,
        monitor: str = "val_loss",
        min_delta: float = 0,
        patience: int = 0,
        verbose: int = 0,
        mode: str = "auto",
    ):
        self.monitor = monitor
        self.patience = check_int(self, "patience", int_if_whole(patience), 0)
        self.verbose = check_bool(self, "verbose", verbose)
        self.monitor_op, self._worst = better(monitor, mode)
        check_number(self, "min_delta", min_delta)
        self.min_delta = min_delta if self.monitor_op is np.greater else -min_delta
        self._forget()

    def _forget(self) -> None:
        self.wait = 0
        self.stopped_epoch = 0
        self.best = self._worst

    def on_train_begin(self, logs: Logs = None) -> None:
        """Resets the state of earlier fits."""
        self._forget()

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Stops training if its patience has run out."""
        current = (logs or {}).get(self.monitor)
        if current is None:
            warn_of_missing("EarlyStopping", self.monitor, logs or {})
        elif self.monitor_op(current - self.min_delta, self.best):
            self.best = current
            self.wait = 0
        else:
            if self.wait >= self.patience:
                self.stopped_epoch = epoch
                self.model.stop_training = True
            self.wait += 1

    def on_train_end(self, logs: Logs = None) -> None:
        """Prints that it stopped."""
        if self.stopped_epoch > 0 and self.verbose:
            say(f"Epoch {self.stopped_epoch:05d}: early stopping")


class TerminateOnNaN(Callback):
    """Stops training when the loss of a batch is NaN or infinite.

    The epoch ends, too: after this batch, or the run of batches that it belongs to.

    # Example
        ```python
        from oneiros.callbacks import TerminateOnNaN
        from oneiros.layers import Dense
        from oneiros.models import Sequential

        model = Sequential([Dense(1, input_dim=1)])
        model.compile("sgd", "mse")
        x = [[1e30]] * 8
        history = model.fit(
            x, x, nb_epoch=5, verbose=0, callbacks=[TerminateOnNaN()]
        )  # Batch 0: Invalid loss, terminating training
        print(history.epoch)  # [0]
        ```
    """

    called_after_runs = True
    is_over = False

    def prepare_fit(self, fit: Fit) -> None:
        """Makes an epoch end as soon as the loss is NaN or infinite."""
        fit.train = EndingStream(fit.train, lambda: self.is_over)

    def on_train_begin(self, logs: Logs = None) -> None:
        """Resets the state of earlier fits."""
        self.is_over = False

    def on_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Checks a batch."""
        loss = (logs or {}).get("loss", 0)
        if self.is_over or math.isfinite(loss):
            return
        say(f"Batch {batch}: Invalid loss, terminating training")
        self.is_over = True
        self.model.stop_training = True

    def on_run_end(self, logs: dict[str, Any]) -> None:
        """Checks a run of batches."""
        losses = logs.get("loss", ())
        if math.isfinite(sum(losses)):
            return
        for batch, loss in zip(logs["batch"], losses, strict=True):
            self.on_batch_end(batch, {"loss": loss})
