"""Figures to draw on: the caller's, or new ones."""

from typing import Any

from oneiros.errors import PluginLoadError


def figure_for(figure: Any, width: float, height: float):
    """Returns the caller's figure, or a new one.

    # Arguments
        figure: a `matplotlib.figure.Figure`, or None for a new one.
        width: float, the width of a new figure in inches.
        height: float, the height of a new figure in inches.

    # Returns
        A `matplotlib.figure.Figure`. A new one works without a display, and notebooks
        show it.

    # Raises
        PluginLoadError: if matplotlib isn't installed.
    """
    if figure is not None:
        return figure
    try:
        from oneiros_visualization.picture import Picture
    except ImportError as error:
        raise PluginLoadError(
            f"Drawing needs matplotlib, which can't be imported ({error}). Type: "
            "pip install 'oneiros-visualization[matplotlib]'"
        ) from error
    return Picture(figsize=(width, height), layout="constrained")


def panel_for(figure, size: tuple[float, float], title: str = "") -> tuple[Any, Any]:
    """Returns a figure as `figure_for` does, and the only panel on it."""
    figure = figure_for(figure, *size)
    panel = figure.subplots()
    panel.set_title(title, fontsize="medium")
    return figure, panel
