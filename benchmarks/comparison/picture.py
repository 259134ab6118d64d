"""The figures as a picture."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from comparison.cases import CASES
from comparison.run import Records

COLOURS = {"oneiros": "#c2410c", "keras3": "#64748b", "hand": "#cbd5e1"}
COLUMNS = 4
LABELS = {"oneiros": "Oneiros", "keras3": "Keras 3", "hand": "written by hand"}


def draw(
    results: dict[str, Records], measures: Sequence[str], clock: int, path: Path
) -> None:
    """Writes a PNG with a panel per case and measure.

    The medians as bars, the spreads as lines.
    """
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot
    from matplotlib.patches import Patch

    bars = max(len(records) for records in results.values())
    columns = min(COLUMNS, len(measures))
    lines = math.ceil(len(measures) / columns)
    figure, axes = pyplot.subplots(
        lines * len(results),
        columns,
        squeeze=False,
        layout="constrained",
        figsize=(4.2 * columns, (0.22 * bars + 1) * lines * len(results)),
    )
    for number, (case, records) in enumerate(results.items()):
        panels = axes[number * lines : (number + 1) * lines].ravel()
        for panel in panels[len(measures) :]:
            panel.axis("off")
        for panel, measure in zip(panels, measures, strict=False):
            for place, record in enumerate(records.values()):
                figures = record.column(measure, clock)
                colour = COLOURS[record.contender.kind]
                bar = panel.barh(place, record.median(measure, clock), color=colour)
                panel.bar_label(bar, fmt=" %.3g", fontsize=6)
                panel.plot(
                    [min(figures), max(figures)],
                    [place, place],
                    color="black",
                    linewidth=1,
                )
            panel.set_yticks(range(len(records)), list(records), fontsize=7)
            panel.invert_yaxis()
            panel.set_xscale("log")
            panel.tick_params(axis="x", which="both", labelbottom=False)
            panel.margins(x=0.2)
            unit = "MB" if measure == "memory" else "ms"
            panel.set_title(
                f"({case}) {CASES[case].title}: {measure}, {unit}, log scale",
                fontsize=8,
            )
    handles = [Patch(color=COLOURS[kind], label=LABELS[kind]) for kind in COLOURS]
    figure.legend(handles=handles, loc="outside lower center", ncols=3, fontsize=8)
    figure.savefig(path, dpi=130)
    pyplot.close(figure)
