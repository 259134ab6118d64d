"""The callbacks that every `fit` has: their list, the averaging of batch values, the
history."""

from __future__ import annotations

import functools
import operator
from typing import Any

from oneiros.bases import Callback
from oneiros.errors import ArgumentError

Logs = dict[str, Any] | None
METHODS = [
    name
    for name in vars(Callback)
    if name.startswith(("on_", "set_params", "set_model"))
]
REQUIRED = [name for name in METHODS if name != "on_run_end"]


class CallbackList(Callback):
    """Passes every call on to each of its callbacks, in order.

    # Arguments
        callbacks: list of `Callback` objects.
        queue_length: kept for code of Keras 1; nothing is timed here.
    """

    def __init__(self, callbacks: Any = None, queue_length: int = 10) -> None:
        self.callbacks, self.queue_length = list[Any](), queue_length
        for callback in callbacks or ():
            self.append(callback)

    def append(self, callback: Any) -> None:
        """Adds a callback at the end."""
        if isinstance(callback, type) or not all(
            hasattr(callback, method) for method in REQUIRED
        ):
            hint = (
                f" Did you mean {callback.__name__}(…)?"
                if isinstance(callback, type)
                else ""
            )
            raise ArgumentError(
                f"callbacks takes Callback objects; received {callback!r:.80}.{hint}"
            )
        self.callbacks.append(callback)

    def want_each_batch(self) -> bool:
        """Tells whether some callback must be called between batches, and not after a
        run of them."""
        return any(
            _overrides(each, f"on_batch_{at}")
            for each in self.callbacks
            for at in ("begin", "end")
        )

    def around(self, loop: Any) -> Any:
        """Returns `fit_loop` as callbacks with a method `around(loop)` replace it, the
        last one last."""
        wrappers = (
            callback.around
            for callback in self.callbacks
            if hasattr(callback, "around")
        )
        return functools.reduce(lambda inner, around: around(inner), wrappers, loop)


def _passing_on(method: str) -> Any:
    @functools.wraps(getattr(Callback, method))
    def tell(self: CallbackList, *arguments: Any, **named: Any) -> None:
        for callback in self.callbacks:
            getattr(callback, method)(*arguments, **named)

    return tell


for _name in METHODS:
    setattr(CallbackList, _name, _passing_on(_name))


def _overrides(callback: Any, method: str) -> bool:
    """Here `told_afterwards = True` covers the methods of the class that declares it,
    and of its bases."""
    places = (callback, *type(callback).__mro__)
    first = next(
        (at for at in places if vars(at).get("told_afterwards") or method in vars(at)),
        Callback,
    )
    return first is not Callback and not vars(first).get("told_afterwards")


class BaseLogger(Callback):
    """Averages the batches' values over an epoch, by batch size; always the first
    callback of a run."""

    told_afterwards = True

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        """Starts the averages."""
        self.seen, self.totals = 0, dict[str, Any]()

    def on_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Adds a batch."""
        self.on_run_end(
            {name: [value] for name, value in {"size": 0, **(logs or {})}.items()}
        )

    def on_run_end(self, logs: dict[str, Any]) -> None:
        """Adds some batches."""
        self.seen += sum(logs["size"])
        for name in logs.keys() - {"batch", "size"}:
            self.totals[name] = sum(
                map(operator.mul, logs[name], logs["size"]), self.totals.get(name, 0)
            )

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Puts the averages into `logs`, for the callbacks after this one."""
        means = {
            x: self.totals[x] / self.seen
            for x in self.params["metrics"]
            if x in self.totals
        }
        ({} if logs is None else logs).update(means)


class History(Callback):
    """Keeps each epoch's values; `fit` returns it.

    # Properties
        epoch: list of epoch numbers, from 0.
        history: dict from name (`loss`, `acc`, `val_loss`, …) to the list of values.
    """

    told_afterwards = True

    def on_train_begin(self, logs: Logs = None) -> None:
        """Starts an empty history."""
        self.epoch, self.history = list[int](), dict[str, list[Any]]()

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Adds the epoch's values."""
        self.epoch.append(epoch)
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(value)
