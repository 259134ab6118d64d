"""`ProgbarLogger`: the callback that shows the progress of a fit."""

import math
import time
from typing import Any

from oneiros.bases import Callback, Logs
from oneiros.engine.streams import Fit

from oneiros_callbacks.averages import BaseLogger
from oneiros_callbacks.progbar import Progbar, say

COMPILING = "compiling"
VALIDATING = "validating"


class ProgbarLogger(Callback):
    """Shows each epoch of a fit: a bar with `verbose=1`, a line with `verbose=2`.

    Every fit has one, through the hook `oneiros_default_callbacks`. During an epoch, it
    shows the running averages of the fit's `BaseLogger`, and the last batch's values of
    metrics that only other callbacks measure; at the end, the epoch's own values.

    # Properties
        log_values: list of the `(name, value)` shown last.

    # Example
        ```python
        import numpy as np
        from oneiros.callbacks import ProgbarLogger
        from oneiros.layers import Dense
        from oneiros.models import Sequential

        model = Sequential([Dense(1, bias=False, input_dim=4)])
        model.compile("sgd", "mse")
        logger = ProgbarLogger()
        x = np.zeros((10, 4))
        y = np.ones((10, 1))
        model.fit(x, y, nb_epoch=1, callbacks=[logger], verbose=0)
        print(*logger.log_values[0])  # loss 1.0
        ```
    """

    called_after_runs = True
    _is_compiled = True
    _stream: Any = None
    """The training stream, if its number of samples isn't known at first."""
    _averages_of_fit: BaseLogger | None = None
    """The fit's callback that computes averages; outside of a fit, None."""

    def get_state(self) -> dict[str, Any]:
        """Returns the position in the epoch; the rest belongs to this process."""
        return {"seen": self.seen}

    def get_observer(self) -> None:
        """Shows that functions are being compiled, if they are; this is called before
        other methods, so it is for a logger that knows the model already."""
        model = getattr(self, "model", None)
        if model is None:
            return
        self._is_compiled = model.train_function is not None
        if not self._is_compiled:
            self.progbar = self._new_bar()
            self.progbar.wait(COMPILING)

    def prepare_fit(self, fit: Fit) -> None:
        """Prints the numbers of samples, if the fit trains and validates on arrays."""
        if self.params["nb_sample"] is None:
            self._stream = fit.train
        self._averages_of_fit = next(
            (each for each in fit.callbacks.callbacks if isinstance(each, BaseLogger)),
            None,
        )
        are_arrays = "batch_size" in self.params and hasattr(fit.validation, "arrays")
        if self.params["verbose"] and fit.validation and are_arrays:
            say(
                f"Train on {self.params['nb_sample']} samples, "
                f"validate on {fit.validation.size} samples"
            )

    def on_train_begin(self, logs: Logs = None) -> None:
        """Reads the names of the values to show."""
        self.verbose: int = self.params["verbose"]
        self.nb_epoch: int = self.params["nb_epoch"]
        self.seen = 0
        self.progbar = self._new_bar()

    def _new_bar(self) -> Progbar:
        return Progbar(self.params["nb_sample"], verbose=self.params["verbose"])

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        """Starts a bar, which moves no sooner than the previous bar would have."""
        previous = self.progbar
        previous.clear()
        if self.verbose:
            print(f"Epoch {epoch + 1}/{self.nb_epoch}")
        self.progbar = self._new_bar()
        self.progbar.next_drawing = max(
            self.progbar.next_drawing, previous.next_drawing
        )
        self.seen = 0
        self._find_number_of_samples()
        self._new_batches = 0
        self._last: dict[str, Any] = {}
        self._averages = self._averages_of_fit or BaseLogger()
        if self._averages_of_fit is None:
            self._averages.on_epoch_begin(epoch)
        if not self._is_compiled:
            self.progbar.wait(COMPILING)

    def _find_number_of_samples(self) -> None:
        """Sets the samples of an epoch, as far as they are known by now."""
        samples = self.params["nb_sample"]
        if samples is None:
            samples = getattr(self._stream, "samples", None)
        self._samples = math.inf if samples is None else samples
        self.progbar.target = -1 if samples is None else samples

    @property
    def log_values(self) -> list[tuple[str, Any]]:
        """The values of the last batch, and after an epoch its own."""
        return self._measured(self._last)

    def on_batch_begin(self, batch: int, logs: Logs = None) -> None:
        """Clears the values of the previous batch."""
        self._last = {}

    def on_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Moves the bar when it is due; `on_epoch_end` completes it.

        Steps may take only microseconds, so it only counts until then.
        """
        self._last = logs or {}
        if self._averages_of_fit is None:
            self._averages.on_batch_end(batch, logs)
        self.seen = self._averages.seen
        self._new_batches += 1
        is_last = self.seen >= self._samples
        is_time = time.time() >= self.progbar.next_drawing
        if is_time or is_last or not self._is_compiled:
            self._move()

    def on_run_end(self, logs: dict[str, Any]) -> None:
        """Moves the bar after a run, like `on_batch_end` after each batch."""
        if self._averages_of_fit is None:
            super().on_run_end(logs)
            return
        self._new_batches += len(logs["batch"]) - 1
        last = {name: values[-1] for name, values in logs.items()}
        self.on_batch_end(last["batch"], last)

    def _move(self) -> None:
        """Moves the bar by the new batches."""
        if self._samples == math.inf:
            self._find_number_of_samples()
        bar = self.progbar
        bar.advance(self.seen)
        bar.batches += self._new_batches
        self._new_batches = 0
        if not self._is_compiled:
            self._is_compiled = True
            bar.restart()
        bar.set_values(self._measured({**self._last, **self._averages.averages()}))
        if self.seen < self._samples:
            bar.update(self.seen)
        elif self.params.get("do_validation"):
            bar.wait(VALIDATING)

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Completes the bar with the epoch's values, also of the validation."""
        if self._new_batches:
            self._move()
        self._last = logs or {}
        if self.params["nb_sample"] is None:
            self.progbar.target = self.seen
        self.progbar.set_values(self.log_values)
        self.progbar.finish()

    def on_train_end(self, logs: Logs = None) -> None:
        """Removes the rest of the bar."""
        self.progbar.clear()
        self._averages_of_fit = None

    def _measured(self, logs: dict[str, Any]) -> list[tuple[str, Any]]:
        return [(name, logs[name]) for name in self.params["metrics"] if name in logs]
