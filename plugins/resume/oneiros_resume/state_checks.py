"""The requirements for each item of the training state."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil
from typing import Any

import numpy as np
from oneiros.bases import Callback
from oneiros_saving.plain_data_encoding import encoded, same

from oneiros_resume.training import USES, Training

WRONG = (AttributeError, LookupError, OverflowError, TypeError, ValueError)
"""The errors that NumPy and Python raise for an invalid state."""
MT19937_WORDS = 624
NUMBERS = int | float | np.number | np.bool_


@dataclass(frozen=True)
class StateItem:
    """An item of the state.

    # Properties
        key: str, its name in the file.
        fits: function that returns whether a value can be restored.
        expected: str, a description of valid values.
    """

    key: str
    fits: Callable[[Any], bool]
    expected: str


class StateChecks:
    """Checks of a state for the training that continues with it."""

    def __init__(self, training: Training) -> None:
        self.training = training
        self.order_size = len(training.order)
        self.batch_count = ceil(self.order_size / training.streams["train"].batch_size)

    def items(self) -> list[StateItem]:
        """Returns all items that a state must have."""
        last_batch = self.batch_count or "the number of batches"
        last_row = self.order_size - 1
        return [
            StateItem("epoch", is_count, "an int of 0 or above"),
            StateItem(
                "batch", self._is_batch, f"None or an int from 1 to {last_batch}"
            ),
            StateItem("parameters", _are_ints, "a list of ints"),
            StateItem("numpy", _is_numpy_state, "a state of NumPy's generator"),
            StateItem("python", _is_python_state, "a state of Python's generator"),
            StateItem(
                "streams",
                self._are_streams,
                "the positions of the training and validation generators",
            ),
            StateItem(
                "order",
                self._is_order,
                f"None or the numbers from 0 to {last_row} in some order",
            ),
            StateItem("stop_training", _is_bool, "True or False"),
            StateItem(
                "variables", _are_variables, "the values of the layers' variables"
            ),
            StateItem(
                "random_state",
                self._are_random_states,
                "the seeds and counters of this model's random operations",
            ),
            StateItem("callbacks", self._are_callbacks, "the states of the callbacks"),
        ]

    def _is_batch(self, batch: Any) -> bool:
        if batch is None:
            return True
        if not is_count(batch) or batch == 0:
            return False
        if self.batch_count == 0:
            return True
        return bool(batch <= self.batch_count)

    def _are_streams(self, states: Any) -> bool:
        if not isinstance(states, dict):
            return False
        return all(
            name in states and _is_stream_state(states[name], stream.get_state())
            for name, stream in self.training.stateful()
        )

    def _is_order(self, order: Any) -> bool:
        if order is None:
            return True
        if not isinstance(order, np.ndarray) or order.dtype.kind != "i":
            return False
        return order.ndim == 1 and np.array_equal(
            np.sort(order), np.arange(self.order_size)
        )

    def _are_random_states(self, states: Any) -> bool:
        if not isinstance(states, dict):
            return False
        own_states = dict(self.training.random_states())
        return all(
            use in USES
            and _are_counts(state)
            and _are_alike(state, own_states.get(use, state))
            for use, state in states.items()
        )

    def _are_callbacks(self, states: Any) -> bool:
        if not isinstance(states, dict):
            return False
        return all(
            _is_callback_state(states[name], callback)
            for name, callback in self.training.callbacks.items()
            if name in states
        )


def is_count(value: Any) -> bool:
    """Returns whether this is an int of 0 or above that fits 64 bits."""
    return type(value) is int and 0 <= value < 2**63


def are_values(values: Any) -> bool:
    """Returns whether this is a dict from names to lists of arrays."""
    if not isinstance(values, dict):
        return False
    return all(map(_are_arrays, values.values()))


def _are_arrays(values: Any) -> bool:
    if not isinstance(values, list):
        return False
    return all(isinstance(value, np.ndarray | np.generic) for value in values)


def _are_variables(values: Any) -> bool:
    return isinstance(values, dict) and all(map(are_values, values.values()))


def _are_ints(values: Any) -> bool:
    return isinstance(values, list) and all(type(value) is int for value in values)


def _is_bool(value: Any) -> bool:
    return isinstance(value, bool | np.bool_)


# Random states


def _is_numpy_state(state: Any) -> bool:
    kind = np.random.get_state(legacy=False)["bit_generator"]
    trial = np.random.RandomState(getattr(np.random, kind)())
    try:
        trial.set_state(state)
        place = trial.get_state(legacy=False)["state"].get("pos", 0)
        return 0 <= place <= MT19937_WORDS and same(
            encoded(trial.get_state()), encoded(state)
        )
    except WRONG:
        return False


def _is_python_state(state: Any) -> bool:
    trial = random.Random()
    try:
        trial.setstate(state)
        return isinstance(state[2], float | None) and same(
            encoded(trial.getstate()), encoded(state)
        )
    except WRONG:
        return False


def _is_stream_state(state: Any, own_state: dict[str, Any]) -> bool:
    """Returns whether a generator's state has the keys and counts of its own."""
    if not isinstance(state, dict) or state.keys() != own_state.keys():
        return False
    counts = [state[key] for key, own in own_state.items() if type(own) is int]
    if not all(map(is_count, counts)):
        return False
    return state["opened"] is None or _is_numpy_state(state["opened"])


def _are_counts(state: Any) -> bool:
    """Returns whether this is a count, or lists and dicts of counts."""
    if isinstance(state, dict):
        return all(map(_are_counts, state.values()))
    if isinstance(state, list):
        return all(map(_are_counts, state))
    return is_count(state)


def _are_alike(state: Any, own_state: Any) -> bool:
    """Returns whether a random state is laid out like a function's own."""
    if isinstance(own_state, dict):
        if not isinstance(state, dict) or state.keys() != own_state.keys():
            return False
        return all(_are_alike(state[key], own_state[key]) for key in own_state)
    if isinstance(own_state, list):
        return isinstance(state, list) and all(map(_are_alike, state, own_state))
    return not isinstance(state, dict | list)


# Callbacks


def _is_callback_state(state: Any, callback: Any) -> bool:
    """Returns whether a callback can take a state.

    One that says itself what its state is, is asked later.
    """
    get_state = getattr(type(callback), "get_state", Callback.get_state)
    if get_state is not Callback.get_state:
        return True
    if not isinstance(state, dict):
        return False
    return all(_is_attribute(callback, name, state[name]) for name in state)


def _is_attribute(callback: Any, name: Any, value: Any) -> bool:
    """Returns whether a callback can have a value as an attribute: numbers, texts,
    lists, arrays and dicts stay what they are."""
    if not isinstance(name, str) or name.startswith("__"):
        return False
    own = getattr(callback, name, None)
    if callable(own):
        return False
    for kinds in (NUMBERS, str, dict, list, np.ndarray):
        if isinstance(own, kinds):
            return isinstance(value, kinds)
    return True
