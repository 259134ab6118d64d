"""`fit`, `evaluate` and `predict` for models with a replaced `_fit_loop`, `_test_loop`
or `_predict_loop`."""

import inspect
from collections.abc import Callable
from typing import Any


def own_loop(method: Callable[..., Any], adapter: Any, args: tuple[Any, ...]) -> Any:
    """Runs a method of a model with the loop that replaces Keras 1's.

    As in Keras 1, batches from an object or a generator don't use such a loop.

    # Arguments
        method: `fit`, `evaluate` or `predict` of a model's adapter.
        adapter: that adapter.
        args: the arguments.
    """
    _, *names = inspect.signature(method).parameters
    arguments = dict(zip(names, args, strict=True))
    sources = [arguments["x"], arguments.get("validation_data")]
    if any(map(adapter.gives_batches, sources)):
        return method(adapter, *args)
    return LOOPS[method.__name__](adapter.model, arguments)


def _fit(model: Any, given: dict[str, Any]) -> Any:
    adapter = model.adapter
    arrays = adapter.user_data(
        given["x"], given["y"], given["sample_weight"], given["class_weight"]
    )
    if given["validation_data"] is None:
        arrays, validation = adapter.split(arrays, given["validation_split"])
    else:
        validation = adapter.validation_source(given["validation_data"])
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


def _evaluate(model: Any, given: dict[str, Any]) -> Any:
    arrays = model.adapter.user_data(given["x"], given["y"], given["sample_weight"])
    function, inputs = _function(model, "test", arrays)
    return model._test_loop(
        function, inputs, batch_size=given["batch_size"], verbose=given["verbose"]
    )


def _predict(model: Any, given: dict[str, Any]) -> Any:
    function, inputs = _function(model, "predict", model.adapter.inputs(given["x"]))
    return model._predict_loop(
        function, inputs, batch_size=given["batch_size"], verbose=given["verbose"]
    )


def _function(model: Any, use: str, arrays: list[Any]) -> tuple[Any, list[Any]]:
    """Returns a model's function for a use, and all its inputs for these arrays."""
    step = model.adapter.step_for(use)
    phase = [] if step.phase is None else [float(step.phase)]
    return step.function, [*arrays, *phase]


LOOPS: dict[str, Callable[..., Any]] = {
    "fit": _fit,
    "evaluate": _evaluate,
    "predict": _predict,
}
"""The loop for each method."""
