"""Builds a described model with Keras 3 alone, and saves it."""

import inspect
from typing import Any

from oneiros_exports.keras3.older_releases import make_loadable
from oneiros_exports.keras3.runtime import keras, output_names

Data = dict[str, Any]
Slots = dict[tuple[int, str], Any]
"""The values of an optimizer's variables, by the ids of weights and the variables'
names."""
FORWARD = "forward_layer"
"""The attribute of a Bidirectional that has the argument `layer`."""
OF_CALLS = ("use_causal_mask", "return_attention_scores")
"""Arguments that layers with attention take when they are called."""
WITH_SEPARATE_INPUTS = ("GroupQueryAttention", "MultiHeadAttention")
"""Layers that take their inputs one by one, not as a list."""


def main(description: Data, path: str) -> list[str]:
    """Builds a model and saves it.

    # Arguments
        description: dict, as in `oneiros_exports.keras3.description`.
        path: str, where to save it.

    # Returns
        List of the outputs' names.
    """
    builder = Builder()
    model = builder.model(description)
    if description["compilation"] is not None:
        compile_model(model, description["compilation"], builder.slots)
    model.save(path)
    make_loadable(path)
    return output_names(model)


class Builder:
    """Builds models and layers of Keras 3 with their weights.

    # Properties
        slots: dict, the values of the optimizer's variables for the weights.
    """

    def __init__(self) -> None:
        self.slots: Slots = {}

    def model(self, data: Data):
        """Returns a model, with its weights."""
        inputs = [keras.Input(**each) for each in data["inputs"]]
        layers = list(map(self.layer, data["layers"]))
        results: list[list[Any]] = []

        def tensor(place: list[Any]):
            call, index = place
            return inputs[index] if call is None else results[call][index]

        for call in data["calls"]:
            tensors = [tensor(place) for place in call["tensors"]]
            layer = layers[call["layer"]]
            output = called(layer, tensors, data["layers"][call["layer"]])
            results.append(keras.tree.flatten(output))
        outputs = [tensor(place) for place in data["outputs"]]
        model = keras.Model(one_or_all(inputs), one_or_all(outputs), name=data["name"])
        for layer, each in zip(layers, data["layers"]):
            self.set_weights(layer, each)
        return model

    def layer(self, data: Data):
        """Returns a layer without values; a model with them."""
        if "model" in data:
            model = self.model(data["model"])
            model.trainable = data["trainable"]
            return model
        cls = class_of(data["class_name"], keras.layers)
        arguments = {
            name: value
            for name, value in data["arguments"].items()
            if name not in OF_CALLS
        }
        for name, inner in data["wrapped"].items():
            is_list = isinstance(inner, list)
            layers = list(map(self.layer, inner if is_list else [inner]))
            arguments[name] = layers if is_list else layers[0]
        accepted = accepted_arguments(cls)
        chosen = {
            key: registered(value)
            for key, value in arguments.items()
            if key in accepted
        }
        layer = cls(name=data["name"], **chosen)
        layer.trainable = data["trainable"]
        return layer

    def set_weights(self, layer, data: Data) -> None:
        """Sets the values of a layer, and of those inside."""
        if "model" in data:
            return
        wrapped = data["wrapped"]
        for name, inner in wrapped.items():
            is_forward = name == "layer" and hasattr(layer, FORWARD)
            inside = getattr(layer, FORWARD if is_forward else name)
            is_list = isinstance(inner, list)
            pairs = zip(inside, inner) if is_list else [(inside, inner)]
            for pair in pairs:
                self.set_weights(*pair)
        if wrapped:
            return
        layer.set_weights(data["arrays"])
        for slot, values in data["slots"].items():
            for weight, value in zip(layer.weights, values, strict=True):
                self.slots[id(weight), slot] = value


def called(layer, tensors: list[Any], data: Data):
    """Returns what a layer makes of tensors; of those of a recurrent one, all but the
    first are its initial states.

    # Arguments
        layer: layer of Keras.
        tensors: list of its inputs.
        data: dict, the layer's description.
    """
    first, *others = tensors
    recurrent = (keras.layers.RNN, keras.layers.Bidirectional)
    if others and isinstance(layer, recurrent):
        return layer(first, initial_state=others)
    given = {name: True for name in OF_CALLS if data.get("arguments", {}).get(name)}
    if data.get("class_name") in WITH_SEPARATE_INPUTS:
        return layer(*tensors, **given)
    return layer(one_or_all(tensors), **given)


def class_of(name: str, module):
    """Returns the class that is registered under a name, or that of a module of
    Keras."""
    return keras.saving.get_registered_object(name) or getattr(module, name)


def accepted_arguments(cls) -> set[str]:
    """Returns the arguments of a class's constructor, and of those that it passes
    others on to."""
    accepted: set[str] = set()
    for base in cls.__mro__:
        parameters = inspect.signature(base.__init__).parameters
        accepted.update(parameters, getattr(base, "arguments", ()))
        kinds = [parameter.kind for parameter in parameters.values()]
        if inspect.Parameter.VAR_KEYWORD not in kinds:
            break
    return accepted


def registered(value):
    """Returns the registered function that a value names; any other value as it is."""
    function = None
    if isinstance(value, str):
        function = keras.saving.get_registered_object(value)
    return value if function is None else function


def loss_of(value):
    """Returns a loss, which a name or the entry of an object stands for."""
    if isinstance(value, dict):
        return keras.losses.deserialize(value)
    return registered(value)


def compile_model(model, data: Data, slots: Slots) -> None:
    """Compiles a model, and restores its optimizer's variables."""
    chosen = data["optimizer"]
    optimizer = class_of(chosen["class_name"], keras.optimizers).from_config(
        dict(chosen["arguments"])
    )
    loss = None
    if data["loss"] is not None:
        loss = one_or_all(list(map(loss_of, data["loss"])))
    model.compile(
        optimizer,
        loss=loss,
        loss_weights=data["loss_weights"],
        metrics=one_or_all([list(map(registered, each)) for each in data["metrics"]]),
    )
    # Keras stores what it chose for its backend here; others would have to take it.
    model._compile_config.config["jit_compile"] = "auto"
    optimizer.build(model.trainable_variables)
    optimizer.iterations.assign(data["iterations"])
    for slot in data["slots"]:
        variables = named_variables(optimizer, slot)
        if variables:  # SGD has none without momentum
            weights = model.trainable_variables
            for variable, weight in zip(variables, weights, strict=True):
                variable.assign(slots[id(weight), slot])
    for name, value in data["shared"].items():
        for variable in named_variables(optimizer, name):
            variable.assign(value)


def one_or_all(values: list[Any]):
    """Returns the only one of some values, or all."""
    return values[0] if len(values) == 1 else values


def named_variables(optimizer, name: str) -> list[Any]:
    """Returns an optimizer's variables of a name, one for each weight."""
    return [each for each in optimizer.variables if each.name.endswith(f"_{name}")]
