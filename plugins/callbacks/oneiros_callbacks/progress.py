"""`ProgbarLogger`: the callback that shows a fit with a progress bar."""

from __future__ import annotations

import math
import operator
import time
from typing import Any

from oneiros.bases import Callback
from oneiros.engine.loop import Fit

from oneiros_callbacks.progbar import Progbar
from oneiros_callbacks.screens import clear_line

Logs = dict[str, Any] | None
COMPILING = "compiling"
VALIDATING = "validating"
MOST_PENDING = 1000
"""Batches that are gathered at most before the bar moves by all of them."""


class ProgbarLogger(Callback):
    """Shows each epoch of a fit: a bar with `verbose=1`, a line with `verbose=2`.

    A fit has one of these by itself, through the hook `oneiros_default_callbacks`. The
    values shown while an epoch goes on are running averages; those that remain when it
    is over are the epoch's own. Where the bar can't move, it says why: the model's
    functions are compiled, or it is validated.

    # Properties
        log_values: list of `(name, value)` that were shown last.

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
    """What a fit goes over, if it doesn't say at first how many samples that are."""

    def get_state(self) -> dict[str, Any]:
        """Returns how far the epoch is; anything else is this process's."""
        return {"seen": self.seen}

    def get_observer(self) -> None:
        """Shows that functions are compiled, if they are: this is called first of all.

        It needs the model and the parameters, so it is for who has set them already.
        """
        model = getattr(self, "model", None)
        if model is None:
            return
        inner = getattr(model, "model", None) or model
        self._is_compiled = inner.train_function is not None
        if not self._is_compiled:
            self._new_bar("").wait(COMPILING)

    def prepare_fit(self, fit: Fit) -> None:
        """Says how many samples there are, if it trains and validates on arrays."""
        clear_line()
        if self.params["nb_sample"] is None:
            self._stream = fit.train
        are_arrays = "batch_size" in self.params and hasattr(fit.validation, "arrays")
        if self.params["verbose"] and fit.validation and are_arrays:
            print(
                f"Train on {self.params['nb_sample']} samples, "
                f"validate on {fit.validation.size} samples"
            )

    def on_train_begin(self, logs: Logs = None) -> None:
        """Reads what is to be shown."""
        self.verbose: int = self.params["verbose"]
        self.nb_epoch: int = self.params["nb_epoch"]
        self.seen = 0
        self.progbar = self._new_bar("")

    def _new_bar(self, title: str) -> Progbar:
        bar = Progbar(self.params["nb_sample"], verbose=self.params["verbose"])
        bar.title = title
        return bar

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        """Begins a bar."""
        title = f"Epoch {epoch + 1}/{self.nb_epoch}"
        if self.verbose:
            print(title)
        self.progbar = self._new_bar(title)
        self.seen = 0
        self._find_number_of_samples()
        self._most_pending = MOST_PENDING if self._is_compiled else 1
        self._pending: list[dict[str, Any]] = []
        self._last: dict[str, Any] = {}
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
        """Forgets the values of the batch before."""
        self._last = {}

    def on_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Moves the bar when it is time; its end is left to `on_epoch_end`.

        Steps may take a few microseconds, so batches are only gathered until then.
        """
        self._last = logs = logs or {}
        self.seen += logs.get("size", 0)
        pending = self._pending
        pending.append(logs)
        is_time = time.time() >= self.progbar.next_drawing
        if is_time or self.seen >= self._samples or len(pending) >= self._most_pending:
            self._move_by_pending()

    def on_run_end(self, logs: dict[str, Any]) -> None:
        """Moves the bar once for a run of batches, by their average."""
        self._last = {name: values[-1] for name, values in logs.items()}
        self.seen += sum(logs["size"])
        self._move(logs)

    def _move_by_pending(self) -> None:
        first = self._pending[0]
        names = [name for name in ("size", *self.params["metrics"]) if name in first]
        self._move({name: [log[name] for log in self._pending] for name in names})
        self._pending = []

    def _move(self, logs: dict[str, list[Any]]) -> None:
        """Moves the bar by some batches."""
        if not self.verbose:
            return
        if self._samples == math.inf:
            self._find_number_of_samples()
        sizes = logs.get("size", [])
        samples = sum(sizes)
        means = [
            (name, sum(map(operator.mul, values, sizes)) / max(1, samples))
            for name, values in self._measured(logs)
        ]
        bar = self.progbar
        bar.advance(self.seen, means, time.time())
        if self._is_compiled:
            bar.pace.batches += len(sizes)
        else:
            self._is_compiled = True
            self._most_pending = MOST_PENDING
            bar.pace.restart()
        if self.seen < self._samples:
            bar.update(self.seen)
        elif self.params.get("do_validation"):
            bar.wait(VALIDATING)

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Ends the bar with the epoch's values, those of the validation included."""
        if self._pending:
            self._move_by_pending()
        self._last = logs or {}
        if self.params["nb_sample"] is None:
            self.progbar.target = self.seen
        self.progbar.sum_values = {name: [value, 1] for name, value in self.log_values}
        self.progbar.unique_values = [name for name, _ in self.log_values]
        self.progbar.finish()

    def on_train_end(self, logs: Logs = None) -> None:
        """Takes away what is left of the bar."""
        self.progbar.clear()

    def _measured(self, logs: dict[str, Any]) -> list[tuple[str, Any]]:
        return [(name, logs[name]) for name in self.params["metrics"] if name in logs]
