"""The state of training as plain data, with which another process can continue."""

import copy
import functools
import random
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from oneiros.bases import Callback
from oneiros.errors import FileFormatError
from oneiros_saving.plain_data_encoding import Encoded, decoded, encoded, same
from oneiros_training.parts import assign, matched, parts_of, values_of
from oneiros_training.steps import step_for

USES = ("train", "test", "predict")
KINDS = ((int, float, np.generic), str, (list, tuple, np.ndarray), dict)
"""The kinds of values in the state of a callback."""


class Training:
    """A `fit` in progress.

    # Arguments
        model: the model that callbacks see.
        streams: dict with the streams `train` and `validation`, which may be None.
        callbacks: list of the callbacks.

    # Properties
        order: array, the order of the rows, or of the batches, in this epoch.
        callbacks: dict from name to callback.
    """

    def __init__(
        self, model, streams: dict[str, Any], callbacks: Iterable[Callback], size: int
    ):
        self.model = model
        self.streams = streams
        self.order = np.arange(size)
        self.callbacks = dict(_named(callbacks))
        self._initial_states: dict[str, dict[str, Encoded]] = {}

    def parameters(self) -> list[int]:
        """Returns the positions of the trained weights, in the optimizer's order."""
        places = {id(weight): place for place, weight in enumerate(self.model.weights)}
        return [
            places.get(id(weight), -1)
            for weight in self.model._collected_trainable_weights
        ]

    def begin(self) -> None:
        """Stores the callbacks' states, which belong to the program until they
        change."""
        for name, callback in self.callbacks.items():
            initial = self._initial_states[name] = {}
            state = _method(callback, "get_state")()
            if isinstance(state, dict):
                for key, value in state.items():
                    initial[key] = encoded(value)

    def state(self) -> dict[str, Any]:
        """Returns everything that isn't part of an ordinary model file."""
        sorted_order = np.arange(len(self.order))
        is_sorted = np.array_equal(self.order, sorted_order)
        weights = self.model.weights
        variables = {}
        for path, part in parts_of(self.model):
            variables[path] = values_of(part, weights)
        return {
            "numpy": np.random.get_state(),
            "python": random.getstate(),
            "streams": self._stream_states(),
            "order": None if is_sorted else self.order,
            "stop_training": bool(self.model.stop_training),
            "variables": variables,
            "random_state": self._random_states(),
            "callbacks": {name: self._changed(name) for name in self.callbacks},
        }

    def check_variables(self, state: dict[str, Any]) -> None:
        """Raises FileFormatError if the variables of a state don't fit the layers."""
        for path, part in parts_of(self.model):
            stored = state["variables"].get(path, {})
            matched(part, stored, self.model.weights)

    def restore(self, state: dict[str, Any], streams: bool) -> None:
        """Restores the result of `state`, except the order, which the loop restores.

        # Arguments
            streams: whether to restore the streams too, which is done once.
        """
        for path, part in parts_of(self.model):
            stored = state["variables"].get(path, {})
            assign(part, stored, self.model.weights)
        for use, random_state in state["random_state"].items():
            step_for(self.model, use).function.set_random_state(random_state)
        for name, callback_state in state["callbacks"].items():
            if name in self.callbacks:
                self._restore_callback(name, callback_state)
        self.model.stop_training = state["stop_training"]
        random.setstate(state["python"])
        has_drawn = streams and self._restore_streams(state["streams"])
        if not has_drawn:
            np.random.set_state(state["numpy"])

    def _restore_streams(self, states: dict[str, Any]) -> bool:
        """Restores the streams' states; tells whether that set NumPy's generator."""
        has_drawn = False
        for name in self._stream_states():
            if self.streams[name].set_state(states[name], has_drawn):
                has_drawn = True
        return has_drawn

    def _stream_states(self) -> dict[str, Any]:
        """Returns the states of the streams that have one."""
        states = {}
        for name, stream in self.streams.items():
            state = None if stream is None else stream.get_state()
            if state is not None:
                states[name] = state
        return states

    def _random_states(self) -> dict[str, Any]:
        """Returns the random states of the existing functions, by use."""
        states = {}
        for use in USES:
            function: Any = getattr(self.model, f"{use}_function", None)
            if hasattr(function, "get_random_state"):
                states[use] = function.get_random_state()
        return states

    def _changed(self, name: str):
        """Returns a callback's state; of a dict, what changed since training began."""
        state = _method(self.callbacks[name], "get_state")()
        if not isinstance(state, dict):
            return state
        initial = self._initial_states[name]
        changed = {}
        for key, value in state.items():
            if key not in initial or not same(encoded(value), initial[key]):
                changed[key] = value
        return changed

    def _restore_callback(self, name: str, saved) -> None:
        """Restores a callback's state; of a dict, what is missing is the program's."""
        state = copy.deepcopy(saved)
        if isinstance(state, dict):
            for key, value in self._initial_states[name].items():
                state.setdefault(key, decoded(*value))
        try:
            _check_kinds(_method(self.callbacks[name], "get_state")(), state)
            _method(self.callbacks[name], "set_state")(state)
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            raise FileFormatError(
                f"The callback {name} can't restore its state from the file, "
                f"{saved!r:.80}: {error!r:.200}. It is from another version of it."
            ) from error


def _check_kinds(present, state) -> None:
    """Raises TypeError if a value of a state takes the place of one of another kind,
    such as a text that of a number. None takes any place."""
    if not isinstance(present, dict) or not isinstance(state, dict):
        return
    for key, value in state.items():
        if value is None:
            continue
        for kind in KINDS:
            is_of_kind = isinstance(present.get(key), kind)
            if is_of_kind and not isinstance(value, kind):
                raise TypeError(f"{key} is {value!r:.80}")


def _named(callbacks: Iterable[Callback]) -> Iterator[tuple[str, Callback]]:
    """Names callbacks by their classes; the second one of a class gets a number."""
    counts = Counter[str]()
    for callback in callbacks:
        name = type(callback).__name__
        counts[name] += 1
        if counts[name] > 1:
            name = f"{name} {counts[name]}"
        yield name, callback


def _method(callback, name: str):
    """Returns a method; a callback needn't derive from `Callback`."""
    if hasattr(callback, name):
        return getattr(callback, name)
    return functools.partial(getattr(Callback, name), callback)
