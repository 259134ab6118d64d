"""Manifest: what this plugin offers, by reference, importing nothing."""

from oneiros import hookimpl


@hookimpl
def oneiros_modules() -> dict[str, dict[str, str]]:
    """The module `visualize_util` of `oneiros.utils`."""
    return {
        "utils.visualize_util": {
            name: f"oneiros_visualization.visualize_util:{name}"
            for name in ("model_to_dot", "plot")
        }
    }
