"""Builds a described model with Keras 3 alone, and saves it."""

from __future__ import annotations

import inspect
import json
from typing import Any

import numpy as np

from oneiros_export_keras3.keras_on_jax import keras

Data = dict[str, Any]
INSIDE = {("Bidirectional", "layer"): "forward_layer"}
"""Attributes that don't have the name of the argument."""


def main(description: str, arrays: str, path: str) -> None:
    """Builds a model and saves it.

    # Arguments
        description: str, the file that describes it.
        arrays: str, the file with its weights.
        path: str, where to save it.
    """
    with open(description, encoding="utf-8") as file:
        data = json.load(file)
    with np.load(arrays, allow_pickle=False) as stored:
        model = built_model(data, dict(stored))
    model.save(path)


def built_model(data: Data, arrays: dict[str, Any]) -> Any:
    """Returns a model of Keras 3, with its weights."""
    inputs = list(map(built_input, data["inputs"]))
    layers = [built_layer(each, arrays) for each in data["layers"]]
    results: list[list[Any]] = []

    def tensor(place: list[Any]) -> Any:
        call, index = place
        return inputs[index] if call is None else results[call][index]

    for call in data["calls"]:
        tensors = [tensor(place) for place in call["tensors"]]
        layer = layers[call["layer"]]
        output = layer(tensors if len(tensors) > 1 else tensors[0])
        is_one = not isinstance(output, (list, tuple))
        results.append([output] if is_one else list(output))
    outputs = [tensor(place) for place in data["outputs"]]
    model = keras.Model(inputs, outputs)
    for layer, each in zip(layers, data["layers"], strict=True):
        set_weights(layer, each, arrays)
    return model


def built_input(data: Data) -> Any:
    """Returns an input of a model."""
    return keras.Input(
        batch_shape=data["shape"],
        dtype=data["dtype"],
        name=data["name"],
    )


def built_layer(data: Data, arrays: dict[str, Any]) -> Any:
    """Returns a layer without values; a model with them."""
    if "model" in data:
        model = built_model(data["model"], arrays)
        model.trainable = data["trainable"]
        return model
    cls = layer_class(data["class_name"])
    arguments = dict(data["arguments"])
    for name, inner in data["wrapped"].items():
        arguments[name] = built_layer(inner, arrays)
    accepted = accepted_arguments(cls)
    chosen = {
        key: registered(value) for key, value in arguments.items() if key in accepted
    }
    layer = cls(name=data["name"], **chosen)
    layer.trainable = data["trainable"]
    return layer


def layer_class(name: str) -> Any:
    """Returns the class of layers of a name; of a registered one if it has a `>`."""
    if ">" in name:
        return keras.saving.get_registered_object(name)
    return getattr(keras.layers, name)


def accepted_arguments(cls: Any) -> set[str]:
    """Returns the arguments of a class's constructor, and of those that it passes
    others on to."""
    constructors = [base.__init__ for base in cls.__mro__]
    return {
        name for each in constructors for name in inspect.signature(each).parameters
    }


def registered(value: Any) -> Any:
    """Returns the registered function that a value names; any other value as it is."""
    function = None
    if isinstance(value, str):
        function = keras.saving.get_registered_object(value)
    return value if function is None else function


def set_weights(layer: Any, data: Data, arrays: dict[str, Any]) -> None:
    """Sets the values of a layer, and of those inside."""
    if "model" in data:
        return
    wrapped = data["wrapped"]
    for name, inner in wrapped.items():
        attribute = INSIDE.get((data["class_name"], name), name)
        set_weights(getattr(layer, attribute), inner, arrays)
    if not wrapped:
        layer.set_weights([arrays[name] for name in data["arrays"]])
