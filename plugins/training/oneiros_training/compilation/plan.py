"""Turns the arguments of `compile` into tensors: losses, metrics, the total loss."""

from typing import Any

import oneiros
from oneiros import config
from oneiros.backend.dispatch import backend_of
from oneiros.errors import ArgumentError, BackendMixError

from oneiros_training.advice import warn_of_single_units
from oneiros_training.compilation.losses import (
    function_arguments,
    output_losses,
    spread_all,
)
from oneiros_training.compilation.metrics import named_metrics


def plan(model, arguments: dict[str, Any], others: dict[str, Any]) -> dict[str, Any]:
    """Returns the attributes of the compiled model.

    # Arguments
        model: the `Model`.
        arguments: dict of the arguments of `Model.compile`.
        others: dict of those that are passed to `K.function`.
    """
    names = model.output_names
    modes = arguments["sample_weight_mode"]
    outputs = output_losses(model, arguments["loss"], modes)
    functions = [output.function for output in outputs]
    warn_of_single_units(model, functions)
    factors = spread_all("loss_weights", arguments["loss_weights"], names, default=1.0)
    pairs = zip(factors, outputs, strict=True)
    terms = [factor * output.value for factor, output in pairs]
    terms += model.losses
    named = named_metrics(model, outputs, arguments["metrics"])
    return {
        "optimizer": _optimizer(arguments["optimizer"], backend_of(model)),
        "loss_functions": functions,
        "sample_weight_modes": [output.mode for output in outputs],
        "target_shapes": [output.target_shape for output in outputs],
        "targets": [output.target for output in outputs],
        "sample_weights": [output.weights for output in outputs],
        "metrics_names": ["loss", *(name for name, _ in named)],
        "metrics_tensors": [tensor for _, tensor in named],
        "total_loss": sum(terms[1:], terms[0]),
        "_function_kwargs": function_arguments(others),
    }


def _optimizer(identifier, backend):
    optimizer = config.get_object("optimizer", identifier, instantiate=True)
    if hasattr(optimizer, "apply_gradients"):  # one of TensorFlow's own
        optimizer = oneiros.optimizers.get(optimizer)
    if isinstance(optimizer, type) or not hasattr(optimizer, "get_updates"):
        raise ArgumentError(
            f"optimizer takes a name, or an object as SGD(lr=0.01); received "
            f"{identifier!r}."
        )
    owner = backend_of(optimizer, backend)
    if owner is not backend:
        raise BackendMixError(
            f"The model is on {backend.name!r}, its optimizer on {owner.name!r}. Pass "
            f"its name, or make it under `with oneiros.backend.use({backend.name!r}):`."
        )
    return optimizer
