"""Draws training curves from a history."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from oneiros.arguments import refusal, shown
from oneiros.errors import ArgumentError

from oneiros_visualization.figures import figure_for

COLUMNS = 3
"""Maximum number of panels in a row."""
PANEL = (4.8, 3.4)
"""Size of a panel in inches."""
MARKED = 30
"""Maximum number of epochs that are marked with points."""
VALIDATION = "val_"
"""Prefix of the names of validation values."""
Curves = dict[str, list[float]]


def plot_history(
    history: Any, metrics: Iterable[str] | None = None, figure: Any = None
):
    """Draws the loss and the metrics epoch by epoch.

    Each has its own panel, with a line for the training data and, if there is any,
    another for the validation data. Epochs count from 1, as in the output of `fit`.

    # Arguments
        history: the `History` that `fit` returned, or a dict such as its `history`.
        metrics: names without `val_`; by default, all in the history.
        figure: a `matplotlib.figure.Figure` to draw on, such as `plt.figure()`; by
            default, a new one.

    # Returns
        The figure. `figure.savefig("curves.png")` writes it.

    # Raises
        ArgumentError: if the history is empty, or lacks a metric.
        PluginLoadError: if matplotlib isn't installed.

    # Example
        ```python
        from oneiros.visualization import plot_history

        history = {"loss": [0.9, 0.5, 0.4], "val_loss": [1.0, 0.7, 0.7]}
        plot_history(history).savefig("curves.png")
        ```
    """
    curves = _numbers(getattr(history, "history", history))
    epochs = getattr(history, "epoch", None) or [0]
    names = _chosen(curves, metrics)
    columns = min(COLUMNS, len(names))
    rows = math.ceil(len(names) / columns)
    figure = figure_for(figure, columns * PANEL[0], rows * PANEL[1])
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    for panel, name in zip(panels, names):
        _draw(panel, name, curves, epochs[0] + 1)
    for panel in panels[len(names) :]:
        panel.remove()
    return figure


def _numbers(history) -> Curves:
    """Returns the values of a history that are numbers."""
    if not isinstance(history, Mapping):
        raise ArgumentError(
            f"plot_history received {shown(history)}. Expected what fit returned, or "
            "its `history`, a dict from names to lists of numbers."
        )
    curves = {name: _floats(values) for name, values in history.items()}
    numbers = {name: values for name, values in curves.items() if values}
    if not numbers:
        raise ArgumentError(
            "plot_history received a history without epochs. Train first: "
            "history = model.fit(x, y)."
        )
    return numbers


def _floats(values) -> list[float]:
    """Returns values as floats, or an empty list if they aren't numbers."""
    try:
        array = np.asarray(values, dtype=float)
    except (TypeError, ValueError):
        return []
    return array.tolist() if array.ndim == 1 else []


def _chosen(curves: Curves, metrics: Iterable[str] | None) -> Sequence[str]:
    """Returns the names of the panels."""
    metric_names = list(dict.fromkeys(name.removeprefix(VALIDATION) for name in curves))
    if metrics is None:
        return metric_names
    chosen = [metrics] if isinstance(metrics, str) else list(metrics)
    if not chosen or not set(chosen) <= set(metric_names):
        names = ", ".join(metric_names)
        raise refusal(
            "plot_history", "metrics", metrics, f"names of this history: {names}"
        )
    return chosen


def _draw(panel, name: str, curves: Curves, first_epoch: int) -> None:
    """Draws the lines of a metric."""
    lines = {"training": name, "validation": f"{VALIDATION}{name}"}
    for index, (label, key) in enumerate(lines.items()):
        values = curves.get(key, [])
        if not values:
            continue
        epochs = range(first_epoch, first_epoch + len(values))
        marker = "o" if len(values) <= MARKED else ""
        color = f"C{index}"
        panel.plot(epochs, values, color, marker=marker, markersize=3, label=label)
    panel.set_title(name, fontsize="medium")
    panel.set_xlabel("epoch")
    panel.xaxis.get_major_locator().set_params(integer=True)
    panel.grid(alpha=0.3)
    if len(panel.lines) > 1 or name not in curves:
        panel.legend()
