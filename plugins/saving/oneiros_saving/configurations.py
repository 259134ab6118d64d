"""Layers and graphs as plain data in the layout of Keras 1, and back; plain data as
text.

A layer's default configuration has the constructor's arguments that it stores.
"""

import inspect
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

import numpy as np
from oneiros import backend as K
from oneiros import services
from oneiros.arguments import label, shown
from oneiros.backend.dispatch import backend_of
from oneiros.config import layer_from_config
from oneiros.discovery import is_first_party
from oneiros.engine.container import Container, entry_of
from oneiros.engine.layer import KWARGS, Layer
from oneiros.engine.node import Node, one_or_all, origins
from oneiros.errors import ConfigError, GraphError
from oneiros.typing import Tensor
from oneiros_old_files.stored_functions import get_function
from oneiros_safe_files.budget import check_time
from oneiros_safe_files.functions import registered
from oneiros_safe_files.json_text import dumps

Config = dict[str, Any]
COMMON = ("name", "trainable", "batch_input_shape", "input_dtype")
"""Attributes in every layer's configuration, if the layer has them."""

FUNCTIONS = ("activation", "init")
"""The endings of the names of arguments that accept functions of these kinds."""

PARTS = ("regularizer", "constraint")
"""The endings of the names of arguments that accept such objects."""

MAX_ARRAY = 1000
"""The maximum size of an array that is stored as an argument; larger ones are data."""

SIZES = ("input_dim", "input_length")
"""Arguments that constructors turn into an input shape."""

_VARIADIC = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
_BY_POSITION = inspect.Parameter.POSITIONAL_OR_KEYWORD


def layer_config(layer) -> Config:
    """Implements `Layer.get_config`.

    If a class defines `get_config`, that method adds the arguments of its own
    constructor; this function adds those of the base classes.
    """
    if receives_unnamed(layer) and not describes_itself(layer):
        raise ConfigError(
            f"The configuration of {label(layer)} can't hold what its constructor "
            "receives as *args, since it has no name. Take a list instead, such as "
            f"{type(layer).__name__}([3, 5]), and store it under the argument's name; "
            "or define get_config(self) and from_config(cls, config). To save weights "
            "alone: model.save_weights(path)."
        )
    config = {key: plain(getattr(layer, key)) for key in COMMON if hasattr(layer, key)}
    for argument in _constructor_arguments(type(layer)):
        config.update(layer.argument_config(argument))
    return config


def _constructor_arguments(cls: type) -> list[str]:
    """Returns the arguments that are described, base classes' first."""
    names: dict[str, None] = {}
    for base in reversed(cls.__mro__):
        constructor = vars(base).get("__init__")
        if inspect.isfunction(constructor) and "get_config" not in vars(base):
            names |= dict.fromkeys(_parameter_names(constructor))
    return [name for name in names if name not in KWARGS]


@lru_cache(maxsize=1024)
def _parameter_names(method: Callable[..., Any]) -> tuple[str, ...]:
    """Returns a method's parameters but `self`, `*args` and `**kwargs`.

    Looking at them each time, `to_json` of 50 layers takes 1.3 times as long
    (`benchmarks/mechanisms.py parameter_names`).
    """
    return tuple(p.name for p in _parameters(method) if p.kind not in _VARIADIC)


def _parameters(method: Callable[..., Any]) -> list[inspect.Parameter]:
    """Returns a method's parameters but `self`."""
    return list(inspect.signature(method).parameters.values())[1:]


def _constructors(cls: type) -> Iterator[list[inspect.Parameter]]:
    """Yields the parameters of a class's constructor, then those of its bases'."""
    for base in cls.__mro__:
        if "__init__" in vars(base):
            yield _parameters(vars(base)["__init__"])


def received(layer) -> list[str]:
    """Returns the arguments that a layer's constructor received and its configuration
    must hold: without defaults, initial weights, which are the file's, and what becomes
    the `batch_input_shape`."""
    positional = dict(enumerate(_positional(layer.__class__)))
    defaults: Config = {}
    for parameters in _constructors(type(layer)):
        defaults = {p.name: p.default for p in parameters} | defaults
    others = {*KWARGS, "weights"}
    if hasattr(layer, "batch_input_shape"):
        others.update(SIZES)
    given = getattr(layer, "_given", {}).items()
    named = [(positional.get(key, key), value) for key, value in given]
    return [
        name
        for name, value in named
        if isinstance(name, str)
        and name not in others
        and not _is_same(value, defaults.get(name))
    ]


def _is_same(value, default) -> bool:
    return isinstance(default, (int, float, str)) and value == default


@lru_cache(maxsize=1024)
def _positional(cls: type) -> tuple[str, ...]:
    """Returns the names of what a constructor receives by position; `*args` are those
    of the next base class, to which it passes them."""
    names: list[str] = []
    for parameters in _constructors(cls):
        names += [p.name for p in parameters if p.kind <= _BY_POSITION]
        if not any(p.kind == inspect.Parameter.VAR_POSITIONAL for p in parameters):
            break
    return tuple(names)


def receives_unnamed(layer) -> bool:
    """Returns whether a layer's constructor received more than it has names for."""
    names = _positional(layer.__class__)
    given = getattr(layer, "_given", {})
    return any(isinstance(key, int) and key >= len(names) for key in given)


def describes_itself(obj, method: str = "get_config") -> bool:
    """Returns whether the author of a class wrote its `get_config`."""
    return not is_first_party(getattr(type(obj), method).__module__)


def argument_config(layer, argument: str) -> Config:
    """Implements `Layer.argument_config`."""
    config = _stored(layer, argument)
    if config or describes_itself(layer) or argument not in received(layer):
        return config
    reason = f"it isn't stored in an attribute {argument!r}"
    if argument in vars(layer):
        value = vars(layer)[argument]
        reason = f"{shown(value)} is neither plain data nor a small array"
    raise ConfigError(
        f"The configuration of {label(layer)} can't hold the argument {argument!r}: "
        f"{reason}. Store such a value under that name, or define in "
        f"{type(layer).__name__} argument_config(self, argument), which returns "
        f"{{{argument!r}: …}}. To save weights alone: model.save_weights(path)."
    )


def _stored(layer, argument: str) -> Config:
    """Returns the configuration of an argument; an empty one if it can't be stored."""
    if argument not in vars(layer):
        return {}
    value = vars(layer)[argument]
    if _is_plain(value):
        return {argument: plain(value)}
    backend: Any = backend_of(layer) or K.current()
    if backend.is_variable(value) and K.ndim(value) == 0:
        return {argument: K.get_value(value).item()}
    if backend.owns(value) or not callable(value):
        return {}
    if hasattr(value, "get_config") and not isinstance(value, Layer):
        return {argument: value.get_config()}
    if argument.endswith(PARTS):
        raise ConfigError(
            f"{label(layer)} has {argument}={value!r}, which has no get_config() that "
            "a configuration could use. Pass an object of a class that defines it."
        )
    if argument.endswith(FUNCTIONS) or registered(value):
        name = getattr(value, "__name__", None)
        if name is None:
            raise ConfigError(
                f"{label(layer)} has {argument}={value!r}, which has no name that a "
                "configuration could hold. Pass a function made with `def`; add a "
                "layer to the model as a separate layer."
            )
        return {argument: str(name)}
    return {}


def _is_plain(value) -> bool:
    """Returns whether a configuration can hold a value as it is."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        return all(map(_is_plain, value))
    if isinstance(value, np.ndarray):
        return value.size <= MAX_ARRAY
    return value is None or isinstance(value, (bool, int, float, str, np.generic))


def plain(value):
    """Returns NumPy's numbers as Python's, including those in lists, tuples and
    dicts."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if type(value) in (list, tuple):
        return type(value)(plain(item) for item in value)
    return value


def graph_config(model: Container) -> Config:
    """Returns the configurations of a graph's layers, and their connections."""
    own_nodes = set(model.graph_nodes())
    calls = {
        layer: [node for node in layer.inbound_nodes if node in own_nodes]
        for layer in model.layers
    }
    index: dict[Node, int] = {}
    for layer, nodes in calls.items():
        # The first call of a model inside this one is that on its own inputs.
        start = 1 if isinstance(layer, Container) else 0
        index.update((node, start + i) for i, node in enumerate(nodes))

    def places(tensors: list[Tensor]) -> list[Any]:
        columns = zip(*origins(tensors))
        return [
            [layer.name, index[layer.inbound_nodes[node]], i]
            for layer, node, i in columns
        ]

    layers = []
    for layer, nodes in calls.items():
        inbound = [places(node.input_tensors) for node in nodes if node.inbound_layers]
        entry = {"name": layer.name, **entry_of(layer), "inbound_nodes": inbound}
        layers.append(entry)
    return {
        "name": model.name,
        "layers": layers,
        "input_layers": places(model.inputs),
        "output_layers": places(model.outputs),
    }


def build_graph(config: Config) -> tuple[list[Tensor], list[Tensor]]:
    """Makes the layers of a configuration, and calls them on each other.

    # Returns
        The tensors of the inputs, and those of the outputs.

    # Raises
        ConfigError, GraphError: if the configuration doesn't describe a graph.
    """
    layers = _build_layers(config["layers"])
    inputs = [_output(layers, place) for place in config["input_layers"]]
    outputs = [_output(layers, place) for place in config["output_layers"]]
    return inputs, outputs


def _build_layers(entries: list[Any]) -> dict[str, Layer]:
    """Makes the layers that a configuration lists, and calls them on each other."""
    layers: dict[str, Layer] = {}
    for entry in entries:
        name = entry["name"]
        if name in layers:
            raise ConfigError(f"The configuration has two layers named {name!r}.")
        layers[name] = layer_from_config(entry)
        layers[name].name = name  # a Sequential's own configuration has none
    calls = {entry["name"]: deque(entry["inbound_nodes"]) for entry in entries}
    waiting: dict[str, list[str]] = defaultdict(list)
    callable_now = deque(layers)
    while callable_now:
        name = callable_now.popleft()
        while calls[name]:
            places = calls[name][0]
            inputs = [_output(layers, place) for place in places]
            missing = [
                place[0] for place, tensor in zip(places, inputs) if tensor is None
            ]
            if missing:
                waiting[missing[0]].append(name)
                break
            calls[name].popleft()
            check_time()
            layers[name](one_or_all(inputs))
            callable_now.extend(waiting.pop(name, ()))
    if waiting:
        raise GraphError(
            "The configuration connects layers in a cycle, or to calls that don't "
            f"exist: outputs of {', '.join(waiting)} are never made. Check the layers' "
            "`inbound_nodes`."
        )
    return layers


def _output(layers: dict[str, Layer], place) -> Tensor:
    """Returns the tensor of a reference; None if that call hasn't been made yet."""
    parts = [type(part) for part in place] if isinstance(place, list) else []
    if parts == [str, int, int] and place[0] in layers and min(place[1:]) >= 0:
        name, node, index = place
        nodes = layers[name].inbound_nodes
        if node >= len(nodes):
            return None
        if index < len(nodes[node].output_tensors):
            return nodes[node].output_tensors[index]
    raise ConfigError(
        f"The configuration refers to {place!r:.80}, which doesn't exist. A reference "
        "is [layer name, node index, tensor index]; the layers are: "
        f"{', '.join(layers)}."
    )


def to_yaml(config: Config, **options) -> str:
    """Returns a configuration as YAML text; the options are passed to the writer."""
    from oneiros_safe_files import yaml_text

    return yaml_text.dumps(config, **options)


class Configurations:
    """The service `configurations`: what the kernel calls."""

    layer_config = staticmethod(layer_config)
    argument_config = staticmethod(argument_config)
    graph_config = staticmethod(graph_config)
    build_graph = staticmethod(build_graph)
    stored_function = staticmethod(get_function)
    to_json = staticmethod(dumps)
    to_yaml = staticmethod(to_yaml)


service: services.Configurations = Configurations()
