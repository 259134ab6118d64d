"""Checks of the training state in a file, before anything is set."""

from __future__ import annotations

from collections.abc import Iterable
from reprlib import Repr
from typing import Any

import numpy as np
from oneiros.errors import ArgumentError, FileFormatError

from oneiros_resume.state_checks import StateChecks, StateItem
from oneiros_resume.training import Training

LONGEST_SHOWN = 60
SHORT = Repr()
SHORT.maxstring = LONGEST_SHOWN
SHORT.maxother = LONGEST_SHOWN


def check_run(run: Any, training: Training, fit: dict[str, Any], path: Any) -> None:
    """Checks the types and limits of everything that `Keeper` saves.

    # Arguments
        run: the saved state.
        training: the `Training` to continue with it.
        fit: dict of the values that must be the same.
        path: the file, for messages.

    # Raises
        FileFormatError: says what is missing or wrong.
        ArgumentError: if it belongs to training on other data.
    """
    if not isinstance(run, dict):
        raise damaged(path, f"is damaged: it is {shown(run)}")

    def is_like_fit(value: Any) -> bool:
        return _is_like_fit(value, fit)

    _check_items(
        run, [StateItem("fit", is_like_fit, f"a dict of {', '.join(fit)}")], path
    )
    if run["fit"] != fit:
        raise ArgumentError(
            f"{path} belongs to training with {run['fit']}; this has {fit}. Pass the "
            "same data to continue, or remove the file to start again."
        )
    _check_items(run, StateChecks(training).items(), path)


def _is_like_fit(value: Any, fit: dict[str, Any]) -> bool:
    if not isinstance(value, dict) or value.keys() != fit.keys():
        return False
    return all(item is None or np.isscalar(item) for item in value.values())


def _check_items(run: dict[str, Any], items: Iterable[StateItem], path: Any) -> None:
    for item in items:
        if item.key not in run:
            raise damaged(path, f"lacks {item.key!r}")
        value = run[item.key]
        if not item.fits(value):
            raise damaged(path, f"has {item.key}={shown(value)}, not {item.expected}")


def check_epochs(run: dict[str, Any], epochs: range, path: Any) -> None:
    """Checks that a fit includes the epoch where the saved training stopped.

    Training can't be undone.

    # Arguments
        epochs: range of the epochs of the fit.
        run, path: as for `check_run`.

    # Raises
        ArgumentError: says which epochs can continue it.
    """
    epochs_done = run["epoch"]
    is_in_epoch = run["batch"] is not None
    latest = epochs.stop - 1 if is_in_epoch else epochs.stop
    if epochs.start <= epochs_done <= latest:
        return
    progress = "1 epoch" if epochs_done == 1 else f"{epochs_done} epochs"
    needed = max(epochs_done, 1)
    if is_in_epoch:
        progress += " and part of another"
        needed = epochs_done + 1
    remedy = f"pass nb_epoch={needed} or more"
    if epochs_done < epochs.start:
        remedy += f" and initial_epoch={epochs_done} or less"
    raise ArgumentError(
        f"The training in {path} has had {progress}; this fit has "
        f"initial_epoch={epochs.start} and nb_epoch={epochs.stop}. To continue it, "
        f"{remedy}. To start again, remove that file; load_model({str(path)!r}) "
        "returns the model as it is."
    )


def damaged(path: Any, problem: str) -> FileFormatError:
    """Returns the error for a file with a problem in its training state."""
    return FileFormatError(
        f"The training state in {path} {problem}. To start again, remove that "
        f"file; load_model({str(path)!r}) returns the model that it holds."
    )


def shown(value: Any) -> str:
    """Returns a short description of a value, on one line."""
    short = SHORT.repr(value)
    return " ".join(short[:LONGEST_SHOWN].split())
