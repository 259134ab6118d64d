"""`Predictor`: what a model predicts, as a pure function with named ends."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from oneiros import backend as K
from oneiros.backend.dispatch import backend_of
from oneiros.engine.node import origins
from oneiros_backend_toolkit.lazy_graph.names import distinct, named_shapes
from oneiros_backend_toolkit.lazy_graph.prediction import prediction
from oneiros_training.parts import parts_of

from oneiros_exports.destination import Export, Port, Refusal, Written

PREDICTING = 0
"""The learning phase."""


class Predictor:
    """What a model on a backend of the lazy graph predicts, as a pure function.

    # Arguments
        model: the model.

    # Properties
        input_names, output_names: lists of str, the layers' names, each once. Letters
            that not every library accepts are replaced by underscores.
        variables: the variables that the predictions depend on.
        variable_names: list of str, the variables' names, each once.
    """

    def __init__(self, model) -> None:
        self.model = model
        self._program = prediction(model)
        self.input_names = unique_names(names_of(model.inputs))
        self.output_names = unique_names(names_of(model.outputs))
        self.variables = list(self._program.variables)
        self.variable_names = unique_names([_name(x) for x in self.variables])

    def outputs(self, inputs: Sequence[Any], weights: Sequence[Any]) -> list[Any]:
        """Computes the outputs.

        # Arguments
            inputs: list of the engine's tensors.
            weights: list of the values of `variables`.
        """
        with K.use(backend_of(self.model)):
            outputs, _ = self._program(list(inputs), list(weights), PREDICTING, 0)
        return list(outputs)

    def ports(self) -> tuple[list[Port], list[Port]]:
        """Returns what goes in, and what comes out."""
        return ports(self.model, self.input_names, self.output_names)

    def written(self, summary: str) -> Written:
        """Returns what a destination says of itself, with this summary."""
        return Written(summary, *self.ports(), left_out(self.model))


class PredictorExport(Export):
    """Base class of destinations that write what a model predicts as a pure function.

    A subclass names its `backend`, one that is built on the lazy graph.
    """

    def refusals(self, model) -> list[Refusal]:
        """Returns the layers that keep their state from one batch to the next."""
        return stateful_refusals(model)

    def write(self, model, path: Path) -> Written:
        """Writes the file."""
        predictor = Predictor(model)
        summary = self.write_predictor(predictor, path)
        return predictor.written(summary)

    def write_predictor(self, predictor: Predictor, path: Path) -> str:
        """Writes a model's predictions.

        # Arguments
            predictor: `Predictor`.
            path: where to write; nothing is there yet.

        # Returns
            What the file consists of, such as `"batch size 1"`.
        """
        raise NotImplementedError(f"{type(self).__name__} lacks write_predictor.")


def stateful_refusals(model) -> list[Refusal]:
    """Returns a refusal for each layer that keeps its state from batch to batch."""
    return [
        Refusal(
            layer,
            "it keeps its state from one batch to the next (stateful=True).",
            "Export it to ONNX, where states are inputs and outputs. Or build the "
            "model with stateful=False, load the weights, and export that.",
        )
        for _, layer in parts_of(model)
        if getattr(layer, "stateful", False) and not hasattr(layer, "layers")
    ]


def ports(
    model, input_names: list[str], output_names: list[str]
) -> tuple[list[Port], list[Port]]:
    """Returns the inputs and the outputs of a model, their open sizes with names."""
    names = [*input_names, *output_names]
    tensors = [*model.inputs, *model.outputs]
    shapes = named_shapes(names, map(K.int_shape, tensors))
    described = []
    for name, tensor, shape in zip(names, tensors, shapes):
        described.append(Port(name, K.dtype(tensor), shape))
    nb_inputs = len(input_names)
    return described[:nb_inputs], described[nb_inputs:]


def left_out(model) -> list[str]:
    """Returns the layers of a model that act only in training."""
    inner = [
        layer for _, layer in parts_of(model) if not getattr(layer, "layers", None)
    ]
    return [
        f"{type(layer).__name__} {layer.name!r}"
        for layer in inner
        if layer.uses_learning_phase and not layer.weights
    ]


def names_of(tensors: list[Any]) -> list[str]:
    """Returns the names of the layers that tensors come from."""
    layers, _, _ = origins(tensors)
    return [layer.name for layer in layers]


def unique_names(names: Sequence[str]) -> list[str]:
    """Returns names that any library accepts, with `_1`, `_2`, … added where one occurs
    several times."""
    return distinct(map(_plain, names))


def _plain(name: str) -> str:
    """Returns a name that Python and TensorFlow accept for an argument."""
    plain_name = re.sub(r"\W", "_", name, flags=re.ASCII)
    return plain_name if plain_name[:1].isalpha() else f"x_{plain_name}"


def _name(variable) -> str:
    return (variable.name or "variable").removesuffix(":0")
