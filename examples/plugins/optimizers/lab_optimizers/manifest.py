"""Manifest: the names of this plugin, by reference, and what it does unasked.

Hooks import what they need when they are called: a manifest itself imports nothing.
"""

from typing import Any

from oneiros import hookimpl


@hookimpl
def oneiros_optimizers() -> dict[str, str]:
    """The optimizers by name."""
    return {
        "AveragedWeights": "lab_optimizers.wrappers:AveragedWeights",
        "DecoupledAdamW": "lab_optimizers.decoupled:DecoupledAdamW",
        "DecoupledLionW": "lab_optimizers.decoupled:DecoupledLionW",
        "GradientAccumulation": "lab_optimizers.wrappers:GradientAccumulation",
        "Lookahead": "lab_optimizers.wrappers:Lookahead",
    }


@hookimpl
def oneiros_callbacks() -> dict[str, str]:
    """The callback that averages weights by epochs."""
    name = "StochasticWeightAveraging"
    return {name: f"lab_optimizers.averaging:{name}"}


@hookimpl
def oneiros_before_compile(arguments: dict[str, Any]) -> None:
    """Accumulates gradients, if the settings say so."""
    from lab_optimizers.behaviour import accumulate

    accumulate(arguments)


@hookimpl
def oneiros_after_compile(model: Any) -> None:
    """Tells an optimizer which weights are of layers without decay."""
    from lab_optimizers.behaviour import find_excluded

    find_excluded(model)


@hookimpl
def oneiros_default_callbacks() -> list[Any] | None:
    """Averages the weights of every training, if the settings say so."""
    from lab_optimizers.behaviour import averaging

    return averaging()
