"""Describes a model as plain data and arrays, from which a process with Keras alone
builds it.

A description is a dict:

- `"inputs"`: list of the inputs' names, batch shapes and types
- `"calls"`: list of the layers' calls in order, each a dict with the layer's number and
  the tensors that it gets
- `"layers"`: list of the layers: class, name, arguments and arrays; wrappers have
  `"wrapped"`, layers by argument; models have `"model"`. A class of `oneiros_keras3`
  has its registered name
- `"outputs"`: list of tensors
- `"compilation"`: what `compile` gets, and the optimizer's counts; None if the model
  isn't compiled. Then `"slots"` of the layers are the values of the optimizer's
  variables

A tensor is a pair: the number of a call, or None for an input, and a place.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from oneiros import backend as K
from oneiros.engine.container import Container
from oneiros.errors import ConfigError
from oneiros.typing import Array
from oneiros_old_files.keras2 import migration_of
from oneiros_old_files.keras3 import Keras3Layer

from oneiros_exports.destination import Refusal

Data = dict[str, Any]
INSIDE = ("layer", "cell", "cells")
"""Attributes with layers inside, which arguments of Keras 3 are called, too."""
NO_LAYER = "Keras 3 has no such layer."
ELSEWHERE = "ONNX can hold it: model.onnx."


@dataclass
class Describer:
    """Describes models, and collects what can't be described.

    # Properties
        slots: dict, by the names of an optimizer's variables for each weight, dicts of
            their values by the weights' ids.
        names: dict, the names in Keras 3 by those here.
        copies: list of str, the names of layers with weights that are in several models
            or wrappers, of which each has a copy in Keras 3.
        refusals: list of `Refusal`.
    """

    slots: dict[str, dict[int, Array]] = field(default_factory=dict)
    names: dict[Any, str] = field(default_factory=dict)
    copies: list[str] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    _described: set[int] = field(default_factory=set)

    def model(self, model, gets_mask: bool = False) -> Data:
        """Returns the description of a model, which gets a mask or not."""
        places = {id(x): [None, place] for place, x in enumerate(model.inputs)}
        numbers: dict[int, int] = {}
        layers: list[Data] = []
        calls: list[Data] = []
        nodes = model.graph_nodes()
        masked = {
            id(node.outbound_layer)
            for node in nodes
            if any(mask is not None for mask in node.input_masks)
        }
        for node in nodes:
            if not node.inbound_layers:
                continue
            layer = node.outbound_layer
            if id(layer) not in numbers:
                numbers[id(layer)] = len(layers)
                is_masked = gets_mask or id(layer) in masked
                layers.append(self.layer(layer, is_masked))
            for place, x in enumerate(node.output_tensors):
                places[id(x)] = [len(calls), place]
            tensors = [places[id(x)] for x in node.input_tensors]
            calls.append({"layer": numbers[id(layer)], "tensors": tensors})
        outputs = [places[id(x)] for x in model.outputs]
        return {
            "name": self.name(model),
            "inputs": list(map(self._input, model.inputs)),
            "layers": layers,
            "calls": calls,
            "outputs": outputs,
        }

    def layer(self, layer, gets_mask: bool = False) -> Data:
        """Returns the description of a layer, which gets a mask or not; an empty dict
        if there is none."""
        if isinstance(layer, Container):
            return {
                "model": self.model(layer, gets_mask),
                "name": self.name(layer),
                "trainable": bool(layer.trainable),
            }
        if id(layer) in self._described and layer.weights:
            self.copies.append(self.name(layer))
        self._described.add(id(layer))
        arrays = [] if _wrapped(layer) else layer.get_weights()
        there = self._counterpart(layer, arrays)
        if there is None:
            return {}
        masked_class_name = there.masked_class_name if gets_mask else None
        return {
            "class_name": masked_class_name or there.class_name,
            "name": self.name(layer),
            "arguments": there.arguments,
            "trainable": bool(layer.trainable),
            "arrays": there.arrays,
            "slots": self._slots(layer, arrays),
            "wrapped": {
                name: list(map(self.layer, inner))
                if isinstance(inner, list)
                else self.layer(inner)
                for name, inner in _wrapped(layer).items()
            },
        }

    def name(self, layer) -> str:
        """Returns the name of a layer in Keras 3, which takes no `/` in it."""
        if layer.name not in self.names:
            name = str(layer.name).replace("/", "_")
            while name in self.names.values():
                name += "_"
            self.names[layer.name] = name
        return self.names[layer.name]

    def _input(self, x) -> Data:
        layer, _, _ = x._keras_history
        shape = K.int_shape(x)
        return {"name": self.name(layer), "batch_shape": shape, "dtype": K.dtype(x)}

    def _slots(self, layer, arrays: list[Array]) -> dict[str, list[Array]]:
        """Returns the arrays of each of the optimizer's variables; zeros for weights
        that aren't trained."""
        if not arrays:
            return {}
        slots = {}
        for name, by_weight in self.slots.items():
            values = [
                by_weight.get(id(weight), np.zeros_like(array))
                for weight, array in zip(layer.weights, arrays)
            ]
            there = self._counterpart(layer, values)
            slots[name] = there.arrays if there is not None else []
        return slots

    def _counterpart(self, layer, arrays: list[Array]) -> Keras3Layer | None:
        class_name = type(layer).__name__
        migration = migration_of(class_name)
        there: Keras3Layer | None = None
        reason = NO_LAYER
        if migration is not None:
            config = layer.get_config()
            if K.convolution() == "theano":
                arrays = migration.flipped(config, arrays)
            try:
                there = migration.to_keras3(config, arrays)
            except ConfigError as error:
                reason = str(error)
        if there is None:
            self.refusals.append(Refusal(layer, reason, ELSEWHERE))
        return there


def _wrapped(layer) -> dict[str, Any]:
    """Returns the layers inside a wrapper or a recurrent layer, by the arguments of
    Keras 3."""
    if hasattr(layer, "backward_layer"):
        return {"layer": layer.forward_layer, "backward_layer": layer.backward_layer}
    inside = (name for name in INSIDE if hasattr(layer, name))
    return {name: getattr(layer, name) for name in inside}
