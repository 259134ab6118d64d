"""`fit`, `evaluate` and `predict` for models with a replaced `_fit_loop`, `_test_loop`
or `_predict_loop`."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from oneiros_old_code.unknown_arguments import known_arguments

Arrays = list[Any]


def run_own_loop(
    method: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    """Runs a method of a model with the loop that replaces Keras 1's.

    As in Keras 1, batches from an object or a generator don't use such a loop.

    # Arguments
        method: `fit`, `evaluate` or `predict` of `Model`.
        args, kwargs: its arguments; the model is the first.
    """
    known = known_arguments(method, args, kwargs)
    if known is not None:
        kwargs = known
    model = args[0]
    bound = inspect.signature(method).bind(*args, **kwargs)
    bound.apply_defaults()
    _, *names = bound.arguments
    arguments = {name: bound.arguments[name] for name in names}
    sources = [arguments["x"], arguments.get("validation_data")]
    if any(map(model.adapter.gives_batches, sources)):
        return method(*args, **kwargs)
    return METHODS[method.__name__](model, **arguments)


def _fit(
    model: Any,
    x: Any,
    y: Any,
    batch_size: int,
    nb_epoch: int,
    verbose: int,
    callbacks: Any,
    validation_split: float,
    validation_data: Any,
    shuffle: bool | str,
    class_weight: Any,
    sample_weight: Any,
    initial_epoch: int,
) -> Any:
    adapter = model.adapter
    arrays = adapter.user_data(x, y, sample_weight, class_weight)
    if validation_data is None:
        arrays, validation = adapter.split(arrays, validation_split)
    else:
        validation = adapter.validation_source(validation_data)
    names = list(model.metrics_names)
    options = {
        "out_labels": names,
        "batch_size": batch_size,
        "nb_epoch": nb_epoch,
        "verbose": verbose,
        "callbacks": callbacks or [],
        "shuffle": shuffle,
        "callback_metrics": names,
    }
    if validation:
        function, inputs = _function_and_inputs(model, "test", validation)
        validated = [f"val_{name}" for name in names]
        options.update(
            val_f=function, val_ins=inputs, callback_metrics=names + validated
        )
    if initial_epoch:
        options["initial_epoch"] = initial_epoch
    function, inputs = _function_and_inputs(model, "train", arrays)
    return model._fit_loop(function, inputs, **options)


def _evaluate(
    model: Any, x: Any, y: Any, batch_size: int, verbose: int, sample_weight: Any
) -> Any:
    arrays = model.adapter.user_data(x, y, sample_weight)
    function, inputs = _function_and_inputs(model, "test", arrays)
    return model._test_loop(function, inputs, batch_size=batch_size, verbose=verbose)


def _predict(model: Any, x: Any, batch_size: int, verbose: int) -> Any:
    arrays = model.adapter.inputs(x)
    function, inputs = _function_and_inputs(model, "predict", arrays)
    return model._predict_loop(function, inputs, batch_size=batch_size, verbose=verbose)


def _function_and_inputs(model: Any, use: str, arrays: Arrays) -> tuple[Any, Arrays]:
    """Returns a model's function for a use, and all its inputs for these arrays."""
    step = model.step_for(use)
    phase = [] if step.phase is None else [float(step.phase)]
    return step.function, [*arrays, *phase]


METHODS: dict[str, Callable[..., Any]] = {
    "fit": _fit,
    "evaluate": _evaluate,
    "predict": _predict,
}
"""The loop for each method."""
