"""Sequential: a model made of layers one after the other."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Sequence
from typing import Any

from oneiros import config as configs
from oneiros.arguments import label
from oneiros.backend.dispatch import backend_of
from oneiros.bases import Rebuilt
from oneiros.engine.container import Container, entry_of, get_source_inputs
from oneiros.engine.layer import Layer
from oneiros.engine.node import Node, node_of, unique
from oneiros.errors import ArgumentError, ConfigError, GraphError, ShapeError
from oneiros.typing import Array, Tensor

from oneiros_training.data_types import (
    ClassWeight,
    Data,
    Losses,
    Metrics,
    Results,
    Stream,
    WeightMode,
)
from oneiros_training.model import Model
from oneiros_training.parts import whole


def _one_layer() -> dict[str, Any]:
    """Returns arguments of a small model."""
    from oneiros.layers import Dense

    return {"layers": [Dense(3, input_dim=4)]}


class Sequential(Model):
    """A model of layers one after the other.

    # Example
        ```python
        import numpy as np
        from oneiros.layers import Dense
        from oneiros.models import Sequential

        model = Sequential()
        model.add(Dense(64, activation="relu", input_dim=100))
        model.add(Dense(10, activation="softmax"))
        model.compile("sgd", "categorical_crossentropy", metrics=["accuracy"])
        x = np.random.random((64, 100))
        y = np.eye(10)[np.arange(64) % 10]
        model.fit(x, y, nb_epoch=5, batch_size=32, verbose=0)
        print(model.predict(x).shape)  # (64, 10)
        ```

    # Arguments
        layers: list of layers to add; the first one needs an input shape.
        name: str.

    # Properties
        layers: list of the added layers.
        model: the model itself; in Keras 1, a `Model` inside.
        validation_data: list of what the test function got in the last fit: inputs,
            targets, sample weights and, for a model with a learning phase, `0.`.

    # Raises
        ArgumentError: for one layer instead of a list.
    """

    __slots__ = ("_whole",)  # isn't shared with what the property `model` returns
    loadable = True
    conformance = {"arguments": _one_layer, "input_shape": (4,)}
    validation_data: Any = None
    training_data: Any = None
    _whole: Sequential

    def __init__(self, layers: Sequence[Layer] | None = None, name: str | None = None):
        Layer.__init__(self, name=name)
        if isinstance(layers, Layer):
            raise ArgumentError(
                f"{label(self)} received one layer. Write a list: Sequential([layer])."
            )
        for layer in layers or []:
            self.add(layer)

    @property
    def model(self) -> Sequential:
        """This model: code for Keras 1 looks here for the `Model` of the layers.

        Of a class that replaces methods or properties of models, it is this model
        without these, since they may call `self.model.fit`; callbacks and hooks get the
        whole model. A model that you set here is returned from then on.
        """
        if own_model := vars(self).get("model"):
            return own_model  # type: ignore[no-any-return]  # whatever was set
        if not _replaces_methods(type(self)):
            return self
        model = object.__new__(Sequential)
        model.__dict__ = vars(self)
        model._whole = self
        return model

    @model.setter
    def model(self, model) -> None:
        vars(self)["model"] = model

    @functools.cached_property
    def layers(self) -> list[Layer]:  # type: ignore[override]
        """The added layers; classes of 2016 may not call `__init__`."""
        return []

    def add(self, layer: Layer) -> None:
        """Adds a layer after the last one.

        # Arguments
            layer: layer or model with one output; the first one needs an input shape.

        # Raises
            ArgumentError: if it isn't a layer. ShapeError: if it doesn't fit the
                previous layer.
            GraphError: if it has several outputs. NodeError: if the first layer has
                already been called several times.
        """
        if not isinstance(layer, Layer):
            is_class = isinstance(layer, type)
            hint = f" Did you mean {layer.__name__}(…)?" if is_class else ""
            raise ArgumentError(
                f"{label(self)}.add needs a layer; received {layer!r:.80}.{hint}"
            )
        if layer is whole(self):
            raise ArgumentError(f"{label(self)}.add received the model itself.")
        output = layer(self.outputs[0]) if self.layers else self._first_output(layer)
        if isinstance(output, list):
            raise GraphError(
                f"{label(layer)} has {len(output)} outputs: use Model(input=…, "
                "output=…)."
            )
        self.layers.append(layer)
        self.outputs = [output]
        if len(self.layers) == 1:
            self._backend = backend_of(layer)
            self.inputs = get_source_inputs(output)
            Node.of_source(self, self.inputs, [output])
        self._changed()

    def _first_output(self, layer: Layer):
        if not layer.inbound_nodes:
            if not hasattr(layer, "batch_input_shape"):
                kind = type(layer).__name__
                advice = f"Pass the shape of one sample: {kind}(…, input_shape=(n,))."
                if "name" not in vars(layer):  # that of Layer sets it
                    advice = (
                        f"The constructor of {kind} must call "
                        "super().__init__(**kwargs), which receives input_shape."
                    )
                raise ShapeError(
                    f"{label(layer)} is the first layer of {label(self)} but doesn't "
                    f"know its input shape. {advice}"
                )
            dtype = getattr(layer, "input_dtype", None)
            layer.create_input_layer(layer.batch_input_shape, dtype)
        return layer.output

    def pop(self) -> None:
        """Removes the last layer.

        # Raises
            GraphError: if there is none.
        """
        if not self.layers:
            raise GraphError(f"{label(self)} has no layer to remove.")
        self.layers.pop()
        if self.layers:
            call = node_of(self.outputs[0])
            call.inbound_layers[0].outbound_nodes.remove(call)
            self.outputs = call.input_tensors
        else:
            self.inputs = []
            self.outputs = []
            self.inbound_nodes = []
        self._changed()

    def _changed(self) -> None:
        """Forgets the graph, and what was compiled for it."""
        if self.inbound_nodes:
            node = self.inbound_nodes[0]
            node.output_tensors = self.outputs
            node.output_shapes = [self.outputs[0]._keras_shape]
        self.built = False
        self.forget_functions()
        vars(self).pop("loss_functions", None)
        self.forget_graph()

    def build(self, input_shape=None) -> None:
        """Finds the graph of the layers; called when it is needed.

        # Arguments
            input_shape: ignored, the first layer knows it.
        """
        self.forget_graph()
        self._graph = self.find_graph()
        self.built = True

    def find_graph(self):
        """Returns the calls of the layers."""
        if not self.layers:
            raise GraphError(
                f"{label(self)} has no layers. Add one: model.add(Dense(10, "
                "input_shape=(n,)))."
            )
        return super().find_graph()

    def weight_layers(self) -> list[Layer]:
        """Returns the layers in the order of their weights."""
        return self.flattened_layers

    def ordered_weights(self) -> list[Tensor]:
        """Returns the weights in the order of `get_weights()`."""
        return [
            weight
            for layer in self.flattened_layers
            for weight in layer.ordered_weights()
        ]

    def _branches(self) -> list[Any]:
        """Returns the branches of a first layer of class Merge."""
        if not self.layers or isinstance(self.layers[0], Container):
            return []
        return getattr(self.layers[0], "layers", None) or []

    @property
    def flattened_layers(self) -> list[Layer]:
        """The layers; before a first Merge layer, those of its branches."""
        branches = self._branches()
        if not branches:
            return unique(self.layers)
        layers: list[Layer] = []
        for branch in branches:
            branch_layers = getattr(branch, "layers", [branch])
            layers += getattr(branch, "flattened_layers", branch_layers)
        return unique([*layers, *self.layers[1:]])

    def call(self, x, mask=None) -> Tensor:
        """Computes the output for another input."""
        return super().call(x, mask)

    def get_config(self) -> Any:
        """Returns the list of the layers' configurations."""
        entries = [entry_of(layer) for layer in self.layers]
        if branches := self._branches():
            entries[0]["config"] = {
                **entries[0]["config"],
                "layers": [entry_of(part) for part in branches],
            }
        return entries

    @classmethod
    def from_config(cls, config, layer_cache: dict[str, Layer] | None = None):
        """Builds a model from what `get_config` returned, with new weights.

        # Arguments
            config: list of layer configurations; those of Keras 0.3 have the class
                under `name`.
            layer_cache: dict from names to existing layers, which are reused.
        """
        if not isinstance(config, list):
            raise ConfigError(
                "A Sequential's configuration is a list of layers; received "
                f"{config!r:.80}."
            )
        cache = {} if layer_cache is None else layer_cache
        with configs.building("layer", cls.__name__):
            model = cls()
            for entry in config:
                model.add(_layer(entry, cache))
            return model

    def compile(  # type: ignore[override]  # as in Keras 1: no loss_weights
        self,
        optimizer: str | dict[str, Any] | Rebuilt,
        loss: Losses,
        metrics: Metrics | None = None,
        sample_weight_mode: WeightMode | None = None,
        **kwargs: Any,
    ) -> None:
        """Configures the model for training, like `Model.compile`."""
        self.build()
        super().compile(
            optimizer,
            loss,
            metrics=metrics,
            sample_weight_mode=sample_weight_mode,
            **kwargs,
        )

    def train_on_batch(  # type: ignore[override]  # class_weight first, as in Keras 1
        self,
        x: Data,
        y: Data,
        class_weight: ClassWeight | None = None,
        sample_weight: Data | None = None,
        **kwargs: Any,
    ) -> Results:
        """Runs one training step on one batch; returns its loss and metrics."""
        return super().train_on_batch(x, y, sample_weight, class_weight, **kwargs)

    def predict_proba(
        self, x: Data | Stream, batch_size: int = 32, verbose: int = 1
    ) -> Array:
        """Returns the outputs, and warns if they aren't probabilities."""
        outputs = self.predict(x, batch_size, verbose)
        low = outputs.min()
        high = outputs.max()
        if low < 0.0 or high > 1.0:
            warnings.warn(
                f"{label(self)} has outputs in [{low:g}, {high:g}], not probabilities. "
                "End it with 'softmax' or 'sigmoid'.",
                stacklevel=2,
            )
        return outputs

    def predict_classes(
        self, x: Data | Stream, batch_size: int = 32, verbose: int = 1
    ) -> Array:
        """Returns the index of the most likely class for each sample.

        With one output, it is 1 if the output exceeds 0.5.
        """
        outputs = self.predict(x, batch_size, verbose)
        classes: Array = (outputs > 0.5).astype("int32")
        if outputs.shape[-1] > 1:
            classes = outputs.argmax(axis=-1)
        return classes


def _replaces_methods(cls: type[Sequential]) -> bool:
    """Returns whether a class defines a method or property that `Sequential` has, too,
    apart from its constructor."""
    own_bases = cls.__mro__[: cls.__mro__.index(Sequential)]
    own_names = {
        name
        for base in own_bases
        for name, value in vars(base).items()
        if hasattr(value, "__get__") and name != "__init__"
    }
    return any(hasattr(Sequential, name) for name in own_names)


def _layer(entry: dict[str, Any], cache: dict[str, Layer]):
    """Builds a layer, or returns the one made before under that name."""
    arguments = entry.get("config", entry) or {}
    if entry.get("class_name") == "Sequential":
        return Sequential.from_config(arguments, cache)
    name: Any = arguments.get("name" if "class_name" in entry else "custom_name")
    layer = cache.get(name) or configs.layer_from_config(entry)
    return cache.setdefault(layer.name, layer)
