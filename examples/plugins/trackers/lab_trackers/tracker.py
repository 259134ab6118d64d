"""`Tracker`, the base of the callbacks that keep a training's values elsewhere."""

from pathlib import Path
from typing import Any

import numpy as np
from oneiros.bases import Callback, Logs

RUNNING: list[Any] = []
"""The trackers of the trainings that are under way."""


def parameters_of(model: Any, params: dict[str, Any]) -> dict[str, Any]:
    """Returns what describes a training: the fit's and the optimizer's numbers and
    texts, by name."""
    described = {
        "batch_size": params.get("batch_size"),
        "nb_epoch": params.get("nb_epoch"),
        "nb_sample": params.get("nb_sample"),
        "parameters": model.count_params(),
        "loss": model.loss,
        "optimizer": type(model.optimizer).__name__,
    }
    for name, value in model.optimizer.get_config().items():
        described[f"optimizer.{name}"] = value
    is_plain = (int, float, str)
    return {
        name: value for name, value in described.items() if isinstance(value, is_plain)
    }


def keep(model: Any, path: Path) -> None:
    """Gives a model's file to the trackers of its training."""
    for tracker in RUNNING:
        if tracker.model is model:
            tracker.keep_file(path)


class Tracker(Callback):
    """Base of the trackers. Not a callback itself.

    A subclass defines `begin`, `keep_values`, `keep_file` and `end`.
    """

    has_begun = False
    """Whether the training has a run."""

    def on_train_begin(self, logs: Logs = None) -> None:
        """Takes part in the training from here on."""
        self.has_begun = False
        RUNNING.append(self)

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Keeps the epoch's loss and metrics."""
        self.ensure_begun()
        values = {
            name: float(value)
            for name, value in (logs or {}).items()
            if np.ndim(value) == 0 and name not in ("batch", "size")
        }
        self.keep_values(epoch, values)

    def on_train_end(self, logs: Logs = None) -> None:
        """Closes what was opened."""
        RUNNING.remove(self)
        if self.has_begun:
            self.end()

    def ensure_begun(self) -> None:
        """Opens a run when there is something to keep: resumed training knows by then
        that its run exists."""
        if not self.has_begun:
            self.begin(parameters_of(self.model, self.params))
            self.has_begun = True

    def begin(self, parameters: dict[str, Any]) -> None:
        """Opens a run for a training with these parameters."""
        raise NotImplementedError

    def keep_values(self, epoch: int, values: dict[str, float]) -> None:
        """Keeps an epoch's numbers, by name."""
        raise NotImplementedError

    def keep_file(self, path: Path) -> None:
        """Keeps a model's file."""

    def end(self) -> None:
        """Closes the run."""
        raise NotImplementedError
