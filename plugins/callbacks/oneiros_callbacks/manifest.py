"""Manifest: the names of this plugin, by reference."""

from typing import Any

from oneiros import hookimpl

CALLBACKS = {
    "ProgbarLogger": "oneiros_callbacks.progress:ProgbarLogger",
    "ModelCheckpoint": "oneiros_callbacks.checkpoint:ModelCheckpoint",
    "EarlyStopping": "oneiros_callbacks.stopping:EarlyStopping",
    "TerminateOnNaN": "oneiros_callbacks.stopping:TerminateOnNaN",
    "LearningRateScheduler": "oneiros_callbacks.rates:LearningRateScheduler",
    "ReduceLROnPlateau": "oneiros_callbacks.rates:ReduceLROnPlateau",
    "LambdaCallback": "oneiros_callbacks.lambda_callback:LambdaCallback",
    "CSVLogger": "oneiros_callbacks.csv_log:CSVLogger",
    "RemoteMonitor": "oneiros_callbacks.remote:RemoteMonitor",
    "TensorBoard": "oneiros_callbacks.tensorboard:TensorBoard",
}
OTHERS = {
    "Callback": "oneiros.bases:Callback",
    "BaseLogger": "oneiros_callbacks.averages:BaseLogger",
    "CallbackList": "oneiros_callbacks.callback_list:CallbackList",
    "History": "oneiros_callbacks.averages:History",
}
"""The base class, and the callbacks that `fit` adds."""


@hookimpl
def oneiros_services():
    """The callbacks that every fit has."""
    return {"default_callbacks": "oneiros_callbacks.callback_list:service"}


@hookimpl
def oneiros_callbacks():
    """The callbacks that you can use by name."""
    return CALLBACKS


@hookimpl
def oneiros_modules():
    """`oneiros.callbacks`, and the progress bar in its place in Keras 1."""
    progbar = {"Progbar": "oneiros_callbacks.progbar:Progbar"}
    return {"callbacks": {**CALLBACKS, **OTHERS}, "utils.generic_utils": progbar}


@hookimpl
def oneiros_default_callbacks(model, params: dict[str, Any]) -> list[Any]:
    """The callbacks that warn when the loss becomes NaN, and show the progress."""
    from oneiros import processes

    from oneiros_callbacks.nan import NaNWarning
    from oneiros_callbacks.progress import ProgbarLogger

    if not params["verbose"] or not processes.is_first():
        return [NaNWarning()]
    logger = ProgbarLogger()
    logger.set_model(model)
    logger.set_params(params)
    return [NaNWarning(), logger]


@hookimpl
def oneiros_progress(total: int):
    """Shows the progress of an evaluation or a prediction, if its length is known."""
    from oneiros import processes

    from oneiros_callbacks.progbar import Progbar

    return Progbar(total).update if total and processes.is_first() else None
