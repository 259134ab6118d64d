"""Manifest: the names of this plugin, by reference, and what it does unasked.

Hooks import what they need when they are called: a manifest itself imports nothing.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from oneiros import hookimpl


@hookimpl
def oneiros_callbacks() -> dict[str, str]:
    """The callbacks by name."""
    return {
        "MLflowTracker": "lab_trackers.mlflow_store:MLflowTracker",
        "OptunaPruning": "lab_trackers.optuna_pruning:OptunaPruning",
        "TensorBoardTracker": "lab_trackers.board:TensorBoardTracker",
    }


@hookimpl
def oneiros_commands() -> dict[str, str]:
    """The command that lists runs."""
    return {"runs": "lab_trackers.commands:runs"}


@hookimpl
def oneiros_progress(model: Any, total: int) -> Callable[[int], None] | None:
    """Logs how far an evaluation or a prediction is, if the program has such a log."""
    from lab_trackers.progress import logged

    return logged(model, total)


@hookimpl
def oneiros_default_callbacks() -> list[Any]:
    """Tracks every training, if the settings say where."""
    from lab_trackers.behaviour import trackers

    return trackers()


@hookimpl
def oneiros_after_save(model: Any, path: Path) -> None:
    """Keeps a model that is saved in training with its run, and logs the file."""
    from lab_trackers import logbook, tracker

    tracker.keep(model, path)
    logbook.saved(model, path)


@hookimpl
def oneiros_before_save(path: Path) -> None:
    """Logs which file is about to be replaced."""
    from lab_trackers import logbook

    logbook.replaced(path)


@hookimpl
def oneiros_before_load(path: Path) -> None:
    """Logs what is about to be read."""
    from lab_trackers import logbook

    logbook.read(path)


@hookimpl
def oneiros_after_load(model: Any, path: Path) -> None:
    """Logs which model a file became."""
    from lab_trackers import logbook

    logbook.loaded(model, path)
