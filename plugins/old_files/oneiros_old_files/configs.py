"""Converts model configurations from other versions of Keras, layer by layer."""

import inspect
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from oneiros import config as configs
from oneiros import registry
from oneiros.errors import ConfigError, OneirosError, UnknownNameError

from oneiros_old_files import keras3
from oneiros_old_files.base import MALFORMED, Migration, Origin, Reference, absent_owner
from oneiros_old_files.dim_ordering import completed
from oneiros_old_files.keras2 import DTYPES, EXTENDED, first_possible
from oneiros_old_files.keras3_graph import (
    GRAPHS,
    OWN_CLASS,
    TENSOR_OPERATION,
    places_of,
    prepared,
    supplied_name,
)
from oneiros_old_files.parts import plain

Entry = dict[str, Any]
INPUT_ARGUMENTS = ("batch_input_shape", "input_dtype")
"""Arguments with which the first layer of a `Sequential` describes the input."""

Numbers = dict[str, int]
"""Names, with the last number added to each."""
MAX_UNREADABLE = 100
"""The number of unreadable layers after which no more are looked for."""

OPERATIONS = (TENSOR_OPERATION, "SlicingOpLambda", "TFOpLambda")
"""Classes of operations on tensors, which their argument `function` names."""
LENGTH_OF_REFERENCE = 3
KEPT_UNREAD = ("name", *INPUT_ARGUMENTS)
"""The arguments that an unreadable layer keeps."""


@dataclass(frozen=True)
class Unreadable:
    """A layer that can't be read here: its class and name in the file, how the class is
    shown, and why."""

    class_name: str
    name: str
    shown: str
    error: OneirosError

    @property
    def reason(self) -> str:
        """The error's message."""
        return str(self.error)

    @property
    def what(self) -> str:
        """What can't be read, in a few words: a class, perhaps with an argument."""
        return getattr(self.error, "what", "") or self.shown

    @property
    def owner(self) -> str:
        """The distribution that has it and is absent; empty if there is none."""
        return getattr(self.error, "owner", absent_owner("migration", self.class_name))


_unreadable: ContextVar[list[Unreadable]] = ContextVar("unreadable")


@contextmanager
def leaving_unreadable() -> Iterator[list[Unreadable]]:
    """Context manager in which `migrated` keeps an unreadable layer, with only its name
    and input, instead of raising an error.

    It yields the list of these layers, which fills during the block.
    """
    unreadable: list[Unreadable] = []
    token = _unreadable.set(unreadable)
    try:
        yield unreadable
    finally:
        _unreadable.reset(token)


def migrated(entry, origin: Origin):
    """Converts a layer's or model's configuration, `{"class_name": …, "config": …}`.

    It doesn't change classes in the caller's `custom_objects`. Data that isn't a
    configuration is returned unchanged; building it then raises the error.

    # Arguments
        entry: dict, as in the file.
        origin: `Origin`.

    # Raises
        ConfigError: if it needs something that doesn't exist here; names all layers
            that can't be read.
    """
    if origin.keras < 2:
        with _explained("configuration", entry, origin):
            entry = completed(entry)
        return inner_migrated(entry, origin)
    outer = _unreadable.get(None)
    with leaving_unreadable() as unreadable:
        if origin.is_of_tensorflow:
            with _explained("configuration", entry, origin):
                entry = prepared(entry, origin, _leave)
        config = inner_migrated(entry, origin)
    if outer is not None:
        outer += unreadable
    elif unreadable:
        raise _combined(unreadable)
    return config


def _combined(unreadable: list[Unreadable]) -> OneirosError:
    """Returns one error for all unreadable layers; those of a distribution that is
    absent stand together."""
    if len(unreadable) == 1:
        return unreadable[0].error
    lines = [f"{len(unreadable)} layers can't be read here:"]
    absent: dict[str, Counter[str]] = {}
    for layer in unreadable:
        if layer.owner:
            absent.setdefault(layer.owner, Counter())[layer.what] += 1
        else:
            lines.append(layer.reason)
    for owner, counts in absent.items():
        listed = ", ".join(f"{count} {what}" for what, count in counts.most_common())
        lines.append(f"{listed}. {registry.absence(owner)}")
    return ConfigError("\n  ".join(lines))


def inner_migrated(entry, origin: Origin):
    """Converts the configuration of a layer, or of a model with all its layers, inside
    one that is being converted."""
    name = entry.get("class_name") if isinstance(entry, dict) else None
    config = entry.get("config") if isinstance(entry, dict) else None
    if not isinstance(name, str) or not isinstance(config, (dict, list)):
        return entry
    if origin.keras > 1:
        name = supplied_name(entry)
        entry = {**entry, "class_name": name}
    try:
        with _explained(name, config, origin):
            if origin.keras > 2 and name not in configs.known_objects():
                name = keras3.class_of(entry)
            return {**entry, **_parts(name, config, entry, origin)}
    except OneirosError as error:
        _leave(entry, error)
        arguments = config if isinstance(config, dict) else {}
        kept = {name: arguments[name] for name in KEPT_UNREAD if name in arguments}
        return {**entry, "config": kept}


def _leave(entry: Entry, error: OneirosError) -> None:
    """Raises the error, or records it in `leaving_unreadable`, unless there are too
    many."""
    unreadable = _unreadable.get(None)
    if unreadable is None:
        raise error
    name = _name(entry) or ""
    class_name = str(entry["class_name"])
    shown = _shown(class_name, entry["config"])
    unreadable.append(Unreadable(class_name, name, shown, error))
    if len(unreadable) >= MAX_UNREADABLE:
        raise _combined(unreadable)


def _parts(name: str, config, entry: Entry, origin: Origin) -> Entry:
    """Returns the parts of a layer's entry that are others here."""
    is_own = name not in configs.known_objects()
    nodes = entry.get("inbound_nodes", []) if origin.keras > 1 else []
    if is_own:
        translated = _translated(name, config, nodes, origin)
        if translated is not None:
            return translated
        parts = _parts_of_others(name, config, origin)
    else:
        parts = _parts_of_custom(name, config, origin)
    if OWN_CLASS in entry:
        parts["class_name"] = entry[OWN_CLASS]
    if nodes:
        parts["inbound_nodes"] = _calls(Migration(origin), config, nodes)
    return parts


def _translated(name: str, config, nodes: list[Any], origin: Origin) -> Entry | None:
    """Returns the class, the arguments and the calls of a layer here; None if it has no
    migration."""

    def read(_, migration: Migration) -> Entry:
        class_here, arguments = migration.translated(name, dict(config))
        calls = _calls(migration, arguments, nodes)
        described = {"class_name": class_here, "config": arguments}
        return {**described, "inbound_nodes": calls} if nodes else described

    bare = name.removeprefix(keras3.PACKAGE)
    return first_possible((bare, f"{EXTENDED}{bare}"), origin, "layer", read)


def _calls(migration: Migration, config: Entry, nodes: list[Any]) -> list[Any]:
    """Returns the references to the inputs of each call; its other arguments become
    inputs or arguments of the layer, if its migration knows them."""
    calls = []
    for node in nodes:
        inputs: list[Reference] = []
        arguments: Entry = {}
        for place in places_of(node):
            reference = list(place)
            if len(reference) > LENGTH_OF_REFERENCE:
                arguments |= reference.pop()
            inputs.append(reference)
        calls.append(migration.called(config, inputs, arguments))
    return calls


def _parts_of_others(name: str, config, origin: Origin) -> Entry:
    """Returns the parts that are others here of a model, an input, or a layer without a
    migration."""
    if name == "Sequential":
        return {"config": _sequential(config, origin)}
    if name in GRAPHS and isinstance(config, dict):
        return {"class_name": "Model", "config": _graph(config, origin)}
    if name == "InputLayer" and origin.keras > 1:
        return {"config": _input(config)}
    return _unknown(name, config, origin)


def _parts_of_custom(name: str, config, origin: Origin) -> Entry:
    """Returns the arguments of a class of the caller, without the types of later
    versions that it doesn't take: layers here have none of their own."""
    cls = configs.known_objects()[name]
    if origin.keras < 2 or not isinstance(cls, type) or not isinstance(config, dict):
        return {}
    unknown = set(DTYPES) - inspect.signature(cls).parameters.keys()
    return {"config": {key: config[key] for key in config.keys() - unknown}}


def _unknown(name: str, config, origin: Origin) -> Entry:
    """Keeps a layer of Keras 1 or a plugin, and raises an error for a layer that only
    Keras 2 has."""
    if origin.keras < 2 or name in registry.names("layer"):
        return {}
    owner = absent_owner("migration", name) or absent_owner("layer", name)
    advice = (
        f"If you have a class that computes the same, pass custom_objects={{{name!r}: "
        "YourClass}; it receives the arguments as stored."
    )
    raise UnknownNameError(
        f"The layer {config.get('name')!r} is a {_shown(name, config)} of Keras "
        f"{origin.keras}, which Keras 1 doesn't have. "
        f"{registry.absence(owner) if owner else advice}"
    )


def _shown(class_name: str, config) -> str:
    """Returns what a layer's class is called in messages."""
    if class_name in OPERATIONS and isinstance(config, dict):
        return str(config.get("function"))
    return class_name.removeprefix(EXTENDED)


def _sequential(config, origin: Origin):
    entries = config.get("layers") if isinstance(config, dict) else config
    if not isinstance(entries, list):
        return config
    layers = [inner_migrated(entry, origin) for entry in entries]
    if origin.keras < 2:
        return layers
    return _with_distinct_names(_without_input_layer(layers, config), {})


def _without_input_layer(layers: list[Any], config) -> list[Any]:
    """Returns the layers of a `Sequential`, with the input shape in the first layer, as
    in Keras 1, if that is possible."""
    first = layers[0] if layers else {}
    described = {}
    stated = {}
    if first.get("class_name") == "InputLayer" and len(layers) > 1:
        layers_behind = layers[1:]
        for name in INPUT_ARGUMENTS:
            described[name] = first["config"].get(name)
        stated["batch_input_shape"] = described["batch_input_shape"]
    elif isinstance(config, dict) and config.get("build_input_shape"):
        layers_behind = layers
        described["batch_input_shape"] = plain(config["build_input_shape"])
    if not described:
        return layers
    first, *others = layers_behind
    arguments = first.get("config")
    if not isinstance(arguments, dict) or "layers" in arguments:
        return layers
    first = {**first, "config": {**described, **arguments, **stated}}
    return [first, *others]


def _with_distinct_names(layers: list[Any], taken_names: Numbers) -> list[Any]:
    """Returns the layers of a `Sequential` with unique names in nested models, because
    names must be unique here.

    # Arguments
        taken_names: dict, the names of outer and earlier layers.
    """
    renamed = {
        name: _free(name, taken_names)
        for name in dict.fromkeys(map(_name, layers))
        if name is not None
    }
    return [_renamed(entry, renamed, taken_names) for entry in layers]


def _name(entry) -> str | None:
    config = entry.get("config") if isinstance(entry, dict) else None
    name = config.get("name") if isinstance(config, dict) else None
    return name if isinstance(name, str) else None


def _renamed(entry, renamed: dict[str, str], taken_names: Numbers):
    name = _name(entry)
    if name is not None:
        config = {**entry["config"], "name": renamed[name]}
        return {**entry, "config": config}
    inner_config = entry.get("config") if isinstance(entry, dict) else None
    if isinstance(inner_config, list) and entry.get("class_name") == "Sequential":
        return {**entry, "config": _with_distinct_names(inner_config, taken_names)}
    return entry


def _free(name: str, taken_names: Numbers) -> str:
    """Reserves and returns a free name: this one, or this one with a number."""
    free_name = name
    while free_name in taken_names:
        taken_names[name] += 1
        free_name = f"{name}_{taken_names[name]}"
    taken_names[free_name] = 0
    return free_name


def _input(config: Entry) -> Entry:
    shape = config.get("batch_input_shape", config.get("batch_shape"))
    if config.get("sparse") or config.get("ragged"):
        raise ConfigError(
            f"The input {config.get('name')!r} is sparse or ragged; convert it to a "
            "dense one."
        )
    return {
        "batch_input_shape": plain(shape),
        "input_dtype": config.get("dtype"),
        "name": config.get("name"),
        "sparse": False,
    }


def _graph(config: Entry, origin: Origin) -> Entry:
    layers = config.get("layers")
    if not isinstance(layers, list):
        return config
    migrated_layers = [inner_migrated(entry, origin) for entry in layers]
    if origin.keras < 2:
        return {**config, "layers": migrated_layers}
    return {
        "name": config.get("name"),
        "layers": migrated_layers,
        "input_layers": places_of(config["input_layers"]),
        "output_layers": places_of(config["output_layers"]),
    }


@contextmanager
def _explained(name: str, config, origin: Origin) -> Iterator[None]:
    """Context manager that adds the layer's name to errors about malformed
    arguments."""
    try:
        yield
    except OneirosError:
        raise
    except MALFORMED as error:
        layer = config.get("name") if isinstance(config, dict) else None
        reason = f"{type(error).__name__}: {error}"
        raise ConfigError(
            f"The {name} {layer!r} of Keras {origin.keras} can't be read: {reason}"
        ) from error
