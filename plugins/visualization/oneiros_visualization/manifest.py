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


@hookimpl
def oneiros_modules() -> dict[str, dict[str, str]]:
    """`oneiros.visualization`, and the module `visualize_util` of `oneiros.utils`."""
    return {"utils.visualize_util": GRAPHS, "visualization": {**GRAPHS, **PICTURES}}
