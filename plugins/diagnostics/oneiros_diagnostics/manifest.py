"""Manifest: the names of this plugin, by reference."""

from oneiros import hookimpl

DIAGNOSTICS = {
    "find_learning_rate": "oneiros_diagnostics.learning_rate:find_learning_rate",
    "RateSearch": "oneiros_diagnostics.learning_rate:RateSearch",
    "overfit_batch": "oneiros_diagnostics.overfitting:overfit_batch",
    "OverfitCheck": "oneiros_diagnostics.overfitting:OverfitCheck",
    "weight_statistics": "oneiros_diagnostics.weights:weight_statistics",
    "WeightStatistics": "oneiros_diagnostics.weights:WeightStatistics",
    "estimate_memory": "oneiros_diagnostics.memory:estimate_memory",
    "MemoryEstimate": "oneiros_diagnostics.memory:MemoryEstimate",
    "preserved": "oneiros_diagnostics.preserving:preserved",
}


@hookimpl
def oneiros_modules() -> dict[str, dict[str, str]]:
    """`oneiros.diagnostics`."""
    return {"diagnostics": DIAGNOSTICS}
