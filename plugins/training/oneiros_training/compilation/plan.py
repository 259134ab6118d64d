"""Turns the arguments of `compile` into tensors: losses, metrics, the total loss."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import oneiros
from oneiros import config, services
from oneiros.backend.dispatch import backend_of
from oneiros.engine.node import Tensor
from oneiros.errors import ArgumentError, BackendMixError

from oneiros_training.advice import warn_of_single_units
from oneiros_training.compilation.callables import function_arguments
from oneiros_training.compilation.losses import OutputLoss, output_losses, spread_all
from oneiros_training.compilation.metrics import named_metrics


@dataclass
class TrainingPlan:
    """The result of `compile`: the tensors and functions for training.

    # Properties
        optimizer: the optimizer.
        outputs: list of the `OutputLoss` of each output.
        metrics_names: list of the names of all values that a step returns.
        metrics_tensors: list of these tensors without the first one, the total.
        total_loss: scalar tensor, the weighted sum of the losses.
    """

    optimizer: Any
    outputs: list[OutputLoss]
    metrics_names: list[str]
    metrics_tensors: list[Tensor]
    total_loss: Tensor


def plan(
    model: Any,
    optimizer: Any,
    loss: Any,
    metrics: Any,
    loss_weights: Any,
    sample_weight_mode: Any,
) -> TrainingPlan:
    """Returns the `TrainingPlan` for the arguments of `compile`; the model doesn't
    change."""
    names = model.output_names
    outputs = output_losses(model, loss, sample_weight_mode)
    warn_of_single_units(model, [output.function for output in outputs])
    factors = spread_all("loss_weights", loss_weights, names, default=1.0)
    terms = [
        factor * output.value for factor, output in zip(factors, outputs, strict=True)
    ]
    terms += model.losses
    named = named_metrics(model, outputs, metrics)
    return TrainingPlan(
        optimizer=_optimizer(optimizer, backend_of(model)),
        outputs=outputs,
        metrics_names=["loss", *(name for name, _ in named)],
        metrics_tensors=[tensor for _, tensor in named],
        total_loss=sum(terms[1:], terms[0]),
    )


def _optimizer(identifier: Any, backend: Any) -> Any:
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


class Compilation:
    """The service `compilation`."""

    plan = staticmethod(plan)
    function_arguments = staticmethod(function_arguments)


compilation: services.Compilation = Compilation()
