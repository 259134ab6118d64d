"""`oneiros inspect`: shows what a model file contains, where it comes from, what is
missing, and what loading would refuse."""

import json
import re
from collections.abc import Iterator
from dataclasses import fields, replace
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
from oneiros.errors import ArgumentError, UnsafeFileError
from oneiros_safe_files.budget import UNTRUSTED, Budget
from oneiros_saving.loading import load_model

from oneiros_cli.file_tools.folder import (
    advise_objects,
    counted,
    inspected,
    reported,
    sources_in,
)
from oneiros_cli.file_tools.inspection import (
    Inspection,
    LayerReport,
    Weight,
    inspect_file,
)
from oneiros_cli.file_tools.own_objects import ObjectsFile, own_objects
from oneiros_cli.text import one_line

ENGINES = {"tensorflow": "TensorFlow", "theano": "Theano", "jax": "JAX"}
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
            help="HDF5 of a model or of weights, JSON, or another format here; or a "
            "folder of such files."
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
    objects: ObjectsFile = None,
    load: Annotated[
        bool | None,
        typer.Option(
            help="Load what should load, as load_model does, to be certain; the "
            "default for a folder."
        ),
    ] = None,
) -> None:
    """Show what a model's file holds, or a folder of them.

    Nothing is built of a single file, unless with --load, and nothing that it names is
    imported. The exit status is 1 if a file can't be read, or if something is missing
    or would be refused.
    """
    limits = replace(UNTRUSTED, **dict(map(_limit, budget or [])))
    with own_objects(objects):
        if file.is_dir():
            look = partial(
                inspected, folder=file, budget=limits, loads=load is not False
            )
            reported(sources_in(file), look, as_json)
        else:
            _inspect_one(file, limits, bool(load), as_json)


def _inspect_one(file: Path, limits: Budget, loads: bool, as_json: bool) -> None:
    try:
        inspection = inspect_file(file, budget=limits)
    except UnsafeFileError as error:
        advice = ARGUMENT.sub(r"--budget \1", str(error))
        raise UnsafeFileError(advice) from error
    if as_json:
        print(json.dumps(inspection.asdict(), indent=2))
    else:
        typer.echo("\n".join(_report(inspection)))
        advise_objects(each.reason for each in inspection.lacking)
    if not inspection.loads:
        raise typer.Exit(1)
    if loads and not inspection.advice:
        load_model(file, budget=limits)


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


def _report(inspection: Inspection) -> Iterator[str]:
    """Yields the lines of a report, with an empty one between its parts."""
    missing = [
        (_places(each.kind, each.name, each.where), f"{each.advice} {each.origin}")
        for each in inspection.missing
    ]
    refused = [(each.where, each.reason) for each in inspection.refused]
    parts = (
        _summary(inspection),
        _layers(inspection.layers),
        _training(inspection),
        _unread(inspection.unread),
        _section("missing here", "yellow", missing),
        _section("would be refused", "red", refused),
    )
    separator: list[str] = []
    for part in parts:
        lines = list(part)
        if lines:
            yield from [*separator, *lines]
            separator = [""]


def _summary(inspection: Inspection) -> Iterator[str]:
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
    yield f"{_verdict(inspection)} {one_line(inspection.path, bold=True)}"
    yield one_line(", ".join(facts))
    if inspection.advice:
        yield one_line(inspection.advice)
    if inspection.model:
        layers = "1 layer" if count == 1 else f"{count} layers"
        yield one_line(f"{inspection.model}, {layers}")
    else:
        yield f"{count} groups of weights"


def _verdict(inspection: Inspection) -> str:
    if not inspection.loads:
        return one_line(f"lacks {counted(inspection.lacking)}:", fg="yellow")
    if inspection.holds == "weights":
        return one_line("weights:", fg="green")
    return one_line("loads:", fg="green")


def _engines(inspection: Inspection) -> list[str]:
    """Returns the engine that trained a model, and that of the kernels if it is
    another."""
    trained_on = inspection.trained_on
    kernels = inspection.kernels
    facts = [f"trained on {ENGINES.get(trained_on, 'an unknown engine')}"]
    if kernels in ENGINES and kernels != trained_on:
        facts.append(f"kernels as on {ENGINES[kernels]}")
    return facts


def _layers(layers: list[LayerReport]) -> Iterator[str]:
    """Yields the layers with the weights of each, as many as are shown."""
    left = SHOWN_WEIGHTS
    for layer in layers:
        if left <= 0:
            break
        count = f"{layer.parameters:,} parameters" if layer.weights else ""
        facts = filter(None, [layer.class_name, layer.input_shape, count])
        yield "  ".join([one_line(layer.where, bold=True), *map(one_line, facts)])
        if layer.inbound:
            yield f"  {one_line('after ' + ', '.join(layer.inbound))}"
        for weight in layer.weights[:left]:
            yield f"  {_weight(weight)}"
        left -= max(1, len(layer.weights))
    if sum(max(1, len(layer.weights)) for layer in layers) > SHOWN_WEIGHTS:
        more = f"Only {SHOWN_WEIGHTS:,} weights and layers are shown; --json shows all."
        yield ""
        yield one_line(more, fg="yellow")


def _weight(weight: Weight) -> str:
    line = f"{one_line(weight.name, fg='cyan')} {weight.shape} {weight.dtype}"
    if weight.unusual:
        line += one_line(f" {weight.unusual:,} NaN or infinite", fg="red")
    return line


def _training(inspection: Inspection) -> Iterator[str]:
    """Yields how a model was compiled."""
    training = inspection.training
    if not training:
        return
    optimizer = training.get("optimizer_config")
    chosen = optimizer if isinstance(optimizer, dict) else {"class_name": optimizer}
    config = chosen.get("config")
    arguments = config if isinstance(config, dict) else {}
    written = ", ".join(f"{key}={_rounded(value)}" for key, value in arguments.items())
    call = one_line(f"{chosen.get('class_name')}({written})")
    state = f"{inspection.optimizer_weights or 'no'} arrays of state"
    yield f"{one_line('compiled with', fg='cyan')} {call}, {state}"
    for key in ("loss", "metrics", "loss_weights", "sample_weight_mode"):
        if training.get(key):
            yield f"{one_line(key, fg='cyan')} {one_line(json.dumps(training[key]))}"
    if inspection.uncompiled:
        heading = one_line("loads without being compiled:", fg="yellow")
        yield f"{heading} {one_line(inspection.uncompiled)}"


def _rounded(value) -> str:
    """Returns a number as short as it was meant; float32 has 0.001 as
    0.0010000000474974513."""
    return f"{value:g}" if isinstance(value, float) else str(value)


def _unread(paths: list[str]) -> Iterator[str]:
    if paths:
        more = f" and {len(paths) - SHOWN_PATHS:,} more" if paths[SHOWN_PATHS:] else ""
        heading = one_line("not part of the model, so not read:", fg="yellow")
        yield f"{heading} {one_line(', '.join(paths[:SHOWN_PATHS]))}{more}"


def _places(kind: str, name: str, where: list[str]) -> str:
    """Returns a name and the places where a file uses it."""
    more = f" and {len(where) - 3} more" if len(where) > 3 else ""
    return f"{kind} {name}, in {', '.join(where[:3])}{more}"


def _section(title: str, colour: str, items: list[tuple[str, str]]) -> Iterator[str]:
    """Yields a list of what is wrong, each with its explanation."""
    if items:
        yield one_line(f"{title}: {len(items)}", fg=colour)
    for head, text in items:
        yield one_line(head, bold=True)
        for line in text.strip().splitlines():
            yield f"  {one_line(line)}"
