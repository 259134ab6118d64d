"""The metrics of each output, and their names."""

import difflib
from typing import Any

from oneiros import backend as K
from oneiros.errors import ArgumentError, UnknownNameError
from oneiros.typing import Shape, Tensor

from oneiros_training.arrays.naming import Names, name_of, spread
from oneiros_training.compilation.losses import (
    OutputLoss,
    computed,
    get_function,
    targets_of,
)

MISSPELT = 0.8
"""How near a name is, from 0 to 1, that was meant to be another one."""


def collect_metrics(metrics, output_names: Names) -> list[list[Any]]:
    """Returns the list of metrics of each output, from a list (for all outputs) or a
    dict by output name."""
    if not isinstance(metrics, (list, tuple, dict, type(None))):
        raise ArgumentError(
            f"metrics must be a list, or a dict by output name; received {metrics!r}."
        )
    if not isinstance(metrics, dict):
        metrics = [metrics or []] * len(output_names)
    listed = spread("metrics", metrics, output_names, default=[])
    return [
        list(item) if isinstance(item, (list, tuple)) else [item] for item in listed
    ]


def named_metrics(
    model, outputs: list[OutputLoss], metrics
) -> list[tuple[str, Tensor]]:
    """Returns `(name, scalar)` of everything measured besides the total loss; for
    several outputs, the loss of each comes first."""
    names = model.output_names
    prefixes = [f"{name}_" for name in names] if len(names) > 1 else [""]
    named = []
    if len(names) > 1:
        named = [
            (f"{prefix}loss", output.value)
            for prefix, output in zip(prefixes, outputs, strict=True)
        ]
    for i, output_metrics in enumerate(collect_metrics(metrics, names)):
        prediction = model.outputs[i], model.internal_output_shapes[i]
        for metric in output_metrics:
            for name, tensor in _metric(metric, outputs[i], *prediction):
                named.append((prefixes[i] + name, tensor))
    return named


def _metric(
    metric, loss: OutputLoss, y_pred: Tensor, shape: Shape
) -> list[tuple[str, Tensor]]:
    """Returns `(name, scalar)` of a metric, or several if its function returns a
    dict."""
    is_accuracy = metric in ("accuracy", "acc")
    if is_accuracy:
        metric = accuracy_for(loss.function, shape)
    function = _function_of(metric)
    result = computed("metric", function, loss.target, y_pred)
    if not isinstance(result, dict):
        result = {"acc" if is_accuracy else name_of(function): result}
    return [
        (name, tensor if K.ndim(tensor) == 0 else K.mean(tensor))
        for name, tensor in result.items()
    ]


def _function_of(metric):
    try:
        return get_function("metric", "metrics", metric)
    except UnknownNameError:
        # These two stand for several metrics, and are none themselves
        if difflib.get_close_matches(metric, ("accuracy", "acc"), cutoff=MISSPELT):
            raise UnknownNameError(
                f"Unknown metric {metric!r}. Did you mean 'accuracy'?"
            ) from None
        raise


def accuracy_for(loss, shape: Shape) -> str:
    """Returns the name of the accuracy that suits a loss and the output's shape."""
    if shape[-1:] == (1,) or name_of(loss) == "binary_crossentropy":
        return "binary_accuracy"
    targets = targets_of(loss, shape)
    has_class_numbers = targets is not None and targets[-1:] == (1,)
    return (
        "sparse_categorical_accuracy" if has_class_numbers else "categorical_accuracy"
    )
