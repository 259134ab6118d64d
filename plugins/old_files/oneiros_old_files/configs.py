"""Configurations of models that other versions of Keras wrote, made into ones of here,
layer by layer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from oneiros import config as configs
from oneiros import registry
from oneiros.errors import ConfigError, OneirosError, UnknownNameError

from oneiros_old_files.base import Origin, migration_of
from oneiros_old_files.dim_ordering import completed
from oneiros_old_files.keras2 import plain

Entry = dict[str, Any]
GRAPHS = ("Model", "Functional")
"""Names of the class of models that are graphs."""

INPUT_ARGUMENTS = ("batch_input_shape", "input_dtype")
"""Arguments by which the first layer of a `Sequential` describes the input."""

KEPT_UNREAD = ("name", *INPUT_ARGUMENTS)
"""What a layer that can't be read keeps."""


@dataclass(frozen=True)
class Unreadable:
    """A layer that can't be read here: its class and name in the file, and why."""

    class_name: str
    name: str
    reason: str


_unreadable: ContextVar[list[Unreadable]] = ContextVar("unreadable")


@contextmanager
def leaving_unreadable() -> Iterator[list[Unreadable]]:
    """Context manager under which `migrated` leaves a layer that can't be read in its
    place, with its name and input alone, instead of raising.

    It gives the list of these layers, which fills meanwhile.
    """
    unreadable: list[Unreadable] = []
    token = _unreadable.set(unreadable)
    try:
        yield unreadable
    finally:
        _unreadable.reset(token)


def migrated(entry: Any, origin: Origin) -> Any:
    """Returns a layer's or model's configuration as it is here, `{"class_name": …,
    "config": …}`.

    Classes that the caller passed in `custom_objects` keep theirs. What isn't laid out
    as a configuration is
    returned as it is: building it tells what is wrong.

    # Arguments
        entry: dict, as in the file.
        origin: `Origin`.

    # Raises
        ConfigError: if it asks for something that nothing here does.
    """
    if origin.keras < 2:
        with _explained("configuration", entry, origin):
            entry = completed(entry)
    return _migrated(entry, origin)


def _migrated(entry: Any, origin: Origin) -> Any:
    """Makes the configuration of a layer, or of a model with all in it, one of here."""
    name = entry.get("class_name") if isinstance(entry, dict) else None
    if not isinstance(name, str) or not isinstance(entry.get("config"), (dict, list)):
        return entry
    try:
        with _explained(name, entry["config"], origin):
            return {**entry, **_parts(name, entry["config"], origin)}
    except OneirosError as error:
        _leave(entry, error)
        return {**entry, "config": _kept(entry["config"])}


def _leave(entry: Entry, error: OneirosError) -> None:
    """Raises the error, or notes it, under `leaving_unreadable`."""
    unreadable = _unreadable.get(None)
    if unreadable is None:
        raise error
    name = _name(entry) or ""
    unreadable.append(Unreadable(str(entry["class_name"]), name, str(error)))


def _kept(config: Any) -> Entry:
    """Returns what is left of the arguments of a layer that can't be read."""
    arguments = config if isinstance(config, dict) else {}
    return {name: arguments[name] for name in KEPT_UNREAD if name in arguments}


def _parts(name: str, config: Any, origin: Origin) -> Entry:
    if name in configs.known_objects():
        return {}
    if name == "Sequential":
        return {"config": _sequential(config, origin)}
    if name in GRAPHS and isinstance(config, dict):
        return {"class_name": "Model", "config": _graph(config, origin)}
    if name == "InputLayer" and origin.keras > 1:
        return {"config": _input(config)}
    migration = migration_of(name)
    if migration is None:
        return _unknown(name, config, origin)
    class_here, arguments = migration.translated(name, dict(config), origin)
    return {"class_name": class_here, "config": arguments}


def _unknown(name: str, config: Any, origin: Origin) -> Entry:
    """Leaves a layer of Keras 1 or of a plugin as it is, and says that one of Keras 2
    alone isn't here."""
    known = {*registry.names("layer"), *registry.owners().get("layer", {})}
    if origin.keras > 1 and name not in known:
        raise UnknownNameError(
            f"The layer {config.get('name')!r} is a {name} of Keras 2, which Keras 1 "
            "doesn't have. If you have a class that computes the same, pass "
            f"custom_objects={{{name!r}: YourClass}}; it gets the arguments as they "
            "are stored."
        )
    return {}


def _sequential(config: Any, origin: Origin) -> Any:
    entries = config.get("layers") if isinstance(config, dict) else config
    if not isinstance(entries, list):
        return config
    layers = [_migrated(entry, origin) for entry in entries]
    if origin.keras < 2:
        return layers
    return _with_distinct_names(_without_input_layer(layers, config), {})


def _without_input_layer(layers: list[Any], config: Any) -> list[Any]:
    """Returns the layers of a `Sequential` of which the first one has the input's
    shape, as in Keras 1, if it can hold one."""
    first = layers[0] if layers else {}
    described = {}
    if first.get("class_name") == "InputLayer" and len(layers) > 1:
        layers_behind = layers[1:]
        for name in INPUT_ARGUMENTS:
            described[name] = first["config"].get(name)
    elif isinstance(config, dict) and config.get("build_input_shape"):
        layers_behind = layers
        described["batch_input_shape"] = plain(config["build_input_shape"])
    if not described:
        return layers
    first, *others = layers_behind
    if not isinstance(first.get("config"), dict) or "layers" in first["config"]:
        return layers
    return [{**first, "config": {**described, **first["config"]}}, *others]


def _with_distinct_names(layers: list[Any], taken_names: dict[str, int]) -> list[Any]:
    """Returns the layers of a `Sequential` with names of their own in the models
    inside: here one name is one layer.

    # Arguments
        taken: dict, the names of layers outside and before, and the last number added
            to each.
    """
    renamed = {
        name: _free(name, taken_names)
        for name in dict.fromkeys(map(_name, layers))
        if name is not None
    }
    return [_renamed(entry, renamed, taken_names) for entry in layers]


def _name(entry: Any) -> str | None:
    config = entry.get("config") if isinstance(entry, dict) else None
    name = config.get("name") if isinstance(config, dict) else None
    return name if isinstance(name, str) else None


def _renamed(entry: Any, renamed: dict[str, str], taken_names: dict[str, int]) -> Any:
    name = _name(entry)
    if name is not None:
        return {**entry, "config": {**entry["config"], "name": renamed[name]}}
    inner_config = entry.get("config") if isinstance(entry, dict) else None
    if isinstance(inner_config, list) and entry.get("class_name") == "Sequential":
        return {**entry, "config": _with_distinct_names(inner_config, taken_names)}
    return entry


def _free(name: str, taken_names: dict[str, int]) -> str:
    """Takes a name that isn't taken, this one, or with a number, and returns it."""
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
    migrated_layers = [_migrated(entry, origin) for entry in layers]
    if origin.keras < 2:
        return {**config, "layers": migrated_layers}
    for entry in migrated_layers:
        calls = [_call(entry, node) for node in entry["inbound_nodes"]]
        entry["inbound_nodes"] = calls
    return {
        "name": config.get("name"),
        "layers": migrated_layers,
        "input_layers": _places(config["input_layers"]),
        "output_layers": _places(config["output_layers"]),
    }


def _call(entry: Entry, node: Any) -> Any:
    """Returns the references of one call without its further arguments, which must have
    no effect."""
    places = []
    for place in _places(node):
        reference = list(place)
        arguments = reference.pop() if len(reference) > 3 else {}
        effective = [
            name for name, value in arguments.items() if value not in (None, False)
        ]
        if effective:
            error = ConfigError(
                f"The layer {entry.get('name')!r} is called with "
                f"{', '.join(effective)} besides its input. Calls of Keras 1 take the "
                f"input alone: the model has to be written anew, and then "
                f"load_weights(path, by_name=True) gives it the weights."
            )
            _leave(entry, error)
        places.append(reference)
    return places


def _places(places: Any) -> Any:
    """Returns a list of references; later versions of Keras 2 leave the list out around
    a single one."""
    return [places] if places and isinstance(places[0], str) else places


@contextmanager
def _explained(name: str, config: Any, origin: Origin) -> Iterator[None]:
    """Context manager under which malformed arguments are told with the layer's
    name."""
    try:
        yield
    except OneirosError:
        raise
    except (
        TypeError,
        ValueError,
        LookupError,
        AttributeError,
        RecursionError,
    ) as error:
        layer = config.get("name") if isinstance(config, dict) else None
        reason = f"{type(error).__name__}: {error}"
        raise ConfigError(
            f"The {name} {layer!r} of Keras {origin.keras} can't be read: {reason}"
        ) from error
