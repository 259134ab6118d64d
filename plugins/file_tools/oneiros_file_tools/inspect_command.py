"""`oneiros inspect`: what a model's file holds, where it comes from, what is missing
and what refused."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from oneiros_cli.text import printable
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from oneiros_file_tools.inspection import Inspection, Layer, Weight, inspect_file

NARROW = 110
"""Below this width layers are shown one under the other instead of in a table."""
ENGINES = {"tensorflow": "TensorFlow", "theano": "Theano", "jax": "JAX"}
LONGEST = 200
FEW = 20
"""So many paths of what isn't read are shown."""


def inspect(
    file: Annotated[
        Path,
        typer.Argument(
            help="HDF5 of a model or of weights, JSON, or another format here."
        ),
    ],
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON, for machines.")
    ] = False,
) -> None:
    """Show what a model's file holds, without building it or importing what it names.

    The exit status is 1 if the file can't be read, or if something is missing or would
    be refused.
    """
    found = inspect_file(file)
    if as_json:
        print(json.dumps(found.asdict(), indent=2))
    else:
        Console(highlight=False).print(_report(found, Console().width))
    if not found.loads:
        raise typer.Exit(1)


def _report(found: Inspection, width: int) -> Group:
    parts: list[RenderableType] = [_summary(found)]
    if found.layers:
        parts += [
            "",
            _stacked(found.layers) if width < NARROW else _table(found.layers),
        ]
    if found.training:
        parts += ["", *_training(found)]
    if found.sources:
        parts += ["", _sources(found)]
    missing = [
        (_places(each.kind, each.name, each.where), f"{each.advice} {each.origin}")
        for each in found.missing
    ]
    if found.unread:
        more = f" and {len(found.unread) - FEW:,} more" if found.unread[FEW:] else ""
        parts += [
            "",
            _text(
                ("not read, since no model's ", "yellow"),
                ", ".join(found.unread[:FEW]) + more,
            ),
        ]
    parts += _section("missing here", "yellow", missing)
    parts += _section(
        "would be refused", "red", [(each.where, each.reason) for each in found.refused]
    )
    return Group(*parts)


def _summary(found: Inspection) -> Text:
    version = (
        f"Keras {found.keras_version}" if found.keras_version else "no version of Keras"
    )
    facts = [f"{found.holds} in {found.format}", f"{found.bytes:,} bytes", version]
    if found.holds != "a configuration":
        engine = ENGINES.get(found.trained_on, "an unknown engine")
        facts.append(f"trained on {engine}")
        if found.kernels in ENGINES and found.kernels != found.trained_on:
            facts.append(f"kernels as on {ENGINES[found.kernels]}")
        facts.append(f"{found.parameters:,} parameters")
    model = (
        f"{found.model}, {len(found.layers)} layers"
        if found.model
        else f"{len(found.layers)} groups of weights"
    )
    return _text((found.path, "bold"), f"\n{', '.join(facts)}\n{model}")


def _table(layers: list[Layer]) -> Table:
    graph = any(layer.inbound for layer in layers)
    table = _plain_table(
        "layer", "class", "input → output", *["after"] * graph, "weight"
    )
    table.add_column("shape and type", no_wrap=True)
    table.add_column("parameters", justify="right", no_wrap=True)
    for layer in layers:
        after = [_text(", ".join(layer.inbound))] * graph
        cells = [*map(_text, (layer.where, layer.class_name, _shapes(layer))), *after]
        counts = [f"{layer.parameters:,}"] if layer.weights else []
        rows = [(_text(weight.name), _kind(weight)) for weight in layer.weights] or [
            (Text(), Text())
        ]
        for row in rows:
            table.add_row(*cells, *row, *counts)
            cells, counts = [Text()] * len(cells), []
    return table


def _stacked(layers: list[Layer]) -> Group:
    parts: list[RenderableType] = []
    for layer in layers:
        count = f"  {layer.parameters:,} parameters" if layer.weights else ""
        parts.append(
            _text(
                (layer.where, "bold"), f"  {layer.class_name}  {_shapes(layer)}{count}"
            )
        )
        if layer.inbound:
            parts.append(
                Padding(_text(f"after {', '.join(layer.inbound)}"), (0, 0, 0, 2))
            )
        parts += [Padding(_weight(weight), (0, 0, 0, 2)) for weight in layer.weights]
    return Group(*parts)


def _shapes(layer: Layer) -> str:
    shapes = dict.fromkeys(filter(None, (layer.input_shape, layer.output_shape)))
    return (
        f"→ {layer.output_shape}"
        if [*shapes] == [layer.output_shape]
        else " → ".join(shapes)
    )


def _weight(weight: Weight) -> Text:
    return Text.assemble(_text((weight.name, "cyan")), " ", _kind(weight))


def _kind(weight: Weight) -> Text:
    text = Text(f"{weight.shape} {weight.dtype}")
    if weight.unusual:
        text.append(f" {weight.unusual:,} NaN or infinite", "red")
    return text


def _training(found: Inspection) -> list[Text]:
    training = found.training or {}
    optimizer = training.get("optimizer_config")
    chosen = optimizer if isinstance(optimizer, dict) else {"class_name": optimizer}
    arguments = chosen.get("config") if isinstance(chosen.get("config"), dict) else {}
    told = ", ".join(
        f"{key}={_rounded(value)}" for key, value in (arguments or {}).items()
    )
    state = (
        f"{found.optimizer_weights} arrays of state"
        if found.optimizer_weights
        else "no state"
    )
    lines = [
        _text(
            ("compiled with ", "cyan"), f"{chosen.get('class_name')}({told}), {state}"
        )
    ]
    for key in ("loss", "metrics", "loss_weights", "sample_weight_mode"):
        if training.get(key):
            lines.append(_text((f"{key} ", "cyan"), json.dumps(training[key])))
    return lines


def _rounded(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _sources(found: Inspection) -> Table:
    told = any(source.in_file for source in found.sources)
    table = _plain_table("distribution", *["in the file"] * told, "here", "provides")
    for source in found.sources:
        here = (
            Text(source.here, "green")
            if source.here
            else Text("not installed", "yellow")
        )
        names = ", ".join(name.partition(":")[2] for name in source.names)
        table.add_row(
            _text(source.distribution),
            *[_text(source.in_file or "-")] * told,
            here,
            _text(names),
        )
    return table


def _places(kind: str, name: str, where: list[str]) -> str:
    more = f" and {len(where) - 3} more" if len(where) > 3 else ""
    return f"{kind} {name}, in {', '.join(where[:3])}{more}"


def _section(
    title: str, colour: str, items: list[tuple[str, str]]
) -> list[RenderableType]:
    parts: list[RenderableType] = (
        ["", Text(f"{title}: {len(items)}", colour)] if items else []
    )
    for head, text in items:
        parts += [
            _text((head, "bold")),
            Padding(_text(text.strip(), longest=2000), (0, 0, 0, 2)),
        ]
    return parts


def _plain_table(*headers: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for header in headers:
        table.add_column(header, overflow="fold")
    return table


def _text(*pieces: str | tuple[str, str], longest: int = LONGEST) -> Text:
    """Returns text of the file's, fit for a terminal; a piece may come with its
    style."""
    pairs = [(piece, "") if isinstance(piece, str) else piece for piece in pieces]
    cut = [
        (f"{text[:longest]}…" if len(text) > longest else text, style)
        for text, style in pairs
    ]
    return Text.assemble(*((printable(text), style) for text, style in cut))
