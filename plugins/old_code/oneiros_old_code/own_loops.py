"""`fit`, `evaluate` and `predict` for models with a replaced `_fit_loop`, `_test_loop`
or `_predict_loop`."""

import inspect
from collections.abc import Callable
from typing import Any

from oneiros_training.arrays.standardize import gives_batches
from oneiros_training.arrays.user_data import (
    all_arrays,
    input_arrays,
    split,
    validation_source,
)
from oneiros_training.steps import step_for


def own_loop(
    method: Callable[..., Any], model, args: tuple[Any, ...], options: dict[str, Any]
):
    """Runs a method of a model with the loop that replaces Keras 1's.

    As in Keras 1, batches from an object or a generator don't use such a loop.

    # Arguments
        method: `fit`, `evaluate` or `predict`.
        model: the model.
        args, options: the arguments.
    """
    bound = inspect.signature(method).bind(model, *args, **options)
    bound.apply_defaults()
    given = bound.arguments
    sources = [given["x"], given.get("validation_data")]
    if any(map(gives_batches, sources)):
        return method(model, *args, **options)
    return LOOPS[method.__name__](model, given)


def _fit(model, given: dict[str, Any]):
    arrays = all_arrays(
        model, given["x"], given["y"], given["sample_weight"], given["class_weight"]
    )
    if given["validation_data"] is None:
        arrays, validation = split(model, arrays, given["validation_split"])
    else:
        validation = validation_source(model, given["validation_data"])
    names = list(model.metrics_names)
    options = {
        "out_labels": names,
        "callbacks": given["callbacks"] or [],
        "callback_metrics": names,
        **{name: given[name] for name in ("nb_epoch", "verbose", "shuffle")},
    }
    if validation:
        options["val_f"], options["val_ins"] = _function(model, "test", validation)
        options["callback_metrics"] = names + [f"val_{name}" for name in names]
    if given["initial_epoch"]:
        options["initial_epoch"] = given["initial_epoch"]
    function, inputs = _function(model, "train", arrays)
    return model._fit_loop(function, inputs, batch_size=given["batch_size"], **options)


def _evaluate(model, given: dict[str, Any]):
    arrays = all_arrays(model, given["x"], given["y"], given["sample_weight"])
    function, inputs = _function(model, "test", arrays)
    return model._test_loop(
        function, inputs, batch_size=given["batch_size"], verbose=given["verbose"]
    )


def _predict(model, given: dict[str, Any]):
    function, inputs = _function(model, "predict", input_arrays(model, given["x"]))
    return model._predict_loop(
        function, inputs, batch_size=given["batch_size"], verbose=given["verbose"]
    )


def _function(model, use: str, arrays: list[Any]) -> tuple[Any, list[Any]]:
    """Returns a model's function for a use, and all its inputs for these arrays."""
    step = step_for(model, use)
    return step.function, step.inputs(arrays)


LOOPS: dict[str, Callable[..., Any]] = {
    "fit": _fit,
    "evaluate": _evaluate,
    "predict": _predict,
}
"""The loop for each method."""
