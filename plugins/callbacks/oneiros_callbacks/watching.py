"""Callbacks that watch a value of the epochs: to save, to stop, to slow down."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from oneiros import backend as K
from oneiros.arguments import check_int
from oneiros.bases import Callback
from oneiros.errors import ArgumentError

Logs = dict[str, Any] | None


def better(monitor: str, mode: str) -> tuple[Callable[[Any, Any], Any], float]:
    """Returns the comparison that finds the better value, and the worst value.

    # Arguments
        monitor: str, the value's name.
        mode: `"min"`, `"max"`, or `"auto"`, which is `"max"` for accuracies and
            `fmeasure`.

    # Raises
        ArgumentError: for another mode.
    """
    if mode not in ("auto", "min", "max"):
        raise ArgumentError(f"mode takes 'auto', 'min' or 'max'; received {mode!r}.")
    grows = "acc" in monitor or monitor.removeprefix("val_").startswith("fmeasure")
    larger = mode == "max" or (mode == "auto" and grows)
    return (np.greater, -np.inf) if larger else (np.less, np.inf)


def _missing(who: str, monitor: str, logs: dict[str, Any]) -> None:
    warnings.warn(
        f"{who} watches {monitor!r}, which this fit doesn't measure; passed over. It "
        f"measures: {', '.join(map(repr, logs))}. For 'val_...' pass validation data "
        "to fit.",
        RuntimeWarning,
        stacklevel=3,
    )


class ModelCheckpoint(Callback):
    """Saves the model after an epoch.

    # Arguments
        filepath: str, may hold fields such as `{epoch:02d}` (counted from 0) and
            `{val_loss:.2f}`.
        monitor: str, the value to watch.
        verbose: 0 for silence, 1 to say what is saved.
        save_best_only: bool, whether to save only when the value is the best so far.
        save_weights_only: bool, whether to save the weights instead of the whole model.
        mode: `"auto"`, `"min"` or `"max"`: which values are good.
        period: int, epochs between two savings.

    # Raises
        ArgumentError: if `filepath` names a value that isn't measured.
    """

    def __init__(
        self,
        filepath: str,
        monitor: str = "val_loss",
        verbose: int = 0,
        save_best_only: bool = False,
        save_weights_only: bool = False,
        mode: str = "auto",
        period: int = 1,
    ) -> None:
        self.filepath = filepath
        self.monitor = monitor
        self.verbose = verbose
        self.save_best_only = save_best_only
        self.save_weights_only = save_weights_only
        self.period = check_int("ModelCheckpoint", "period", period)
        self.epochs_since_last_save = 0
        self.monitor_op, self.best = better(monitor, mode)

    def set_state(self, state: Any) -> None:
        """Goes on from what `get_state` returned, but for where to save.

        That is up to the program, and to no file.
        """
        super().set_state(
            {name: value for name, value in state.items() if name != "filepath"}
        )

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Saves, if it is time and worth it."""
        logs = logs or {}
        self.epochs_since_last_save += 1
        if self.epochs_since_last_save < self.period:
            return
        self.epochs_since_last_save = 0
        if self.save_best_only and not self._is_best(epoch, logs):
            return
        path = self._path(epoch, logs)
        if self.verbose:
            print(f"\nEpoch {epoch + 1}: saving the model to {path}")
        if self.save_weights_only:
            self.model.save_weights(path, overwrite=True)
        else:
            self.model.save(path, overwrite=True)

    def _is_best(self, epoch: int, logs: dict[str, Any]) -> bool:
        current = logs.get(self.monitor)
        if current is None:
            _missing("ModelCheckpoint", self.monitor, logs)
            return False
        if not self.monitor_op(current, self.best):
            if self.verbose:
                print(
                    f"\nEpoch {epoch + 1}: {self.monitor} is {current:.5f}, no better "
                    f"than {self.best:.5f}"
                )
            return False
        self.best = current
        return True

    def _path(self, epoch: int, logs: dict[str, Any]) -> str:
        try:
            return str(self.filepath).format(epoch=epoch, **logs)
        except (KeyError, IndexError, ValueError) as error:
            raise ArgumentError(
                f"ModelCheckpoint can't fill in the path {self.filepath!r} ({error}). "
                f"The values at hand are: {', '.join(map(repr, ['epoch', *logs]))}."
            ) from None


class EarlyStopping(Callback):
    """Stops a fit when a value no longer gets better.

    # Arguments
        monitor: str, the value to watch.
        min_delta: float, what counts as better must exceed the best by this much.
        patience: int, epochs without getting better that are tolerated.
        verbose: 0 for silence, 1 to say when it stops.
        mode: `"auto"`, `"min"` or `"max"`: which values are good.
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        min_delta: float = 0,
        patience: int = 0,
        verbose: int = 0,
        mode: str = "auto",
    ) -> None:
        self.monitor = monitor
        self.patience = check_int("EarlyStopping", "patience", patience, 0)
        self.verbose = verbose
        self.monitor_op, self._worst = better(monitor, mode)
        self.min_delta = min_delta if self.monitor_op is np.greater else -min_delta
        self._forget()

    def _forget(self) -> None:
        self.wait = 0
        self.stopped_epoch = 0
        self.best = self._worst

    def on_train_begin(self, logs: Logs = None) -> None:
        """Forgets earlier fits."""
        self._forget()

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Stops the model if its patience is over."""
        current = (logs or {}).get(self.monitor)
        if current is None:
            _missing("EarlyStopping", self.monitor, logs or {})
        elif self.monitor_op(current - self.min_delta, self.best):
            self.best = current
            self.wait = 0
        else:
            if self.wait >= self.patience:
                self.stopped_epoch = epoch
                self.model.stop_training = True
            self.wait += 1

    def on_train_end(self, logs: Logs = None) -> None:
        """Says that it stopped."""
        if self.stopped_epoch > 0 and self.verbose:
            print(
                f"Epoch {self.stopped_epoch + 1}: stopped early, {self.monitor} no "
                "longer got better"
            )


class ReduceLROnPlateau(Callback):
    """Lowers the learning rate when a value no longer gets better.

    Each epoch's logs, and so the history, get the learning rate that the epoch had, as
    `lr`.

    # Example
        ```python
        import numpy as np
        from oneiros.callbacks import ReduceLROnPlateau
        from oneiros.layers import Dense
        from oneiros.models import Sequential

        model = Sequential([Dense(1, input_dim=4)])
        model.compile("sgd", "mse")
        x = np.random.random((100, 4))
        slower = ReduceLROnPlateau(factor=0.2, patience=5)
        model.fit(x, x[:, :1], validation_split=0.1, callbacks=[slower], verbose=0)
        ```

    # Arguments
        monitor: str, the value to watch.
        factor: float below 1, what the learning rate is multiplied by.
        patience: int, epochs without getting better that are tolerated.
        verbose: 0 for silence, 1 to say when the rate is lowered.
        mode: `"min"`, `"max"`, or `"auto"`, which is `"max"` for accuracies: which
            values are good.
        epsilon: float, what counts as better must exceed the best by more than this.
        cooldown: int, epochs after a lowering that don't count.
        min_lr: float, the lowest learning rate.

    # Raises
        ArgumentError: for a factor of 1 or more, another mode, or an optimizer without
            a variable `lr`.
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        factor: float = 0.1,
        patience: int = 10,
        verbose: int = 0,
        mode: str = "auto",
        epsilon: float = 1e-4,
        cooldown: int = 0,
        min_lr: float = 0,
    ) -> None:
        if factor >= 1:
            raise ArgumentError(
                f"ReduceLROnPlateau takes a factor below 1; received {factor!r}."
            )
        self.monitor = monitor
        self.factor = factor
        self.patience = check_int("ReduceLROnPlateau", "patience", patience, 0)
        self.verbose = verbose
        self.mode = mode
        self.epsilon = epsilon
        self.cooldown = cooldown
        self.min_lr = min_lr
        self._forget()

    def _forget(self) -> None:
        mode = self.mode
        if mode == "auto":
            mode = "max" if "acc" in self.monitor else "min"
        compare, self.best = better(self.monitor, mode)
        margin = self.epsilon if compare is np.greater else -self.epsilon
        self.monitor_op: Callable[[Any, Any], Any] = functools.partial(
            _exceeds, compare, margin
        )
        self.cooldown_counter = 0
        self.wait = 0
        self.lr_epsilon = self.min_lr * 1e-4

    def on_train_begin(self, logs: Logs = None) -> None:
        """Forgets earlier fits."""
        self._forget()

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Lowers the learning rate if its patience is over."""
        logs = {} if logs is None else logs
        rate = self._rate()
        logs["lr"] = float(K.get_value(rate))
        current = logs.get(self.monitor)
        if current is None:
            _missing("ReduceLROnPlateau", self.monitor, logs)
            return
        if self.in_cooldown():
            self.cooldown_counter -= 1
            self.wait = 0
        if self.monitor_op(current, self.best):
            self.best = current
            self.wait = 0
        elif not self.in_cooldown():
            is_above = logs["lr"] > self.min_lr + self.lr_epsilon
            if self.wait >= self.patience and is_above:
                self._lower(rate, logs["lr"], epoch)
            self.wait += 1

    def _rate(self) -> Any:
        rate = getattr(self.model.optimizer, "lr", None)
        if isinstance(rate, (int, float, type(None))):
            raise ArgumentError(
                "ReduceLROnPlateau changes the optimizer's variable `lr`; "
                f"{type(self.model.optimizer).__name__} has none. Write self.lr = "
                "K.variable(lr) in __init__."
            )
        return rate

    def _lower(self, rate: Any, old: float, epoch: int) -> None:
        new = max(old * self.factor, self.min_lr)
        K.set_value(rate, new)
        if self.verbose > 0:
            print(
                f"\nEpoch {epoch + 1}: {self.monitor} no longer gets better, learning "
                f"rate {new:g}"
            )
        self.cooldown_counter = self.cooldown
        self.wait = 0

    def in_cooldown(self) -> bool:
        """Tells whether it waits for a lowering to show effect."""
        return self.cooldown_counter > 0


def _exceeds(
    compare: Callable[[Any, Any], Any], margin: float, value: Any, best: Any
) -> Any:
    return compare(value, best + margin)
