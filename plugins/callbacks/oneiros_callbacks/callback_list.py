"""The callbacks of a fit as one: the service `default_callbacks`."""

from collections.abc import Sequence
from types import MappingProxyType
from typing import Any

from oneiros import services
from oneiros.bases import Callback, Logs
from oneiros.discovery import PluginRecord
from oneiros.engine.streams import CALLBACKS, REST, Observer, current_observer
from oneiros.errors import ArgumentError, DistributionError
from oneiros.plugins import manager
from oneiros.user_warnings import warn

from oneiros_callbacks.averages import BaseLogger, History

REQUIRED = (
    "set_params",
    "set_model",
    "on_epoch_begin",
    "on_epoch_end",
    "on_batch_begin",
    "on_batch_end",
    "on_train_begin",
    "on_train_end",
)
"""The methods that make an object a callback; it needn't derive from `Callback`."""


class CallbackList(Callback):
    """Forwards every call to each of its callbacks, in order.

    # Arguments
        callbacks: list of `Callback` objects.
        queue_length: ignored; accepted for code for Keras 1.

    # Raises
        ArgumentError: if an object isn't a callback.

    # Example
        ```python
        from oneiros.callbacks import CallbackList, LambdaCallback

        epochs = []
        noting = LambdaCallback(on_epoch_end=lambda epoch, logs: epochs.append(epoch))
        callbacks = CallbackList([noting])
        callbacks.on_epoch_end(3, {})
        print(epochs)  # [3]
        ```
    """

    def __init__(self, callbacks: Sequence[Any] | None = None, queue_length: int = 10):
        self.callbacks: list[Any] = []
        self.queue_length = queue_length
        self._plugins: dict[int, PluginRecord] = {}
        for callback in callbacks or ():
            self.append(callback)

    def append(self, callback) -> None:
        """Adds a callback at the end."""
        is_class = isinstance(callback, type)
        if is_class or not all(hasattr(callback, name) for name in REQUIRED):
            hint = f" Did you mean {callback.__name__}(…)?" if is_class else ""
            raise ArgumentError(
                f"callbacks accepts Callback objects; received {callback!r:.80}.{hint}"
            )
        self.callbacks.append(callback)

    def append_default(self, callback, plugin: PluginRecord) -> None:
        """Adds a callback that a plugin adds to every fit; if it fails, it is left out,
        with a warning."""
        self.append(callback)
        self._plugins[id(callback)] = plugin

    def set_params(self, params: dict[str, Any]) -> None:
        """Forwards the parameters."""
        for callback in list(self.callbacks):
            self._call(callback, "set_params", params)

    def set_model(self, model) -> None:
        """Forwards the model."""
        for callback in list(self.callbacks):
            self._call(callback, "set_model", model)

    def get_observer(self) -> Observer | None:
        """Returns the observer of a callback, if one has an observer.

        # Raises
            ArgumentError: if two callbacks have one.
        """
        found: Observer | None = None
        names = []
        for callback in list(self.callbacks):
            observer = self._call(callback, "get_observer")
            if observer is not None:
                found = observer
                names.append(type(callback).__name__)
        if len(names) > 1:
            raise ArgumentError(
                f"callbacks has {' and '.join(names)}, which both observe the fit; "
                "only one can. Remove the other."
            )
        return found

    def prepare_fit(self, fit) -> None:
        """Lets each callback change the data or the epochs of the fit."""
        for callback in list(self.callbacks):
            self._call(callback, "prepare_fit", fit)

    def want_each_batch(self) -> bool:
        """Returns whether a callback must be called for each batch before the next
        one."""
        return any(
            _overrides(callback, f"on_batch_{moment}")
            for callback in self.callbacks
            for moment in ("begin", "end")
        )

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        """Forwards the call."""
        self._tell("on_epoch_begin", logs, epoch)

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Forwards the call."""
        self._tell("on_epoch_end", logs, epoch)

    def on_batch_begin(self, batch: int, logs: Logs = None) -> None:
        """Forwards the call."""
        self._tell("on_batch_begin", logs, batch)

    def on_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Forwards the call."""
        self._tell("on_batch_end", logs, batch)

    def on_run_end(self, logs: dict[str, Any]) -> None:
        """Forwards the call."""
        self._tell("on_run_end", logs)

    def on_train_begin(self, logs: Logs = None) -> None:
        """Forwards the call."""
        self._tell("on_train_begin", logs)

    def on_train_end(self, logs: Logs = None) -> None:
        """Forwards the call."""
        self._tell("on_train_end", logs)

    def _tell(self, method: str, logs: Logs, *number: int) -> None:
        """Calls a method of each callback, with an empty dict if there are no logs."""
        observer = current_observer()
        logs = {} if logs is None else logs
        for callback in list(self.callbacks):
            observer.enter(CALLBACKS, type(callback).__name__)
            self._call(callback, method, *number, logs)
        observer.enter(REST)

    def _call(self, callback, method: str, *arguments):
        """Calls a method, which a callback may lack if it doesn't derive from
        `Callback`. A plugin's callback that fails doesn't end the fit."""
        try:
            return getattr(callback, method, lambda *_: None)(*arguments)
        except Exception as error:
            plugin = self._plugins.get(id(callback))
            if plugin is None or isinstance(error, (Warning, DistributionError)):
                raise
            self.callbacks = [each for each in self.callbacks if each is not callback]
            fault = plugin.report(method, error)
            warn(
                f"{type(callback).__name__} of {plugin.distribution} failed in "
                f"{method} and is left out of this fit: {fault}"
            )
        return None


def _overrides(callback, method: str) -> bool:
    """Returns whether a callback must be called immediately.

    It must if the object or one of its classes defines the method, and no class before
    that one declares `called_after_runs`.
    """
    for place in (callback, *type(callback).__mro__):
        members = vars(place)
        if members.get("called_after_runs") or place is Callback:
            return False
        if method in members:
            return True
    return False


class DefaultCallbacks:
    """The service: what `fit` asks for its callbacks."""

    @staticmethod
    def for_fit(
        model, callbacks: list[Any], params: dict[str, Any]
    ) -> tuple[CallbackList, History]:
        """Returns all callbacks of a fit as one, and the history among them."""
        history = History()
        shown = MappingProxyType({**params, "metrics": list(params["metrics"])})
        arguments = {"model": model, "params": shown}
        groups = manager().run("oneiros_default_callbacks", arguments, _problem)
        both = CallbackList([BaseLogger(), *callbacks, history])
        for plugin, group in groups:
            for callback in group:
                both.append_default(callback, plugin)
        return both, history


def _problem(result) -> str | None:
    """Returns what is wrong with a plugin's callbacks; raises an ArgumentError for what
    isn't a callback."""
    if not isinstance(result, (list, tuple)):
        return f"It returned {result!r:.80}, not a list of callbacks"
    CallbackList(result)
    return None


service: services.DefaultCallbacks = DefaultCallbacks()
