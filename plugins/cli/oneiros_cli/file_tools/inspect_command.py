"""`oneiros inspect`: shows what a model file contains, where it comes from, what is
missing, and what loading would refuse."""

import json
import re
from dataclasses import fields, replace
from pathlib import Path
from typing import Annotated, Any

import typer
from oneiros.errors import ArgumentError, UnsafeFileError
from oneiros_safe_files.budget import UNTRUSTED, Budget
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from oneiros_cli.file_tools.inspection import (
    Inspection,
    LayerReport,
    Weight,
    inspect_file,
)
from oneiros_cli.output import report_console
from oneiros_cli.text import printable

ENGINES = {"tensorflow": "TensorFlow", "theano": "Theano", "jax": "JAX"}
LONGEST = 200
"""Maximum length of a file's texts; longer ones are truncated."""
LONGEST_REASON = 2000
"""Maximum length of a line of an explanation."""

SHOWN_PATHS = 20
"""Maximum number of unread paths to show."""

SHOWN_WEIGHTS = 2_000
"""Maximum number of weights, and of layers without any, to show: more take seconds."""

NAMES = [field.name for field in fields(Budget)]
ARGUMENT = re.compile(r"budget=oneiros\.saving\.Budget\((.*?)\)")
"""How errors advise the callers of functions."""


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
    budget: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=NUMBER",
            help="Raise a limit for a file that you trust, such as layers=5000. You "
            "may repeat this option.",
        ),
    ] = None,
) -> None:
    """Show what a model's file holds.

    Nothing is built, and nothing that the file names is imported. The exit status is 1
    if the file can't be read, or if something is missing or would be refused.
    """
    limits = replace(UNTRUSTED, **dict(map(_limit, budget or [])))
    try:
        inspection = inspect_file(file, budget=limits)
    except UnsafeFileError as error:
        advice = ARGUMENT.sub(r"--budget \1", str(error))
        raise UnsafeFileError(advice) from error
    if as_json:
        print(json.dumps(inspection.asdict(), indent=2))
    else:
        with report_console() as console:
            console.print(_report(inspection))
    if not inspection.loads:
        raise typer.Exit(1)


def _limit(setting: str) -> tuple[str, Any]:
    """Returns the name of a limit, and the limit."""
    name, _, number = setting.partition("=")
    if name in NAMES:
        for kind in (int, float):
            try:
                return name, kind(number)
            except ValueError:
                continue
    raise ArgumentError(
        f"--budget received {setting!r:.80}. Expected NAME=NUMBER, such as "
        f"layers=5000. Names: {', '.join(NAMES)}."
    )


def _report(inspection: Inspection) -> Group:
    missing = [
        (_places(each.kind, each.name, each.where), f"{each.advice} {each.origin}")
        for each in inspection.missing
    ]
    refused = [(each.where, each.reason) for each in inspection.refused]
    blocks: list[list[RenderableType]] = [
        [_summary(inspection)],
        _layers(inspection.layers),
        _training(inspection),
        _unread(inspection.unread),
        _section("missing here", "yellow", missing),
        _section("would be refused", "red", refused),
    ]
    parts: list[RenderableType] = []
    for block in filter(None, blocks):
        parts += ["", *block]
    return Group(*parts[1:])


def _layers(layers: list[LayerReport]) -> list[RenderableType]:
    """Returns the lines of the first layers, with the weights that are shown."""
    parts: list[RenderableType] = []
    left = SHOWN_WEIGHTS
    for layer in layers:
        if left <= 0:
            break
        count = f"{layer.parameters:,} parameters" if layer.weights else ""
        facts = filter(None, [layer.class_name, layer.input_shape, count])
        parts.append(_text((layer.where, "bold"), *(f"  {fact}" for fact in facts)))
        if layer.inbound:
            parts.append(_indented(_text(f"after {', '.join(layer.inbound)}")))
        parts += [_indented(_weight(weight)) for weight in layer.weights[:left]]
        left -= max(1, len(layer.weights))
    if sum(max(1, len(layer.weights)) for layer in layers) > SHOWN_WEIGHTS:
        more = f"Only {SHOWN_WEIGHTS:,} weights and layers are shown; --json shows all."
        parts += ["", Text(more, "yellow")]
    return parts


def _summary(inspection: Inspection) -> Text:
    count = len(inspection.layers)
    version = "no version of Keras"
    if inspection.keras_version:
        version = f"Keras {inspection.keras_version}"
    facts = [
        f"{inspection.holds} in {inspection.format}",
        f"{inspection.bytes:,} bytes",
        version,
    ]
    if inspection.holds != "a configuration":
        facts += _engines(inspection)
        facts.append(f"{inspection.parameters:,} parameters")
    model = f"{count} groups of weights"
    if inspection.model:
        model = f"{inspection.model}, {count} layers"
    lines = [_text((inspection.path, "bold")), _text(", ".join(facts)), _text(model)]
    return Text("\n").join(lines)


def _engines(inspection: Inspection) -> list[str]:
    """Returns the engine on which a file was trained, and the engine of its kernels if
    that is another one."""
    trained_on = inspection.trained_on
    kernels = inspection.kernels
    facts = [f"trained on {ENGINES.get(trained_on, 'an unknown engine')}"]
    if kernels in ENGINES and kernels != trained_on:
        facts.append(f"kernels as on {ENGINES[kernels]}")
    return facts


def _unread(paths: list[str]) -> list[RenderableType]:
    if not paths:
        return []
    more = f" and {len(paths) - SHOWN_PATHS:,} more" if paths[SHOWN_PATHS:] else ""
    listed = ", ".join(paths[:SHOWN_PATHS]) + more
    return [_text(("not part of the model, so not read: ", "yellow"), listed)]


def _weight(weight: Weight) -> Text:
    text = _text((weight.name, "cyan"), f" {weight.shape} {weight.dtype}")
    if weight.unusual:
        text.append(f" {weight.unusual:,} NaN or infinite", "red")
    return text


def _training(inspection: Inspection) -> list[RenderableType]:
    training = inspection.training
    if not training:
        return []
    optimizer = training.get("optimizer_config")
    chosen = optimizer if isinstance(optimizer, dict) else {"class_name": optimizer}
    config = chosen.get("config")
    arguments = config if isinstance(config, dict) else {}
    written = ", ".join(f"{key}={_rounded(value)}" for key, value in arguments.items())
    state = "no state"
    if inspection.optimizer_weights:
        state = f"{inspection.optimizer_weights} arrays of state"
    call = f"{chosen.get('class_name')}({written})"
    lines: list[RenderableType] = [
        _text(("compiled with ", "cyan"), f"{call}, {state}")
    ]
    for key in ("loss", "metrics", "loss_weights", "sample_weight_mode"):
        if training.get(key):
            lines.append(_text((f"{key} ", "cyan"), json.dumps(training[key])))
    if inspection.uncompiled:
        reason = _reason(inspection.uncompiled)
        lines.append(_text(("loads without being compiled: ", "yellow")) + reason)
    return lines


def _rounded(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _places(kind: str, name: str, where: list[str]) -> str:
    more = f" and {len(where) - 3} more" if len(where) > 3 else ""
    return f"{kind} {name}, in {', '.join(where[:3])}{more}"


def _section(
    title: str, colour: str, items: list[tuple[str, str]]
) -> list[RenderableType]:
    if not items:
        return []
    parts: list[RenderableType] = [Text(f"{title}: {len(items)}", colour)]
    for head, text in items:
        parts += [_text((head, "bold")), _indented(_reason(text.strip()))]
    return parts


def _indented(text: Text) -> Padding:
    return Padding(text, (0, 0, 0, 2), expand=False)


def _text(*pieces: str | tuple[str, str], longest: int = LONGEST) -> Text:
    """Returns text from the file, safe for a terminal; a piece may have a style."""
    text = Text()
    for piece in pieces:
        if isinstance(piece, str):
            piece = (piece, "")
        content, style = piece
        if len(content) > longest:
            content = f"{content[:longest]}…"
        text.append(printable(content).replace("\n", "\\n"), style)
    return text


def _reason(text: str) -> Text:
    """Returns an explanation, which may have several lines."""
    return Text("\n").join(
        _text(line, longest=LONGEST_REASON) for line in text.splitlines()
    )
