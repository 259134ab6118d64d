"""`ModelCheckpoint`: saves a model during training."""

import os
import re
from collections import defaultdict
from string import Formatter
from tempfile import TemporaryFile
from typing import Any

from oneiros.arguments import check_bool, check_int, int_if_whole, open_to_old_code
from oneiros.bases import Callback, Logs
from oneiros.engine.streams import Fit
from oneiros.errors import ArgumentError, ConfigError

from oneiros_callbacks.files import check_folder, writing
from oneiros_callbacks.messages import better, say, warn, warn_of_missing

TOO_WIDE = re.compile(r"\d{4}")
"""The width or precision of a field that no name of a file has room for."""


class ModelCheckpoint(Callback):
    """Saves the model after epochs.

    # Example
        ```python
        from glob import glob

        import numpy as np
        from oneiros.callbacks import ModelCheckpoint
        from oneiros.layers import Dense
        from oneiros.models import Sequential

        model = Sequential([Dense(1, input_dim=4)])
        model.compile("sgd", "mse")
        x = np.random.random((100, 4))
        best = ModelCheckpoint("best-{epoch:02d}.h5", save_best_only=True)
        data = dict(x=x, y=x[:, :1], validation_split=0.1)
        model.fit(**data, nb_epoch=1, callbacks=[best], verbose=0)
        print(glob("best-*"))  # ['best-00.h5']
        ```

    # Arguments
        filepath: str, may contain fields such as `{epoch:02d}` (counted from 0) and
            `{val_loss:.2f}`. A value that isn't measured becomes `nan`.
        monitor: str, the value to watch.
        verbose: 0 for silence, 1 to print a message for each save.
        save_best_only: bool, whether to save only when the value is the best so far.
        save_weights_only: bool, whether to save the weights instead of the whole model.
            If a layer has no configuration, only weights are saved, with a warning.
        mode: `"auto"`, `"min"` or `"max"`: whether smaller or larger values are better.
        period: int, the number of epochs between saves.

    # Raises
        ArgumentError: before training begins, if the folder doesn't exist, or a field
            of `filepath` can't be filled in.
        FileAccessError: if the system refuses to write; it is tried before training
            begins.
    """

    @open_to_old_code
    def __init__(
        self,
        filepath: str,
        monitor: str = "val_loss",
        verbose: int = 0,
        save_best_only: bool = False,
        save_weights_only: bool = False,
        mode: str = "auto",
        period: int = 1,
    ):
        self.filepath = filepath
        self.monitor = monitor
        self.verbose = check_bool(self, "verbose", verbose)
        self.save_best_only = check_bool(self, "save_best_only", save_best_only)
        self.save_weights_only = check_bool(
            self, "save_weights_only", save_weights_only
        )
        self.period = check_int(self, "period", int_if_whole(period))
        self.epochs_since_last_save = 0
        self.monitor_op, self.best = better(monitor, mode)

    def set_state(self, state) -> None:
        """Restores the state that `get_state` returned, except the path.

        Only the program decides about the path, never a file.
        """
        super().set_state(
            {name: value for name, value in state.items() if name != "filepath"}
        )

    def prepare_fit(self, fit: Fit) -> None:
        """Tries the path before training takes any time."""
        path = self._filled(defaultdict(lambda: _Unmeasured("nan"), epoch=0))
        before_fields = os.fspath(self.filepath).partition("{")[0]
        folder = check_folder("ModelCheckpoint", "filepath", before_fields)
        with writing("ModelCheckpoint", "filepath", path), TemporaryFile(dir=folder):
            if os.path.exists(path):
                open(path, "r+b").close()

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Saves the model if it is due and good enough."""
        logs = logs or {}
        self.epochs_since_last_save += 1
        if self.epochs_since_last_save < self.period:
            return
        self.epochs_since_last_save = 0
        reason = ""
        if self.save_best_only:
            reason = self._improvement(epoch, logs)
            if not reason:
                return
        path = self._path(epoch, logs)
        if self.verbose:
            say(f"Epoch {epoch:05d}: {reason}saving model to {path}")
        if not self.save_weights_only:
            try:
                self.model.save(path, overwrite=True)
                return
            except ConfigError as error:
                self.save_weights_only = True
                warn(f"ModelCheckpoint saves only weights from now on: {error}")
        self.model.save_weights(path, overwrite=True)

    def _improvement(self, epoch: int, logs: dict[str, Any]) -> str:
        """Returns why this is the best so far, and notes it; nothing if it isn't."""
        current = logs.get(self.monitor)
        if current is None:
            warn_of_missing("ModelCheckpoint", self.monitor, logs)
            return ""
        if not self.monitor_op(current, self.best):
            if self.verbose:
                say(f"Epoch {epoch:05d}: {self.monitor} did not improve")
            return ""
        before = self.best
        self.best = current
        return f"{self.monitor} improved from {before:0.5f} to {current:0.5f}, "

    def _path(self, epoch: int, logs: dict[str, Any]) -> str:
        fields = defaultdict(lambda: _Unmeasured("nan"), {"epoch": epoch, **logs})
        path = self._filled(fields)
        missing = fields.keys() - logs.keys() - {"epoch"}
        if missing:
            warn(
                f"ModelCheckpoint's filepath {str(self.filepath)!r} names "
                f"{', '.join(sorted(map(repr, missing)))}, which this fit doesn't "
                f"measure, so it becomes nan. Measured: {', '.join(map(repr, logs))}. "
                "For 'val_...' pass validation data to fit."
            )
        return path

    def _filled(self, fields: dict[str, Any]) -> str:
        path = str(self.filepath)
        try:
            for _, _, form, _ in Formatter().parse(path):
                if form and TOO_WIDE.search(form):
                    raise ValueError(f"{form!r:.80} has more than 999 characters")
            return path.format_map(fields)
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            raise ArgumentError(
                f"ModelCheckpoint can't fill in the path {str(self.filepath)!r} "
                f"({error}). Fields look like {{epoch:02d}} and {{val_loss:.2f}}."
            ) from None


class _Unmeasured(float):
    """The value of a field that isn't measured: `nan`, whatever the field's format."""

    def __format__(self, spec: str) -> str:
        return "nan"
