"""Manifest: the names of this plugin, by reference."""

from oneiros import hookimpl

GRAPHS = {
    name: f"oneiros_visualization.visualize_util:{name}"
    for name in ("model_to_dot", "plot")
}
PICTURES = {
    "figure_for": "oneiros_visualization.figures:figure_for",
    "model_html": "oneiros_visualization.notebook:model_html",
    "plot_activations": "oneiros_visualization.images:plot_activations",
    "plot_filters": "oneiros_visualization.images:plot_filters",
    "plot_history": "oneiros_visualization.curves:plot_history",
}
TOOLS = "oneiros_visualization.diagnostics"
DIAGNOSTICS = {
    "find_learning_rate": f"{TOOLS}.learning_rate:find_learning_rate",
    "RateSearch": f"{TOOLS}.learning_rate:RateSearch",
    "overfit_batch": f"{TOOLS}.overfitting:overfit_batch",
    "OverfitCheck": f"{TOOLS}.overfitting:OverfitCheck",
    "weight_statistics": f"{TOOLS}.weights:weight_statistics",
    "WeightStatistics": f"{TOOLS}.weights:WeightStatistics",
    "estimate_memory": f"{TOOLS}.memory:estimate_memory",
    "MemoryEstimate": f"{TOOLS}.memory:MemoryEstimate",
    "preserved": f"{TOOLS}.preserving:preserved",
}
CALLBACKS = {"StepProfile": "oneiros_visualization.profiling.profile:StepProfile"}


@hookimpl
def oneiros_services():
    """Models in a notebook."""
    return {"notebooks": "oneiros_visualization.service:service"}


@hookimpl
def oneiros_callbacks():
    """The callbacks that are available by name."""
    return CALLBACKS


@hookimpl
def oneiros_modules():
    """`oneiros.visualization`, `oneiros.diagnostics`, and the modules of Keras 1."""
    return {
        "callbacks": CALLBACKS,
        "diagnostics": DIAGNOSTICS,
        "utils.visualize_util": GRAPHS,
        "visualization": {**GRAPHS, **PICTURES},
    }
