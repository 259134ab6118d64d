"""Configurations of models that other versions of Keras wrote, made into ones of here,
layer by layer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from oneiros import config as configs
from oneiros import registry
from oneiros.errors import ConfigError, OneirosError, UnknownNameError

from oneiros_old_files.base import Origin, migration_of
from oneiros_old_files.dim_ordering import completed
from oneiros_old_files.keras2 import plain

Entry = dict[str, Any]
GRAPHS = ("Model", "Functional")


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
        entry = completed(entry)
    name = entry.get("class_name") if isinstance(entry, dict) else None
    if not isinstance(name, str) or not isinstance(entry.get("config"), (dict, list)):
        return entry
    with _explained(name, entry["config"], origin):
        return {**entry, **_parts(name, entry["config"], origin)}


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
    found, arguments = migration.translated(name, dict(config), origin)
    return {"class_name": found, "config": arguments}


def _unknown(name: str, config: Any, origin: Origin) -> Entry:
    """Leaves a layer of Keras 1 or of a plugin as it is, and says that one of Keras 2
    alone isn't here."""
    if origin.keras > 1 and name not in registry.names("layer"):
        raise UnknownNameError(
            f"The layer {config.get('name')!r} is a {name} of Keras 2, which Keras 1 doesn't have. If you "
            f"have a class that computes the same, pass custom_objects={{{name!r}: YourClass}}; it gets the "
            f"arguments as they are stored."
        )
    return {}


def _sequential(config: Any, origin: Origin) -> Any:
    entries = config.get("layers") if isinstance(config, dict) else config
    if not isinstance(entries, list):
        return config
    layers = [migrated(entry, origin) for entry in entries]
    if origin.keras < 2:
        return layers
    first = layers[0] if layers else {}
    if first.get("class_name") == "InputLayer" and len(layers) > 1:
        shape = {
            key: first["config"].get(key)
            for key in ("batch_input_shape", "input_dtype")
        }
        layers = _given(layers[1:], shape) or layers
    elif isinstance(config, dict) and config.get("build_input_shape"):
        layers = (
            _given(layers, {"batch_input_shape": plain(config["build_input_shape"])})
            or layers
        )
    return _apart(layers, {})


def _apart(layers: list[Any], taken: dict[str, int]) -> list[Any]:
    """Gives the layers of `Sequential` models inside names of their own: here one name
    is one layer.

    # Arguments
        taken: dict, the names of layers outside and before, and the last number added
            to each.
    """
    renamed = {
        name: _free(name, taken)
        for name in dict.fromkeys(map(_name, layers))
        if name is not None
    }
    return [_renamed(entry, renamed, taken) for entry in layers]


def _name(entry: Any) -> str | None:
    config = entry.get("config") if isinstance(entry, dict) else None
    name = config.get("name") if isinstance(config, dict) else None
    return name if isinstance(name, str) else None


def _renamed(entry: Any, renamed: dict[str, str], taken: dict[str, int]) -> Any:
    name = _name(entry)
    if name is not None:
        return {**entry, "config": {**entry["config"], "name": renamed[name]}}
    inside = entry.get("config") if isinstance(entry, dict) else None
    if isinstance(inside, list) and entry.get("class_name") == "Sequential":
        return {**entry, "config": _apart(inside, taken)}
    return entry


def _free(name: str, taken: dict[str, int]) -> str:
    """Takes a name that isn't taken, this one, or with a number, and returns it."""
    found = name
    while found in taken:
        taken[name] += 1
        found = f"{name}_{taken[name]}"
    taken[found] = 0
    return found


def _given(layers: list[Any], shape: Entry) -> list[Any] | None:
    """Returns the layers with an input's shape in the first one; None if that can't
    hold one."""
    if not isinstance(layers[0].get("config"), dict) or "layers" in layers[0]["config"]:
        return None
    return [{**layers[0], "config": {**shape, **layers[0]["config"]}}, *layers[1:]]


def _input(config: Entry) -> Entry:
    shape = config.get("batch_input_shape", config.get("batch_shape"))
    if config.get("sparse") or config.get("ragged"):
        raise ConfigError(
            f"The input {config.get('name')!r} is sparse or ragged; convert it to a dense one."
        )
    here = {
        "batch_input_shape": plain(shape),
        "input_dtype": config.get("dtype"),
        "name": config.get("name"),
    }
    return {**here, "sparse": False}


def _graph(config: Entry, origin: Origin) -> Entry:
    layers = config.get("layers")
    if not isinstance(layers, list):
        return config
    found = {**config, "layers": [migrated(entry, origin) for entry in layers]}
    if origin.keras < 2:
        return found
    for entry in found["layers"]:
        entry["inbound_nodes"] = [_call(entry, node) for node in entry["inbound_nodes"]]
    ends = {end: _places(config[end]) for end in ("input_layers", "output_layers")}
    return {"name": config.get("name"), "layers": found["layers"], **ends}


def _call(entry: Entry, node: Any) -> Any:
    """Returns the references of one call without its further arguments, which must have
    no effect."""
    places = []
    for place in _places(node):
        *reference, arguments = place if len(place) > 3 else (*place, {})
        given = {
            key: value for key, value in arguments.items() if value not in (None, False)
        }
        if given:
            raise ConfigError(
                f"The layer {entry.get('name')!r} is called with {', '.join(given)} besides its input. Calls "
                f"of Keras 1 take the input alone: the model has to be written anew, and then "
                f"load_weights(path, by_name=True) gives it the weights."
            )
        places.append(list(reference))
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
