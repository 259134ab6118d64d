"""Models as tables of rich."""

from collections.abc import Callable
from typing import Any

from oneiros import services
from oneiros.engine.layer import Layer
from rich.console import Console
from rich.progress_bar import ProgressBar
from rich.table import Table


class RichSummaries:
    """The service `summaries`: which layers a model has, and the share of its
    parameters that each has."""

    def print_summary(
        self,
        layers: list[Layer],
        relevant_nodes: Any,
        line_length: int,
        positions: Any,
        *,
        print_fn: Callable[[str], Any] | None,
    ) -> None:
        """Prints a table of layers, at most `line_length` wide.

        # Arguments
            layers: list of layers.
            relevant_nodes, positions: what only the table of Keras 1 needs.
            line_length: int.
            print_fn: function to call with each line instead; or None.
        """
        console = Console()
        console.width = min(line_length, console.width)
        if print_fn is None:
            console.print(table_of(layers))
            return
        with console.capture() as captured:
            console.print(table_of(layers))
        for line in captured.get().splitlines():
            print_fn(line)


def table_of(layers: list[Layer]) -> Table:
    """Returns the table, with a row for each layer."""
    counts = [layer.count_params() for layer in layers]
    total = sum(counts)
    table = Table("layer", "class", "output shape", caption=f"{total:,} parameters")
    table.add_column("parameters", justify="right")
    table.add_column("share", width=10)
    for layer, count in zip(layers, counts, strict=True):
        shape = getattr(layer, "output_shape", "several")
        bar = ProgressBar(total or 1, count)
        table.add_row(layer.name, type(layer).__name__, str(shape), f"{count:,}", bar)
    return table


service: services.Summaries = RichSummaries()
