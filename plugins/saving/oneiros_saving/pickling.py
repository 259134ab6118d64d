"""What `copy.deepcopy` and `pickle` make a copy of: the configuration, the values of
all variables, and by their import path the classes and functions that are used. Files
of models never go this way.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from oneiros import backend as K
from oneiros import config as configs
from oneiros import registry
from oneiros.arguments import label
from oneiros.bases import Optimizer
from oneiros.engine.container import Container
from oneiros.engine.node import one_or_all
from oneiros.errors import ArgumentError

from oneiros_saving.model_parts import backend_of, inner, make_optimizer_state
from oneiros_saving.parts import parts_of, used_by
from oneiros_saving.saving import COMPILED
from oneiros_saving.variables import Values, assign, values_of

KEPT = ("trainable", "initial_weights")
"""Attributes that a layer keeps although its configuration may lack them."""


def reduced(obj: Any) -> tuple[Any, ...]:
    """Returns a function and its arguments, which make a copy of a layer, a model or an
    optimizer.

    # Raises
        ArgumentError: for a layer with weights whose input's shape isn't known.
        NotImplementedError: for an optimizer that has no configuration.
    """
    with K.use(backend_of(obj)):
        origin = backend_of(obj).name, type(obj), obj.get_config()
        if isinstance(obj, Optimizer):
            return _optimizer, (*origin, values_of(obj))
        parts, weights = dict(parts_of(obj)), obj.weights
        kept = {
            path: {key: getattr(part, key) for key in KEPT if hasattr(part, key)}
            for path, part in parts.items()
        }
        more = {path: values_of(part, weights) for path, part in parts.items()}
        state = obj.name, kept, _shapes(obj), obj.get_weights(), more, _training(obj)
        return _layer, (*origin, _named(parts.values()), *state)


def _optimizer(backend: str, cls: Any, config: Any, values: Values) -> Any:
    with K.use(backend):
        optimizer = cls.from_config(config)
        optimizer.weights = [
            K.variable(value, dtype=value.dtype) for value in values.get("weights", ())
        ]
        assign(optimizer, values)
    return optimizer


def _layer(
    backend: str,
    cls: Any,
    config: Any,
    known: Any,
    name: str,
    kept: Any,
    shapes: Any,
    weights: Any,
    more: Any,
    training: Any,
) -> Any:
    with K.use(backend), configs.building("layer", cls.__name__, known):
        layer = cls.from_config(config)
        layer.name = name
        parts = dict(parts_of(layer))
        for path in kept.keys() & parts.keys():
            for key, value in kept[path].items():
                setattr(parts[path], key, value)
        if shapes:
            layer.build(one_or_all(shapes))
            layer.built = True
        layer.set_weights(weights)
        for path in more.keys() & parts.keys():
            assign(parts[path], more[path], layer.weights)
        if training is not None:
            _compile(layer, *training)
    return layer


def _compile(
    model: Any, optimizer: Any, arguments: dict[str, Any], options: dict[str, Any]
) -> None:
    values = values_of(optimizer)
    model.compile(optimizer, **arguments, **options)
    if optimizer.weights:
        make_optimizer_state(model)
        assign(optimizer, values)


def _training(model: Any) -> Any:
    """Returns what `compile` was given, the optimizer first; None if the model isn't
    compiled."""
    if getattr(model, "optimizer", None) is None:
        return None
    arguments = {key: getattr(model, key) for key in COMPILED}
    return model.optimizer, arguments, inner(model).function_kwargs


def _shapes(layer: Any) -> Any:
    """Returns the input shapes on which a layer's weights were made; None if it needs
    none to make them."""
    if isinstance(layer, Container) or not layer.built:
        return None
    if not layer.inbound_nodes and layer.weights:
        raise ArgumentError(
            f"{label(layer)} has weights, and wasn't called on another layer's output, so a copy can't make "
            f"them: the input's shape isn't known. Copy the layer or the model that holds it."
        )
    return layer.inbound_nodes[0].input_shapes if layer.inbound_nodes else None


def _named(parts: Iterable[Any]) -> dict[str, Any]:
    """Returns the classes and functions that layers' configurations name, apart from
    functions of plugins."""
    named: dict[str, Any] = {}
    for part in parts:
        for used in (type(part), *used_by(part)):
            if named.setdefault(used.__name__, used) is not used:
                raise ArgumentError(
                    f"{label(part)} can't be copied or pickled: its {used!r:.80} and another layer's "
                    f"{named[used.__name__]!r:.80} have one name. Rename one of them."
                )
    return {
        name: used
        for name, used in named.items()
        if isinstance(used, type) or not registry.provenance(used)
    }
