"""A model's table of layers for notebooks."""

from collections.abc import Iterator
from html import escape

from oneiros.engine.container import Container

HEADING = ("layer", "class", "output shape", "parameters", "inputs")
OPEN = 40
"""Maximum number of layers for which the table starts open."""
LEFT = "text-align: left"
RIGHT = "text-align: right"
STYLES = (LEFT, LEFT, LEFT, RIGHT, LEFT)


def model_html(model: Container) -> str:
    """Returns a table of a model's layers, for a notebook.

    Text from the model is escaped, so names can't inject markup.

    # Arguments
        model: a model.

    # Returns
        str, HTML: a line for the model, which opens and closes the table.

    # Example
        ```python
        from oneiros.layers import Dense
        from oneiros.models import Sequential
        from oneiros.visualization import model_html

        html = model_html(Sequential([Dense(1, input_dim=2, name="output")]))
        print("<td" in html, "output" in html)  # True True
        ```
    """
    rows = list(_rows(model)) if model.layers else []
    heading = _row("th", HEADING)
    body = "".join(_row("td", cells) for cells in rows)
    state = " open" if len(rows) <= OPEN else ""
    return (
        f"<details{state}><summary>{escape(repr(model))}</summary>"
        f"<table><thead>{heading}</thead><tbody>{body}</tbody></table></details>"
    )


def _rows(model) -> Iterator[tuple[str, ...]]:
    """Yields the cells of each layer, the inputs first."""
    calls = model.graph_nodes()
    for layer in model.graph_layers():
        sources = [
            source.name
            for node in calls
            if node.outbound_layer is layer
            for source in node.inbound_layers
        ]
        yield (
            layer.name,
            type(layer).__name__,
            str(getattr(layer, "output_shape", "several")),
            f"{layer.count_params():,}",
            ", ".join(dict.fromkeys(sources)),
        )


def _row(tag: str, cells: tuple[str, ...]) -> str:
    columns = "".join(
        f'<{tag} style="{style}">{escape(cell)}</{tag}>'
        for style, cell in zip(STYLES, cells, strict=True)
    )
    return f"<tr>{columns}</tr>"
