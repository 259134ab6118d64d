"""What this plugin does in every training, as its table in the settings says."""

from typing import Any

from oneiros import settings

from lab_optimizers.averaging import StochasticWeightAveraging
from lab_optimizers.decoupled import DecoupledOptimizer
from lab_optimizers.wrappers import GradientAccumulation, OptimizerWrapper


def setting(name: str) -> Any:
    """Returns a value of `[plugin.lab-optimizers]` in the settings, or None."""
    return settings.of_plugin("lab-optimizers").get(name)


def accumulate(arguments: dict[str, Any]) -> None:
    """Makes `compile` accumulate gradients over so many batches as the settings say.

    A configuration stays as it is: a file holds it, with a state that belongs to it.
    """
    steps = setting("accumulate")
    optimizer = arguments["optimizer"]
    if steps and not isinstance(optimizer, dict | GradientAccumulation):
        arguments["optimizer"] = GradientAccumulation(optimizer, steps)


def averaging() -> list[Any] | None:
    """Returns the callback that averages weights, if the settings name an epoch."""
    start = setting("average_from_epoch")
    return None if start is None else [StochasticWeightAveraging(start)]


def find_excluded(model: Any) -> None:
    """Excludes the weights of a model's layers that its optimizer names from decay."""
    optimizer = model.optimizer
    while isinstance(optimizer, OptimizerWrapper):
        optimizer = optimizer.optimizer
    if isinstance(optimizer, DecoupledOptimizer):
        for name in optimizer.excluded:
            optimizer.exclude(model.get_layer(name=name).trainable_weights)
