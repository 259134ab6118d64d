"""Graphs of Keras 3: calls with arguments become references to tensors.

In files of Keras 1 and 2, a call is a list of references, `[layer, node, tensor]`. The
nodes of a nested model are counted from 1, because its own inputs count as a call.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from oneiros.errors import ConfigError

Entry = dict[str, Any]
Reference = list[Any]
TENSOR = "__keras_tensor__"
MODELS = ("Functional", "Model", "Sequential")
"""Class names of models."""
SECOND = "a second argument"
"""The name under which a reference holds further arguments without a name."""
COUNTED_FROM_1 = ("Functional", "Model")
"""Models whose nodes Keras 3 counts from 1 in references to outputs."""


def replace_calls(config: Entry) -> None:
    """Replaces the calls of a graph by references, as in files of Keras 2.

    # Arguments
        config: dict, the configuration of a `Functional` of Keras 3; changed in place.
    """
    layers = config["layers"]
    classes = {entry["name"]: entry["class_name"] for entry in layers}
    nested = {name for name, class_name in classes.items() if class_name in MODELS}
    sequential = {name for name in nested if classes[name] not in COUNTED_FROM_1}
    for entry in layers:
        calls = entry["inbound_nodes"]
        entry["inbound_nodes"] = [_references(call, nested) for call in calls]
    for key in ("input_layers", "output_layers"):
        config[key] = list(_places(config[key], sequential))


def places_of(places: Any) -> Any:
    """Returns a list of references of Keras 2; late releases leave out the list around
    a single one."""
    return [places] if places and isinstance(places[0], str) else places


def _references(call: Any, nested: set[str]) -> list[Reference]:
    """Returns the references of a call; the last item of the first one holds its other
    arguments."""
    if isinstance(call, list):  # as in files of Keras 2
        return call
    inputs, *others = call["args"] or [None]
    references = [_counted(place, nested) for place in _tensors(inputs)]
    arguments = dict(call["kwargs"])
    if others:
        arguments[SECOND] = others[0] if len(others) == 1 else others
    if references:
        references[0].append(arguments)
    return references


def _tensors(value: Any) -> Iterator[Reference]:
    """Yields the references in the first argument of a call."""
    if isinstance(value, list):
        for item in value:
            yield from _tensors(item)
    elif isinstance(value, dict) and value.get("class_name") == TENSOR:
        yield list(value["config"]["keras_history"])
    else:
        raise ConfigError(f"a call gets {value!r:.80}, where Keras 1 needs a tensor.")


def _places(value: Any, counted_from_0: set[str]) -> Iterator[Reference]:
    """Yields the references to a graph's inputs or outputs, which may be one reference,
    or a list or dict of them; Keras sorts a dict by its keys."""
    if isinstance(value, dict):
        value = [value[key] for key in sorted(value)]
    if value and isinstance(value[0], str):
        yield _counted(value, counted_from_0)
        return
    for item in value:
        yield from _places(item, counted_from_0)


def _counted(place: Reference, counted_from_0: set[str]) -> Reference:
    """Returns a reference with its node counted as here."""
    name, node, tensor = place
    return [name, node + 1 if name in counted_from_0 else node, tensor]
