"""Callbacks that change the learning rate."""

from collections.abc import Callable

import numpy as np
from oneiros import backend as K
from oneiros.arguments import (
    check_bool,
    check_int,
    check_number,
    int_if_whole,
    open_to_old_code,
    refusal,
    shown,
)
from oneiros.bases import Callback, Logs
from oneiros.errors import ArgumentError

from oneiros_callbacks.messages import better, known_mode, say, warn_of_missing


class LearningRateScheduler(Callback):
    """Sets the learning rate of each epoch.

    # Example
        ```python
        import numpy as np
        from oneiros import backend as K
        from oneiros.callbacks import LearningRateScheduler
        from oneiros.layers import Dense
        from oneiros.models import Sequential

        model = Sequential([Dense(1, input_dim=4)])
        model.compile("sgd", "mse")
        x = np.random.random((100, 4))
        halving = LearningRateScheduler(lambda epoch: 0.1 * 0.5**epoch)
        model.fit(x, x[:, :1], nb_epoch=3, callbacks=[halving], verbose=0)
        print(K.get_value(model.optimizer.lr))  # 0.025
        ```

    # Arguments
        schedule: function that receives the epoch's number, counted from 0, and returns
            the learning rate.

    # Raises
        ArgumentError: if the schedule doesn't return a number, or the optimizer has no
            variable `lr`.
    """

    conformance = {"tags": ("changes_training",)}

    @open_to_old_code
    def __init__(self, schedule: Callable[[int], float]):
        if not callable(schedule):
            expected = "a function of the epoch's number, such as lambda epoch: 0.1"
            raise refusal("LearningRateScheduler", "schedule", schedule, expected)
        self.schedule = schedule

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        """Sets the rate."""
        variable = rate_of(self.model.optimizer, "LearningRateScheduler")
        rate = np.asarray(self.schedule(epoch))
        if rate.size != 1 or rate.dtype.kind not in "fiu" or not np.isfinite(rate):
            raise ArgumentError(
                f"LearningRateScheduler's schedule returned {shown(rate)} for epoch "
                f"{epoch}. It must return the learning rate, a number."
            )
        K.set_value(variable, float(rate.item()))


def rate_of(optimizer, who: str):
    """Returns the variable with an optimizer's learning rate."""
    rate = getattr(optimizer, "lr", None)
    if isinstance(rate, (int, float, np.generic, np.ndarray, type(None))):
        raise ArgumentError(
            f"{who} changes the optimizer's variable `lr`; {type(optimizer).__name__} "
            "has none. Write self.lr = K.variable(lr) in __init__."
        )
    return rate


class ReduceLROnPlateau(Callback):
    """Reduces the learning rate when a value no longer improves.

    The new rate is `max(lr * factor, min_lr)`. The logs of each epoch, and so the
    history, get the rate as `lr`.

    # Example
        ```python
        import numpy as np
        from oneiros.callbacks import ReduceLROnPlateau
        from oneiros.layers import Dense
        from oneiros.models import Sequential

        model = Sequential([Dense(1, bias=False, input_dim=4)])
        model.compile("sgd", "mse")
        x = np.zeros((10, 4))  # nothing can be learned, the loss stays 1
        y = np.ones((10, 1))
        slower = ReduceLROnPlateau(monitor="loss", factor=0.5, patience=1)
        history = model.fit(x, y, nb_epoch=5, callbacks=[slower], verbose=0)
        print(np.round(history.history["lr"], 4))
        # [0.01   0.01   0.01   0.005  0.0025]
        ```

    # Arguments
        monitor: str, the value to watch.
        factor: float below 1, multiplies the learning rate.
        patience: int, the number of epochs without improvement to tolerate.
        verbose: 0 for silence, 1 to print a message when the rate is reduced.
        mode: `"min"`, `"max"`, or `"auto"` (`"max"` for accuracies, else `"min"`):
            whether smaller or larger values are better.
        epsilon: float, an improvement must exceed the best value by more than this.
        cooldown: int, the number of epochs after a reduction that don't count.
        min_lr: float, the lowest learning rate.

    # Raises
        ArgumentError: for a factor of 1 or more, another mode, or an optimizer without
            a variable `lr`.

    # References
        - He, Zhang, Ren, Sun: Deep Residual Learning for Image Recognition,
          arXiv:1512.03385, which divides the rate by 10 when the error no longer falls
    """

    conformance = {"tags": ("changes_training",)}

    @open_to_old_code
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
    ):
        self.monitor = monitor
        self.factor = check_number(self, "factor", factor)
        if factor >= 1:
            raise ArgumentError(
                f"ReduceLROnPlateau needs a factor below 1; received {factor!r}."
            )
        self.patience = check_int(self, "patience", int_if_whole(patience), 0)
        self.verbose = check_bool(self, "verbose", verbose)
        self.mode = known_mode(mode)
        self.epsilon = check_number(self, "epsilon", epsilon)
        self.cooldown = check_int(self, "cooldown", int_if_whole(cooldown), 0)
        self.min_lr = check_number(self, "min_lr", min_lr)
        self._forget()

    def _forget(self) -> None:
        mode = self.mode
        if mode == "auto":
            mode = "max" if "acc" in self.monitor else "min"
        self._compare, self.best = better(self.monitor, mode)
        self.cooldown_counter = 0
        self.wait = 0
        self.lr_epsilon = self.min_lr * 1e-4

    def monitor_op(self, value, best) -> bool:
        """Returns whether a value is better than the best by more than `epsilon`."""
        margin = self.epsilon if self._compare is np.greater else -self.epsilon
        return bool(self._compare(value, best + margin))

    def on_train_begin(self, logs: Logs = None) -> None:
        """Resets the state of earlier fits."""
        self._forget()

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Reduces the learning rate if its patience has run out."""
        logs = {} if logs is None else logs
        rate = rate_of(self.model.optimizer, "ReduceLROnPlateau")
        logs["lr"] = float(K.get_value(rate))
        current = logs.get(self.monitor)
        if current is None:
            warn_of_missing("ReduceLROnPlateau", self.monitor, logs)
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

    def _lower(self, rate, old: float, epoch: int) -> None:
        new = max(old * self.factor, self.min_lr)
        K.set_value(rate, new)
        if self.verbose > 0:
            say(f"Epoch {epoch:05d}: reducing learning rate to {new}.")
        self.cooldown_counter = self.cooldown
        self.wait = 0

    def in_cooldown(self) -> bool:
        """Returns whether it is waiting for a reduction to take effect."""
        return self.cooldown_counter > 0
