"""From the arguments of `compile` to tensors: losses, their weights and masks, metrics,
the total."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from oneiros import backend as K
from oneiros import config, registry
from oneiros.engine.data import Names, Shape, name_of, spread
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
    try:
        inspect.signature(function).bind(y_true, y_pred)
    except TypeError as error:
        raise ArgumentError(
            f"{kind} {name_of(function)!r} must take (y_true, y_pred): {error}."
        ) from None
    except ValueError:
        pass
    result = function(y_true, y_pred)
    for value in (
        result.values() if isinstance(result, dict) and kind == "metric" else [result]
    ):
        if not K.current().owns(value):
            raise ArgumentError(
                f"The {kind} {name_of(function)!r} returned {value!r:.60}, no tensor. Compute it from y_true "
                f"and y_pred with functions of oneiros.backend, as in K.mean(K.square(y_pred - y_true))."
            )
    return result


def collect_metrics(metrics: Any, output_names: Names) -> list[list[Any]]:
    """Returns the list of metrics of each output, from a list (for all outputs) or a
    dict by output name."""
    if not isinstance(metrics, (list, tuple, dict, type(None))):
        raise ArgumentError(
            f"metrics takes a list, or a dict by output name; received {metrics!r}."
        )
    per_output = (
        metrics if isinstance(metrics, dict) else [metrics or []] * len(output_names)
    )
    listed = spread("metrics", per_output, output_names, default=[])
    return [
        list(item) if isinstance(item, (list, tuple)) else [item] for item in listed
    ]


def plan(
    model: Any,
    optimizer: Any,
    loss: Any,
    metrics: Any,
    loss_weights: Any,
    sample_weight_mode: Any,
) -> tuple[Any, ...]:
    """Returns what `compile` makes of its arguments; the model is not touched."""
    names, outputs, shapes = (
        model.output_names,
        model.outputs,
        model.internal_output_shapes,
    )
    functions = [
        _function("objective", "loss", one)
        for one in spread("loss", _each(loss, names), names)
    ]
    modes = spread(
        "sample_weight_mode", _each(sample_weight_mode, names), names, default=None
    )
    factors = spread(
        "loss_weights",
        _each(1.0 if loss_weights is None else loss_weights, names),
        names,
        1.0,
    )
    masks = model.compute_mask(model.inputs, None)
    masks = masks if isinstance(masks, list) else [masks] * len(outputs)
    parts = map(_output_loss, names, outputs, shapes, functions, modes, masks)
    target_shapes, targets, weights, values = map(list, zip(*parts, strict=True))
    terms = [
        factor * value for factor, value in zip(factors, values, strict=True)
    ] + list(model.losses)
    total = sum(terms[1:], terms[0])
    prefixes = [f"{name}_" for name in names] if len(names) > 1 else [""]
    named = [
        (f"{prefix}loss", value)
        for prefix, value in zip(prefixes, values, strict=True)
        if prefix
    ]
    for i, wanted in enumerate(collect_metrics(metrics, names)):
        for metric in wanted:
            pairs = _metric(metric, functions[i], targets[i], outputs[i], shapes[i])
            named += [(prefixes[i] + label, tensor) for label, tensor in pairs]
    labels, tensors = (
        ["loss", *(label for label, _ in named)],
        [tensor for _, tensor in named],
    )
    used = _optimizer(optimizer, model._backend)
    return (
        used,
        functions,
        modes,
        target_shapes,
        targets,
        weights,
        labels,
        tensors,
        total,
    )


def _each(value: Any, names: Names) -> Any:
    return value if isinstance(value, (list, tuple, dict)) else [value] * len(names)


def _output_loss(
    name: str,
    output: Tensor,
    shape: Shape,
    function: Any,
    mode: str | None,
    mask: Tensor,
) -> tuple[Shape | None, Tensor, Tensor, Tensor]:
    """Returns one output's target shape, its placeholders for targets and weights, and
    its loss."""
    if mode is not None and (mode != "temporal" or len(shape) < 3):
        raise ArgumentError(
            f"sample_weight_mode received {mode!r} for the output {name!r} of shape {shape}. It takes "
            f"None, or 'temporal' for outputs with time steps: (samples, steps, ...)."
        )
    known, dtype, sparse = (
        _target_shape(function, shape),
        K.dtype(output),
        K.is_sparse(output),
    )
    sizes = (None, *(known[1:] if known else [None] * (len(shape) - 1)))
    target = K.placeholder(
        shape=sizes, dtype=dtype, sparse=sparse, name=f"{name}_target"
    )
    weights = K.placeholder(ndim=2 if mode else 1, name=f"{name}_sample_weights")
    return (
        known,
        target,
        weights,
        weighted_objective(function)(target, output, weights, mask),
    )


def _function(kind: str, argument: str, identifier: Any) -> Any:
    function = config.get_object(kind, identifier)
    if not callable(function):
        raise ArgumentError(
            f"{argument} takes names, or functions (y_true, y_pred); it is {identifier!r}."
        )
    return function


def _optimizer(identifier: Any, backend: Any) -> Any:
    optimizer = config.get_object("optimizer", identifier, instantiate=True)
    if isinstance(optimizer, type) or not hasattr(optimizer, "get_updates"):
        raise ArgumentError(
            f"optimizer takes a name, or an object as SGD(lr=0.01); received {identifier!r}."
        )
    owner = getattr(optimizer, "_backend", backend)
    if owner is not backend:
        advice = f"Pass its name, or make it under `with oneiros.backend.use({backend.name!r}):`."
        raise BackendMixError(
            f"The model is on {backend.name!r}, its optimizer on {owner.name!r}. {advice}"
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
    return output_shape if entry is not None and registry.load(entry) is loss else None


def _metric(
    metric: Any, loss: Any, y_true: Tensor, y_pred: Tensor, shape: Shape
) -> list[tuple[str, Tensor]]:
    """Returns `(name, scalar)` of a metric; its function may return a dict of
    several."""
    accuracy = metric in ("accuracy", "acc")
    if accuracy:
        binary = shape[-1] == 1 or name_of(loss) == "binary_crossentropy"
        sparse = name_of(loss) == "sparse_categorical_crossentropy"
        metric = f"{'binary' if binary else 'sparse_categorical' if sparse else 'categorical'}_accuracy"
    function = _function("metric", "metrics", metric)
    result = _computed("metric", function, y_true, y_pred)
    named = (
        result
        if isinstance(result, dict)
        else {"acc" if accuracy else name_of(function): result}
    )
    return [
        (name, tensor if K.ndim(tensor) == 0 else K.mean(tensor))
        for name, tensor in named.items()
    ]
