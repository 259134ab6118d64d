"""The loss of each output: weighted and masked, as one number."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from oneiros import backend as K
from oneiros import config, registry, services
from oneiros.arguments import label
from oneiros.engine.node import to_list
from oneiros.errors import ArgumentError, ShapeError
from oneiros.typing import Shape, Tensor

from oneiros_training.arrays.naming import REQUIRED, Names, name_of, spread

SCALAR_TARGET_AXES = 2
"""The number of axes of the targets for an output that is one number: a loss computed
by a layer is trained with targets `(n, 1)`, which it ignores."""


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


def weighted_objective(fn: Callable[[Tensor, Tensor], Tensor]) -> Callable[..., Tensor]:
    """Returns a function `(y_true, y_pred, weights, mask=None)` that returns the loss
    `fn` as one number.

    Masked steps don't count, and the others are scaled up to compensate. Then each
    sample (or time step) is multiplied by its weight, and the mean is taken over those
    with a weight other than 0.
    """

    def weighted(
        y_true: Tensor, y_pred: Tensor, weights: Tensor, mask: Tensor = None
    ) -> Tensor:
        score = computed("loss", fn, y_true, y_pred)
        if mask is not None:
            _check_mask(mask, score, y_pred)
            mask = K.cast(mask, K.floatx())
            score = score * mask / K.mean(mask)
        if weights is not None:
            extra = list(range(K.ndim(weights), K.ndim(score)))
            score = (K.mean(score, axis=extra) if extra else score) * weights
            score = score / K.mean(K.cast(K.not_equal(weights, 0), K.floatx()))
        return K.mean(score)

    return weighted


def _check_mask(mask: Tensor, score: Tensor, output: Tensor) -> None:
    """Raises ShapeError for a mask of time steps that the output doesn't have."""
    if not 0 < K.ndim(score) < K.ndim(mask) or K.int_shape(mask)[-1] == 1:
        return
    layer = getattr(output, "_keras_history", ("An output's layer",))[0]
    raise ShapeError(
        f"{label(layer)} passes on a mask of shape {K.int_shape(mask)}, but its output "
        f"has no such time steps: its loss has the shape {K.int_shape(score)}. In the "
        "layer that removes the time axis, define compute_mask(self, x, mask=None), "
        "which returns None."
    )


def output_losses(model, loss, modes) -> list[OutputLoss]:
    """Returns the loss of each output.

    # Arguments
        model: the `Model`.
        loss, modes: as `loss` and `sample_weight_mode` of `compile`.
    """
    names = model.output_names
    functions = [
        get_function("objective", "loss", each)
        for each in spread_all("loss", loss, names, default=REQUIRED)
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
            spread_all("sample_weight_mode", modes, names, default=None),
            masks,
            strict=True,
        )
    ]


def spread_all(argument: str, value, names: Names, default):
    """Returns a list with one item per name; a single value, or the default for None,
    applies to all."""
    if value is None and default is not REQUIRED:
        value = default
    if not isinstance(value, (list, tuple, dict)):
        value = [value] * len(names)
    return spread(argument, value, names, default)


def _output_loss(
    name: str, output: Tensor, shape: Shape, function, mode: str | None, mask: Tensor
) -> OutputLoss:
    if mode is not None and (mode != "temporal" or len(shape) < 3):
        raise ArgumentError(
            f"sample_weight_mode received {mode!r} for the output {name!r} of shape "
            f"{shape}. Expected None, or 'temporal' for outputs with time steps: "
            "(samples, steps, ...)."
        )
    target_shape = targets_of(function, shape) if shape else None
    sizes = target_shape or (None,) * (len(shape) or SCALAR_TARGET_AXES)
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


def targets_of(loss, output_shape: Shape) -> Shape | None:
    """Returns the shape of the targets that a loss accepts; None if only the loss
    itself knows.

    A registered loss accepts targets with the shape of the output, unless it has an
    attribute `target_shape`, a function from the output shape to the target shape. A
    user's own loss accepts anything.
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


def function_arguments(arguments: dict[str, Any]) -> dict[str, Any]:
    """Returns those additional arguments of `compile` that the current backend's
    `K.function` accepts; warns about others once, instead of for each function."""
    if arguments and registry.find("service", "old_code"):
        arguments = services.old_code.without_removed("compile", arguments)
    take = getattr(K.current(), "own_arguments", None)
    return dict(take(arguments)) if take else arguments


def get_function(kind: str, argument: str, identifier):
    """Returns a loss or metric by its name, or a function unchanged.

    # Arguments
        kind: str, `"objective"` or `"metric"`.
        argument: str, the argument of `compile`, for messages.
        identifier: name or function.
    """
    function = config.get_object(kind, identifier)
    if not callable(function):
        raise ArgumentError(
            f"{argument} must be a name, or a function (y_true, y_pred); it is "
            f"{identifier!r}."
        )
    return function


def computed(kind: str, function, y_true: Tensor, y_pred: Tensor):
    """Calls a loss or metric on two tensors; returns a tensor, or, from a metric, a
    dict of tensors."""
    _check_signature(kind, function, y_true, y_pred)
    result = function(y_true, y_pred)
    several = isinstance(result, dict) and kind == "metric"
    for value in result.values() if several else [result]:
        if not K.current().owns(value):
            raise ArgumentError(
                f"The {kind} {name_of(function)!r} returned {value!r:.60}, not a "
                "tensor. Compute it from y_true and y_pred with functions of "
                "oneiros.backend, as in K.mean(K.square(y_pred - y_true))."
            )
    return result


def _check_signature(kind: str, function, *arguments: Tensor) -> None:
    try:
        signature = inspect.signature(function)
    except ValueError:  # a built-in function that doesn't tell
        return
    try:
        signature.bind(*arguments)
    except TypeError as error:
        raise ArgumentError(
            f"{kind} {name_of(function)!r} must accept (y_true, y_pred): {error}."
        ) from None
