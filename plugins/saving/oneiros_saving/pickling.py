"""How `copy.deepcopy` and `pickle` copy models: they use the configuration, the values
of all variables, and the import paths of classes and functions. Model files never use
this module.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pkgutil import resolve_name
from typing import Any

from oneiros import backend as K
from oneiros import config as configs
from oneiros import services
from oneiros.arguments import label
from oneiros.backend.contract import LOCK
from oneiros.backend.dispatch import backend_of
from oneiros.engine.container import Container
from oneiros.engine.node import one_or_all, origins
from oneiros.errors import ArgumentError
from oneiros.plugins import manager
from oneiros_optimizers.optimizer import Optimizer
from oneiros_training.parts import Values, assign, parts_of, values_of

from oneiros_saving.plain_data_encoding import plain_attributes
from oneiros_saving.provenance import provenance, used_by
from oneiros_saving.restoring import COMPILED

PROTOCOL = 4
"""The protocol of `pickle` by which an optimizer is captured."""
KEPT = ("trainable", "initial_weights")
"""Attributes of a layer that its configuration may lack."""


def reduced(obj) -> tuple[Any, ...]:
    """Returns a function and its arguments that make a copy of a layer, a model or an
    optimizer.

    They name functions and classes of plugins by the paths that programs import, so
    that a pickle still loads after a plugin has moved its modules.

    # Raises
        ArgumentError: for a layer with weights but an unknown input shape.
        NotImplementedError: for an optimizer that has no configuration.
    """
    backend = backend_of(obj)
    with K.use(backend), LOCK:
        if isinstance(obj, Optimizer):
            config = obj.get_config()
            data = {"backend": backend.name, "config": config, "values": values_of(obj)}
        else:
            template = _uncompiled(obj)
            if training := _training(obj):
                trained = _trained(obj)
                template = replace(template, training=training, trained=trained)
            data = vars(template)
            del data["cls"]
        return rebuilt, (by_path(type(obj)), by_path(data))


def rebuilt(cls, data: dict[str, Any]):
    """Returns a copy of an object, from what `reduced` returned."""
    if issubclass(cls, Optimizer):
        return _optimizer(cls, **data)
    return _layer(Template(cls=cls, **data))


rebuilt.__module__ = "oneiros.saving"  # where pickles look for it


def by_path(value):
    """Returns a value in which the path by which programs import them stands for
    classes and functions of plugins; other modules may be the plugins' own then."""
    if isinstance(value, dict):
        return {key: by_path(item) for key, item in value.items()}
    if type(value) in (list, tuple):
        return type(value)(map(by_path, value))
    path = _import_path(value) if hasattr(value, "__qualname__") else None
    return Captured((resolve_name, (path,))) if path else value


def _import_path(obj) -> str | None:
    """Returns the path by which programs import a class or a function of a plugin, such
    as `"oneiros.layers.core:Dense"`; None if no plugin provides it under its name."""
    reference = f"{obj.__module__}:{obj.__qualname__}"
    for path, table in manager().modules.items():
        for entry in table.get(obj.__name__, ()):
            if entry.reference == reference:
                return f"oneiros.{path}:{obj.__name__}"
    return None


def on_backend(model, backend: str | None = None):
    """Returns a copy of a model that isn't compiled, on another backend. Its inputs
    have the same names, even those that a `Sequential` makes.

    # Arguments
        model: the model.
        backend: str, a backend's name; None for the model's own.

    # Raises
        ArgumentError: as for `reduced`.
    """
    with K.use(backend_of(model)), LOCK:
        template = _uncompiled(model)
    copied = _layer(replace(template, backend=backend or template.backend))
    sources, _, _ = origins(model.inputs)
    counterparts, _, _ = origins(copied.inputs)
    for source, counterpart in zip(sources, counterparts):
        counterpart.name = source.name
    return copied


@dataclass
class Template:
    """The data from which a copy of a layer or a model is made.

    # Properties
        backend: str, the name of its backend.
        cls: its class.
        config: the result of `get_config`.
        custom_objects: dict from names in it to classes and functions.
        name: str.
        attributes: dict from the paths of the layer and its inner layers to attributes
            that their configurations may lack.
        input_shapes: the input shapes for which its weights were made; None if it needs
            none.
        weights: list of arrays.
        variables: by path, the values of other variables.
        training: the arguments of `compile`; None if it wasn't called.
        trained: the places of the weights that its optimizer trains, which were
            trainable then; None for all that are, as in pickles of earlier versions.
    """

    backend: str
    cls: Any
    config: Any
    custom_objects: dict[str, Any]
    name: str
    attributes: dict[str, dict[str, Any]]
    input_shapes: Any
    weights: list[Any]
    variables: dict[str, Values]
    training: tuple[Any, dict[str, Any], dict[str, Any]] | None = None
    trained: tuple[int, ...] | None = None


@dataclass(frozen=True)
class Captured:
    """Becomes a copy of an object, as it was, when it is copied or pickled.

    # Arguments
        reduced: what its `__reduce_ex__` returned.
    """

    reduced: Any

    def __reduce__(self):
        return self.reduced


def _uncompiled(layer) -> Template:
    """Returns what a copy of a layer or a model is made from, without the arguments of
    `compile`."""
    parts = dict(parts_of(layer))
    weights = layer.weights
    attributes = {
        path: {key: getattr(part, key) for key in KEPT if hasattr(part, key)}
        for path, part in parts.items()
    }
    return Template(
        backend=backend_of(layer).name,
        cls=type(layer),
        config=layer.get_config(),
        custom_objects=_custom_objects(parts.values()),
        name=layer.name,
        attributes=attributes,
        input_shapes=_input_shapes(layer),
        weights=layer.get_weights(),
        variables={path: values_of(part, weights) for path, part in parts.items()},
    )


def _optimizer(cls, backend: str, config, values: Values):
    with K.use(backend):
        optimizer = cls.from_config(config)
        optimizer.weights = [
            K.variable(value, dtype=value.dtype) for value in values.get("weights", ())
        ]
        assign(optimizer, values)
    return optimizer


def _layer(template: Template):
    building = configs.building("layer", template.cls.__name__, template.custom_objects)
    with K.use(template.backend), building:
        layer = template.cls.from_config(template.config)
        layer.name = template.name
        parts = dict(parts_of(layer))
        for path in template.attributes.keys() & parts.keys():
            for key, value in template.attributes[path].items():
                setattr(parts[path], key, value)
        if template.input_shapes:
            layer.build(one_or_all(template.input_shapes))
            layer.built = True
        layer.set_weights(template.weights)
        for path in template.variables.keys() & parts.keys():
            assign(parts[path], template.variables[path], layer.weights)
        if template.training is not None:
            optimizer, arguments, options = template.training
            values = values_of(optimizer)
            layer.compile(optimizer, **arguments, **options)
            if template.trained is not None:
                weights = layer.weights
                layer._collected_trainable_weights = [
                    weights[place] for place in template.trained
                ]
            if optimizer.weights:
                layer._make_train_function()
                assign(optimizer, values)
    return layer


def _training(model):
    """Returns what `compile` was given, the optimizer first; None if the model isn't
    compiled."""
    if getattr(model, "optimizer", None) is None:
        return None
    arguments = {key: getattr(model, key) for key in COMPILED}
    optimizer = Captured(model.optimizer.__reduce_ex__(PROTOCOL))
    return optimizer, arguments, model._function_kwargs


def _trained(model) -> tuple[int, ...]:
    """Returns the places of the weights that a model's optimizer trains."""
    places = {id(weight): place for place, weight in enumerate(model.weights)}
    trained = getattr(model, "_collected_trainable_weights", ())
    return tuple(places[id(weight)] for weight in trained if id(weight) in places)


def _input_shapes(layer):
    """Returns the input shapes on which a layer's weights were made; None if it needs
    none to make them."""
    if isinstance(layer, Container) or not layer.built:
        return None
    if not layer.inbound_nodes and layer.weights:
        raise ArgumentError(
            f"{label(layer)} has weights but wasn't called on another layer's output, "
            "so a copy can't make them: the input shape is unknown. Copy the layer "
            "or the model that contains it."
        )
    return layer.inbound_nodes[0].input_shapes if layer.inbound_nodes else None


def _custom_objects(parts: Iterable[Any]) -> dict[str, Any]:
    """Returns the classes and functions that layers' configurations name, apart from
    functions of plugins."""
    named: dict[str, Any] = {}
    for part in parts:
        for used in (type(part), *used_by(part)):
            if named.setdefault(used.__name__, used) is not used:
                raise ArgumentError(
                    f"{label(part)} can't be copied or pickled: its {used!r:.80} and "
                    f"another layer's {named[used.__name__]!r:.80} have the same name. "
                    "Rename one of them."
                )
    return {
        name: used
        for name, used in named.items()
        if isinstance(used, type) or not provenance(used)
    }


class Copying:
    """The service `copying`: what the kernel calls."""

    reduced = staticmethod(reduced)
    plain_attributes = staticmethod(plain_attributes)


service: services.Copying = Copying()
