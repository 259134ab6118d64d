"""Manifest: what this plugin offers, by reference, importing nothing."""

from __future__ import annotations

from typing import Any

from oneiros import hookimpl

CALLBACKS = {
    "ProgbarLogger": "oneiros_callbacks.progress:ProgbarLogger",
    "ModelCheckpoint": "oneiros_callbacks.watching:ModelCheckpoint",
    "EarlyStopping": "oneiros_callbacks.watching:EarlyStopping",
    "ReduceLROnPlateau": "oneiros_callbacks.watching:ReduceLROnPlateau",
}
OF_EVERY_FIT = {
    "BaseLogger": "oneiros_callbacks.averages:BaseLogger",
    "History": "oneiros_callbacks.averages:History",
}
"""What `fit` adds itself."""


@hookimpl
def oneiros_callbacks() -> dict[str, str]:
    """The callbacks that can be asked for by name."""
    return CALLBACKS


@hookimpl
def oneiros_modules() -> dict[str, dict[str, str]]:
    """`oneiros.callbacks`, and the progress bar where Keras 1 had it."""
    progbar = {"Progbar": "oneiros_callbacks.progress:Progbar"}
    return {"callbacks": {**CALLBACKS, **OF_EVERY_FIT}, "utils.generic_utils": progbar}


@hookimpl
def oneiros_default_callbacks(params: dict[str, Any]) -> list[Any]:
    """Warns of a loss that becomes NaN, and shows how a fit goes."""
    from oneiros_callbacks.nan import NaNWarning
    from oneiros_callbacks.progress import ProgbarLogger

    return [NaNWarning(), *([ProgbarLogger()] if params["verbose"] else [])]


@hookimpl
def oneiros_progress(total: int) -> Any:
    """Shows how far an evaluation or a prediction is."""
    from oneiros_callbacks.progress import Progbar

    return Progbar(total).update
