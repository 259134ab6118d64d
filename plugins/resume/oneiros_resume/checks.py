"""The state of a training in a file, checked before anything is set."""

from __future__ import annotations

import random
from collections.abc import Callable
from math import ceil
from typing import Any

import numpy as np
from oneiros.bases import Callback
from oneiros.errors import ArgumentError, FileFormatError
from oneiros_saving.plain_data import encoded, same

from oneiros_resume.training import USES, Training

Fits = Callable[[Any], bool]
WRONG = (AttributeError, LookupError, OverflowError, TypeError, ValueError)
"""What NumPy and Python raise on a state that is none."""
MT19937_WORDS = 624


def check_run(run: Any, training: Training, fit: dict[str, Any], path: Any) -> None:
    """Checks the types and the limits of all that `Keeper` saves of a training.

    # Arguments
        run: what the file holds of it.
        training: the `Training` that is to go on with it.
        fit: dict, what must be the same.
        path: the file, for messages.

    # Raises
        FileFormatError: saying what is missing or wrong.
        ArgumentError: if it is a training on other data.
    """
    if not isinstance(run, dict):
        raise damaged(path, f"is damaged: it is {shown(run)}")
    _check_items(
        run,
        {"fit": (lambda kept: _is_fit(kept, fit), f"a dict of {', '.join(fit)}")},
        path,
    )
    if run["fit"] != fit:
        raise ArgumentError(
            f"{path} is of a training with {run['fit']}; this one has {fit}. Pass the "
            "same data to go on with it, or remove the file to start anew."
        )
    _check_items(run, _expected(training), path)


def _check_items(
    run: dict[str, Any], items: dict[str, tuple[Fits, str]], path: Any
) -> None:
    for key, (fits, expected) in items.items():
        if key not in run:
            raise damaged(path, f"lacks {key!r}")
        if not fits(run[key]):
            raise damaged(path, f"has {key}={shown(run[key])}, not {expected}")


def check_epochs(run: dict[str, Any], epochs: range, path: Any) -> None:
    """Checks that a fit has the epoch that a training is at.

    What was trained can't be taken back.

    # Arguments
        epochs: range of the epochs of the fit.
        run, path: as for `check_run`.

    # Raises
        ArgumentError: saying which epochs go on with it.
    """
    done = run["epoch"]
    begun = run["batch"] is not None
    latest = epochs.stop - 1 if begun else epochs.stop
    if epochs.start <= done <= latest:
        return
    counted = "1 epoch" if done == 1 else f"{done} epochs"
    needed = max(done, 1)
    if begun:
        counted += " and a part of another"
        needed = done + 1
    remedy = f"pass nb_epoch={needed} or more"
    if done < epochs.start:
        remedy += f" and initial_epoch={done} or less"
    raise ArgumentError(
        f"The training in {path} has had {counted}; this fit has "
        f"initial_epoch={epochs.start} and nb_epoch={epochs.stop}. To go on with it, "
        f"{remedy}. To start anew, remove that file; load_model({str(path)!r}) gives "
        "the model as it is."
    )


def damaged(path: Any, what: str) -> FileFormatError:
    """Returns the error for a file whose state of a training is `what`."""
    return FileFormatError(
        f"The state of the training in {path} {what}. To start anew, remove that file; "
        f"load_model({str(path)!r}) gives the model that it holds."
    )


def shown(value: Any) -> str:
    """Returns a value in few words and on one line."""
    return " ".join(f"{value!r:.60}".split())


def are_values(kept: Any) -> bool:
    """Tells whether this is a dict from names to lists of arrays."""
    return isinstance(kept, dict) and all(
        isinstance(listed, list)
        and all(isinstance(value, np.ndarray | np.generic) for value in listed)
        for listed in kept.values()
    )


def _expected(training: Training) -> dict[str, tuple[Fits, str]]:
    """Returns for each key what tells whether a value fits, and in words what would."""
    size = len(training.order)
    most = ceil(size / training.streams["train"].batch_size) or None
    return {
        "epoch": (_is_count, "an int of 0 or above"),
        "batch": (
            lambda batch: (
                batch is None or (_is_count(batch) and 0 < batch <= (most or batch))
            ),
            f"None or an int from 1 to {most or 'the number of batches'}",
        ),
        "parameters": (
            lambda kept: (
                isinstance(kept, list) and all(type(place) is int for place in kept)
            ),
            "a list of ints",
        ),
        "numpy": (_is_numpy_state, "a state of NumPy's generator"),
        "python": (_is_python_state, "a state of Python's generator"),
        "streams": (
            lambda kept: (
                isinstance(kept, dict)
                and all(
                    name in kept and _is_place(kept[name], stream.get_state())
                    for name, stream in training.stateful()
                )
            ),
            "the places of the generators that are trained and validated on",
        ),
        "order": (
            lambda order: order is None or _is_order(order, size),
            f"None or the numbers from 0 to {size - 1} in some order",
        ),
        "stop_training": (
            lambda stop: isinstance(stop, bool | np.bool_),
            "True or False",
        ),
        "variables": (
            lambda kept: isinstance(kept, dict) and all(map(are_values, kept.values())),
            "the values of the layers' variables",
        ),
        "draws": (
            lambda kept: (
                isinstance(kept, dict)
                and _is_random_state(kept, dict(training.random_states()))
            ),
            "the seeds and counters of this model's random operations",
        ),
        "callbacks": (
            lambda kept: (
                isinstance(kept, dict)
                and all(
                    _is_state_of(callback, kept[name])
                    for name, callback in training.callbacks.items()
                    if name in kept
                )
            ),
            "the states of the callbacks",
        ),
    }


def _is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value < 2**63


def _is_fit(kept: Any, fit: dict[str, Any]) -> bool:
    if not isinstance(kept, dict) or kept.keys() != fit.keys():
        return False
    return all(value is None or np.isscalar(value) for value in kept.values())


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


def _is_order(order: Any, size: int) -> bool:
    return (
        isinstance(order, np.ndarray)
        and order.dtype.kind == "i"
        and np.array_equal(np.sort(order, axis=None), np.arange(size))
        and order.ndim == 1
    )


def _is_place(state: Any, own: dict[str, Any]) -> bool:
    """Tells whether a generator's place has the keys and counts of its own."""
    if not isinstance(state, dict) or state.keys() != own.keys():
        return False
    counts = all(
        _is_count(state[key]) for key, value in own.items() if type(value) is int
    )
    return counts and (state["opened"] is None or _is_numpy_state(state["opened"]))


def _is_random_state(kept: dict[str, Any], own: dict[str, Any]) -> bool:
    """Tells whether the random states of functions, by use, are like a model's own."""
    return all(
        use in USES and _counts(state) and _alike(state, own.get(use, state))
        for use, state in kept.items()
    )


def _counts(state: Any) -> bool:
    """Tells whether this is a count, or lists and dicts of counts."""
    if isinstance(state, dict):
        return all(map(_counts, state.values()))
    if isinstance(state, list):
        return all(map(_counts, state))
    return _is_count(state)


def _alike(state: Any, own: Any) -> bool:
    """Tells whether a random state is laid out like a function's own."""
    if isinstance(own, dict):
        same_keys = isinstance(state, dict) and state.keys() == own.keys()
        return same_keys and all(_alike(state[key], own[key]) for key in own)
    if isinstance(own, list):
        return isinstance(state, list) and all(map(_alike, state, own))
    return not isinstance(state, dict | list)


def _is_state_of(callback: Any, state: Any) -> bool:
    """Tells whether a callback can take a state.

    One that says itself how it takes it is asked later.
    """
    if (
        getattr(type(callback), "set_state", Callback.set_state)
        is not Callback.set_state
    ):
        return True
    return isinstance(state, dict) and all(
        isinstance(name, str) and not callable(getattr(callback, name, None))
        for name in state
    )
