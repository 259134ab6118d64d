"""From the arguments of `compile` to tensors: losses, their weights and masks, metrics,
the total."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from oneiros import backend as K
from oneiros import config, registry
from oneiros.engine.data import Names, Shape, name_of, spread
from oneiros.engine.node import to_list
from oneiros.errors import ArgumentError, BackendMixError

Tensor = Any


def weighted_objective(fn: Callable[[Tensor, Tensor], Tensor]) -> Callable[..., Tensor]:
    """Returns a function `(y_true, y_pred, weights, mask=None)` that gives the loss
    `fn` as one number.

    Masked steps count nothing and the rest is scaled up for them; then each sample (or
    time step) counts by its weight, and the mean is over those whose weight isn't 0.
    """

    def weighted(
        y_true: Tensor, y_pred: Tensor, weights: Tensor, mask: Tensor = None
    ) -> Tensor:
        score = _computed("loss", fn, y_true, y_pred)
        if mask is not None:
            mask = K.cast(mask, K.floatx())
            score = score * mask / K.mean(mask)
        if weights is not None:
            extra = list(range(K.ndim(weights), K.ndim(score)))
            score = (K.mean(score, axis=extra) if extra else score) * weights
            score = score / K.mean(K.cast(K.not_equal(weights, 0), K.floatx()))
        return K.mean(score)

    return weighted


def _computed(kind: str, function: Any, y_true: Tensor, y_pred: Tensor) -> Any:
    """Returns what a loss or metric makes of two tensors: a tensor, or a dict of them
    from a metric."""
    _check_signature(kind, function, y_true, y_pred)
    result = function(y_true, y_pred)
    several = isinstance(result, dict) and kind == "metric"
    for value in result.values() if several else [result]:
        if not K.current().owns(value):
            raise ArgumentError(
                f"The {kind} {name_of(function)!r} returned {value!r:.60}, no tensor. "
                "Compute it from y_true and y_pred with functions of oneiros.backend, "
                "as in K.mean(K.square(y_pred - y_true))."
            )
    return result


def _check_signature(kind: str, function: Any, *arguments: Tensor) -> None:
    try:
        signature = inspect.signature(function)
    except ValueError:  # a built-in function that doesn't tell
        return
    try:
        signature.bind(*arguments)
    except TypeError as error:
        raise ArgumentError(
            f"{kind} {name_of(function)!r} must take (y_true, y_pred): {error}."
        ) from None


def collect_metrics(metrics: Any, output_names: Names) -> list[list[Any]]:
    """Returns the list of metrics of each output, from a list (for all outputs) or a
    dict by output name."""
    if not isinstance(metrics, (list, tuple, dict, type(None))):
        raise ArgumentError(
            f"metrics takes a list, or a dict by output name; received {metrics!r}."
        )
    if not isinstance(metrics, dict):
        metrics = [metrics or []] * len(output_names)
    listed = spread("metrics", metrics, output_names, default=[])
    return [
        list(item) if isinstance(item, (list, tuple)) else [item] for item in listed
    ]


@dataclass
class Training:
    """What `compile` makes of its arguments: the tensors and functions of a training.

    # Properties
        optimizer: the optimizer.
        outputs: list of the `OutputLoss` of each output.
        metrics_names: list of the names of all that a step returns.
        metrics_tensors: list of these tensors, but for the first, the total.
        total_loss: scalar tensor, the weighted sum of the losses.
    """

    optimizer: Any
    outputs: list[OutputLoss]
    metrics_names: list[str]
    metrics_tensors: list[Tensor]
    total_loss: Tensor


@dataclass
class OutputLoss:
    """The loss of one output.

    # Properties
        function: the loss, of `(y_true, y_pred)`.
        mode: None, or `"temporal"` for weights per time step.
        target_shape: tuple, the shape that targets must have; None for any.
        target: placeholder of the targets.
        weights: placeholder of the sample weights.
        value: scalar tensor.
    """

    function: Any
    mode: str | None
    target_shape: Shape | None
    target: Tensor
    weights: Tensor
    value: Tensor


def plan(
    model: Any,
    optimizer: Any,
    loss: Any,
    metrics: Any,
    loss_weights: Any,
    sample_weight_mode: Any,
) -> Training:
    """Returns what `compile` makes of its arguments; the model is not touched."""
    names = model.output_names
    outputs = _output_losses(model, loss, sample_weight_mode)
    factors = _spread_all("loss_weights", loss_weights, names, default=1.0)
    terms = [
        factor * output.value for factor, output in zip(factors, outputs, strict=True)
    ]
    terms += model.losses
    named = _named_metrics(model, outputs, metrics)
    return Training(
        optimizer=_optimizer(optimizer, model._backend),
        outputs=outputs,
        metrics_names=["loss", *(name for name, _ in named)],
        metrics_tensors=[tensor for _, tensor in named],
        total_loss=sum(terms[1:], terms[0]),
    )


def _output_losses(model: Any, loss: Any, modes: Any) -> list[OutputLoss]:
    names = model.output_names
    functions = [
        _function("objective", "loss", each)
        for each in _spread_all("loss", loss, names, default=...)
    ]
    masks = to_list(model.compute_mask(model.inputs, None))
    if len(masks) != len(names):
        masks = masks * len(names)
    return [
        _output_loss(*each)
        for each in zip(
            names,
            model.outputs,
            model.internal_output_shapes,
            functions,
            _spread_all("sample_weight_mode", modes, names, default=None),
            masks,
            strict=True,
        )
    ]


def _named_metrics(
    model: Any, outputs: list[OutputLoss], metrics: Any
) -> list[tuple[str, Tensor]]:
    """Returns `(name, scalar)` of what is measured beside the total loss: if there are
    several outputs, first the loss of each."""
    names = model.output_names
    prefixes = [f"{name}_" for name in names] if len(names) > 1 else [""]
    named = []
    if len(names) > 1:
        named = [
            (f"{prefix}loss", output.value)
            for prefix, output in zip(prefixes, outputs, strict=True)
        ]
    for i, wanted in enumerate(collect_metrics(metrics, names)):
        prediction = model.outputs[i], model.internal_output_shapes[i]
        for metric in wanted:
            for name, tensor in _metric(metric, outputs[i], *prediction):
                named.append((prefixes[i] + name, tensor))
    return named


def _spread_all(what: str, value: Any, names: Names, default: Any) -> Any:
    """Returns a list with an item per name; a single value, or the default for None,
    is for all of them."""
    if value is None and default is not ...:
        value = default
    if not isinstance(value, (list, tuple, dict)):
        value = [value] * len(names)
    return spread(what, value, names, default)


def _output_loss(
    name: str,
    output: Tensor,
    shape: Shape,
    function: Any,
    mode: str | None,
    mask: Tensor,
) -> OutputLoss:
    if mode is not None and (mode != "temporal" or len(shape) < 3):
        raise ArgumentError(
            f"sample_weight_mode received {mode!r} for the output {name!r} of shape "
            f"{shape}. It takes None, or 'temporal' for outputs with time steps: "
            "(samples, steps, ...)."
        )
    target_shape = _target_shape(function, shape)
    sizes = target_shape or (None,) * len(shape)
    target = K.placeholder(
        shape=(None, *sizes[1:]),
        dtype=K.dtype(output),
        sparse=K.is_sparse(output),
        name=f"{name}_target",
    )
    weights = K.placeholder(
        ndim=1 if mode is None else 2, name=f"{name}_sample_weights"
    )
    value = weighted_objective(function)(target, output, weights, mask)
    return OutputLoss(function, mode, target_shape, target, weights, value)


def _function(kind: str, argument: str, identifier: Any) -> Any:
    function = config.get_object(kind, identifier)
    if not callable(function):
        raise ArgumentError(
            f"{argument} takes names, or functions (y_true, y_pred); it is "
            f"{identifier!r}."
        )
    return function


def _optimizer(identifier: Any, backend: Any) -> Any:
    optimizer = config.get_object("optimizer", identifier, instantiate=True)
    if isinstance(optimizer, type) or not hasattr(optimizer, "get_updates"):
        raise ArgumentError(
            f"optimizer takes a name, or an object as SGD(lr=0.01); received "
            f"{identifier!r}."
        )
    owner = getattr(optimizer, "_backend", backend)
    if owner is not backend:
        raise BackendMixError(
            f"The model is on {backend.name!r}, its optimizer on {owner.name!r}. Pass "
            f"its name, or make it under `with oneiros.backend.use({backend.name!r}):`."
        )
    return optimizer


def _target_shape(loss: Any, output_shape: Shape) -> Shape | None:
    """Returns the shape of the targets that a loss takes; None if only the loss itself
    knows.

    A registered loss takes targets shaped like the output, unless it has an attribute
    `target_shape`, a function from the output's shape to the target's. A loss of the
    user's own takes anything.
    """
    name = name_of(loss)
    if hasattr(loss, "target_shape"):
        return tuple(loss.target_shape(output_shape))
    if name == "sparse_categorical_crossentropy":
        return (*output_shape[:-1], 1)
    entry = registry.find("objective", name)
    if entry is not None and registry.load(entry) is loss:
        return output_shape
    return None


def _metric(
    metric: Any, loss: OutputLoss, y_pred: Tensor, shape: Shape
) -> list[tuple[str, Tensor]]:
    """Returns `(name, scalar)` of a metric; its function may return a dict of
    several."""
    is_accuracy = metric in ("accuracy", "acc")
    if is_accuracy:
        metric = _accuracy_for(name_of(loss.function), shape)
    function = _function("metric", "metrics", metric)
    result = _computed("metric", function, loss.target, y_pred)
    if not isinstance(result, dict):
        result = {"acc" if is_accuracy else name_of(function): result}
    return [
        (name, tensor if K.ndim(tensor) == 0 else K.mean(tensor))
        for name, tensor in result.items()
    ]


def _accuracy_for(loss: str, shape: Shape) -> str:
    """Returns the name of the accuracy that suits a loss and the output's shape."""
    if shape[-1] == 1 or loss == "binary_crossentropy":
        return "binary_accuracy"
    if loss == "sparse_categorical_crossentropy":
        return "sparse_categorical_accuracy"
    return "categorical_accuracy"
