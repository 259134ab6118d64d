"""Base classes of objects that the kernel calls, except Layer and Backend."""

from typing import Any

from oneiros import services
from oneiros.typing import Values

Logs = Values | None
"""What callbacks are told, by name."""


class Rebuilt:
    """Objects that `copy.deepcopy` and `pickle` rebuild from configuration and
    variables."""

    def __copy__(self) -> Any:
        copied = object.__new__(type(self))
        vars(copied).update(vars(self))
        return copied

    def __reduce__(self) -> Any:
        return services.copying.reduced(self)


class Callback:
    """Base class of callbacks, which are called during training.

    # Properties
        params: dict with the parameters of training (`batch_size`, `nb_epoch`,
            `nb_sample`, `verbose`, `metrics`, …). `nb_sample` is None for a stream of
            unknown size.
        model: the model being trained. `model.stop_training = True` ends training after
            the epoch.

    # Example
        ```python
        import numpy as np
        from oneiros.callbacks import Callback
        from oneiros.layers import Dense
        from oneiros.models import Sequential
        from oneiros.optimizers import SGD

        class StopBelow(Callback):
            def __init__(self, loss):
                self.loss = loss

            def on_epoch_end(self, epoch, logs=None):
                self.model.stop_training = logs["loss"] < self.loss

        model = Sequential([Dense(1, init="zero", bias=False, input_dim=1)])
        model.compile(SGD(lr=0.25), "mse")
        x = np.ones((1, 1))  # the loss is 1, then 0.25
        history = model.fit(x, x, callbacks=[StopBelow(0.5)], verbose=0)
        print(history.epoch)  # [0, 1]
        ```
    """

    called_after_runs = False
    """Whether `on_batch_begin` and `on_batch_end` may be called after a run of batches,
    by `on_run_end`."""

    params: Values
    model: Any

    def set_params(self, params: Values) -> None:
        """Receives the parameters before training starts."""
        self.params = params

    def set_model(self, model: Any) -> None:
        """Receives the model before training starts."""
        self.model = model

    def get_observer(self) -> Any:
        """Returns an `Observer` that is notified of the phases of the fit, or None.

        Called before all other methods; the class is in `oneiros.engine.streams`.
        """
        return None

    def prepare_fit(self, fit: Any) -> None:
        """Changes the data or the epochs of a fit; called once, before training begins.

        # Arguments
            fit: the `oneiros.engine.streams.Fit`. You can wrap its streams, reduce
                its epochs and append to its list of callbacks.
        """

    def get_state(self) -> Any:
        """Returns the state that resumed training passes to `set_state`, as plain data.

        Plain data is None, booleans, numbers, strings, arrays, and lists, tuples and
        dicts of them. By default, the state is the dict of all attributes that are
        plain data, except `params`.
        """
        return services.copying.plain_attributes(self)

    def set_state(self, state: Any) -> None:
        """Restores the state that `get_state` returned.

        Called after `on_train_begin` when training is resumed.

        In a dict, items that training hadn't changed have the values of this program.
        """
        vars(self).update(state)

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        """Called before an epoch's first batch."""

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Called after an epoch and its validation; `logs` has the averages of both
        over their samples."""

    def on_batch_begin(self, batch: int, logs: Logs = None) -> None:
        """Called before a batch; `logs` has `batch` and `size`."""

    def on_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Called after a batch; `logs` has the batch's loss and metrics."""

    def on_run_end(self, logs: Values) -> None:
        """Called after a run of batches, if all callbacks may be `called_after_runs`.

        Calls `on_batch_begin` and `on_batch_end` for each batch, in order; a subclass
        can do something faster.

        # Arguments
            logs: dict from `batch`, `size` and the name of each loss or metric to the
                list of its values per batch.
        """
        begin = getattr(self.on_batch_begin, "__func__", None)
        end = getattr(self.on_batch_end, "__func__", None)
        if begin is Callback.on_batch_begin and end is Callback.on_batch_end:
            return
        for values in zip(*logs.values(), strict=True):
            log = dict(zip(logs, values, strict=True))
            batch = log["batch"]
            self.on_batch_begin(batch, {"batch": batch, "size": log["size"]})
            self.on_batch_end(batch, log)

    def on_train_begin(self, logs: Logs = None) -> None:
        """Called once before the first epoch."""

    def on_train_end(self, logs: Logs = None) -> None:
        """Called once after the last epoch."""
