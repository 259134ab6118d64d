"""Sequential: a model made of layers one after the other."""

from __future__ import annotations

import functools
import inspect
import warnings
from collections.abc import Callable
from typing import Any, ClassVar

import oneiros
from oneiros import config as configs
from oneiros.arguments import label
from oneiros.backend.dispatch import backend_of
from oneiros.engine.container import Container, entry_of, get_source_inputs
from oneiros.engine.hints import open_to_old_code
from oneiros.engine.layer import Layer
from oneiros.engine.model import Model
from oneiros.engine.node import Node, unique
from oneiros.errors import ArgumentError, ConfigError, GraphError, ShapeError

Tensor = Any
TRAINING_ATTRIBUTES = (
    "optimizer",
    "loss",
    "loss_weights",
    "metrics",
    "metrics_tensors",
    "metrics_names",
)
"""The training attributes that a Sequential takes from its model once that is
compiled."""


def _like(method: Callable[..., Any]) -> Callable[[Callable[..., Any]], Any]:
    """Decorates a method that forwards to another one: gives it the other's
    signature."""
    signature = inspect.signature(method)
    kwargs = inspect.Parameter("kwargs", inspect.Parameter.VAR_KEYWORD, annotation=Any)
    parameters = [*signature.parameters.values(), kwargs]

    def decorate(forward: Callable[..., Any]) -> Any:
        functools.update_wrapper(forward, method, updated=())
        vars(forward)["__signature__"] = signature.replace(parameters=parameters)
        return forward

    return decorate


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
        model: the `Model` of these layers, once it has been needed.

    # Raises
        ArgumentError: for one layer instead of a list.
    """

    loadable: ClassVar[bool] = True
    model: Any = None

    def __init__(
        self, layers: list[Layer] | None = None, name: str | None = None
    ) -> None:
        self.begin(name)
        if isinstance(layers, Layer):
            raise ArgumentError(
                f"{label(self)} received one layer. Write a list: Sequential([layer])."
            )
        for layer in layers or []:
            self.add(layer)

    # What follows is made when it is needed: classes of 2016 may not call `__init__`.

    @functools.cached_property
    def layers(self) -> list[Layer]:  # type: ignore[override]
        """The added layers."""
        return []

    @functools.cached_property
    def _results(self) -> list[Tensor]:
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
        if _holds(layer, self):
            raise GraphError(
                f"{label(self)} can't be added to itself: the layers would form a "
                "cycle."
            )
        output = layer(self.outputs[0]) if self.layers else self._first_output(layer)
        if isinstance(output, list):
            raise GraphError(
                f"{label(layer)} has {len(output)} outputs: use Model(input=…, "
                "output=…)."
            )
        self.layers.append(layer)
        self._results.append(output)
        if len(self.layers) == 1:
            self._backend = backend_of(layer)
            self.inputs = get_source_inputs(output)
            Node.of_source(self, self.inputs, [output])
        self._changed()

    def _first_output(self, layer: Layer) -> Any:
        if not layer.inbound_nodes:
            if not hasattr(layer, "batch_input_shape"):
                raise ShapeError(
                    f"{label(layer)} is the first layer of {label(self)} but doesn't "
                    "know its input shape. Pass the shape of one sample: "
                    f"{type(layer).__name__}(…, input_shape=(n,))."
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
        layer = self.layers.pop()
        self._results.pop()
        if self.layers:
            node = layer.inbound_nodes.pop()
            node.inbound_layers[0].outbound_nodes.remove(node)
        else:
            self.inputs = []
            self.inbound_nodes = []
        self._changed()

    def _changed(self) -> None:
        """Discards the current model of the layers."""
        self.outputs = self._results[-1:]
        if self.inbound_nodes:
            node = self.inbound_nodes[0]
            node.output_tensors = self.outputs
            node.output_shapes = [self.outputs[0]._keras_shape]
        self.built = False
        self.model = None

    def build(self, input_shape: Any = None) -> None:
        """Builds the `Model` of the layers; called when it is needed.

        # Arguments
            input_shape: ignored, the first layer knows it.
        """
        if not self.layers:
            raise GraphError(
                f"{label(self)} has no layers. Add one: model.add(Dense(10, "
                "input_shape=(n,)))."
            )
        self.model = Model(self.inputs, self.outputs[0], name=f"{self.name}_model")
        self.model.trainable = self.trainable
        self.model.callback_model = self
        self.share_graph(self.model)
        self.built = True

    @property
    def functional_model(self) -> Any:
        """The `Model` of the layers, built if needed."""
        if self.model is None:
            self.build()
        return self.model

    def graph_nodes(self) -> list[Node]:
        """Returns the graph's nodes, each after those that make its inputs."""
        # A Model, built or not: Any.
        return self.functional_model.graph_nodes()  # type: ignore[no-any-return]

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

    @property
    def trainable(self) -> bool:
        """Whether training changes the weights."""
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        self._trainable = value
        if self.model is not None:
            self.model.trainable = value

    @property
    def validation_data(self) -> Any:
        """The validation arrays of the last fit."""
        return getattr(self.model, "validation_data", None)

    @property
    def training_data(self) -> Any:
        """None: training arrays aren't kept."""
        return getattr(self.model, "training_data", None)

    def get_layer(self, name: str | None = None, index: int | None = None) -> Any:
        """Returns a layer by its name, or by its index after the input layer's."""
        return self.functional_model.get_layer(name, index)

    def call(self, x: Any, mask: Any = None) -> Any:
        """Computes the output for another input."""
        if self.model is None:
            self.build()
        return super().call(x, mask)

    # As in Keras 1: no default.
    def compute_mask(self, input: Any, mask: Any) -> Any:  # type: ignore[override]
        """Returns the output's mask for another input."""
        if self.model is None:
            self.build()
        return super().compute_mask(input, mask)

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
    def from_config(
        cls, config: Any, layer_cache: dict[str, Layer] | None = None
    ) -> Any:
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

    @open_to_old_code
    def compile(  # type: ignore[override]  # as in Keras 1: no loss_weights
        self,
        optimizer: Any,
        loss: Any,
        metrics: Any = None,
        sample_weight_mode: Any = None,
        **kwargs: Any,
    ) -> None:
        """Configures the model for training, like `Model.compile`."""
        model = self.functional_model
        if kwargs:
            kwargs = oneiros.old_code.without_dropped("compile", kwargs)
        model.compile(
            optimizer,
            loss,
            metrics=metrics,
            sample_weight_mode=sample_weight_mode,
            **kwargs,
        )
        for attribute in TRAINING_ATTRIBUTES:
            setattr(self, attribute, getattr(model, attribute))
        self.sample_weight_mode = sample_weight_mode

    @_like(Model.fit)
    def fit(self, *args: Any, **kwargs: Any) -> Any:
        """Trains for a number of epochs."""
        return self.functional_model.fit(*args, **kwargs)

    @_like(Model.evaluate)
    def evaluate(self, *args: Any, **kwargs: Any) -> Any:
        """Returns the loss and the metrics, averaged over all samples."""
        return self.functional_model.evaluate(*args, **kwargs)

    @_like(Model.predict)
    def predict(self, *args: Any, **kwargs: Any) -> Any:
        """Returns the outputs for some inputs."""
        return self.functional_model.predict(*args, **kwargs)

    @_like(Model.fit_generator)
    def fit_generator(self, *args: Any, **kwargs: Any) -> Any:
        """Trains on the batches of a generator."""
        return self.functional_model.fit_generator(*args, **kwargs)

    @_like(Model.evaluate_generator)
    def evaluate_generator(self, *args: Any, **kwargs: Any) -> Any:
        """Like `evaluate`, but for the samples of a generator."""
        return self.functional_model.evaluate_generator(*args, **kwargs)

    @_like(Model.predict_generator)
    def predict_generator(self, *args: Any, **kwargs: Any) -> Any:
        """Like `predict`, but for the samples of a generator."""
        return self.functional_model.predict_generator(*args, **kwargs)

    @open_to_old_code
    def train_on_batch(  # type: ignore[override]  # class_weight first, as in Keras 1
        self,
        x: Any,
        y: Any,
        class_weight: Any = None,
        sample_weight: Any = None,
        **kwargs: Any,
    ) -> Any:
        """Runs one training step on one batch; returns its loss and metrics."""
        return self.functional_model.train_on_batch(
            x, y, sample_weight, class_weight, **kwargs
        )

    @_like(Model.test_on_batch)
    def test_on_batch(self, *args: Any, **kwargs: Any) -> Any:
        """Returns the loss and the metrics of one batch."""
        return self.functional_model.test_on_batch(*args, **kwargs)

    @_like(Model.predict_on_batch)
    def predict_on_batch(self, *args: Any, **kwargs: Any) -> Any:
        """Returns the outputs for one batch."""
        return self.functional_model.predict_on_batch(*args, **kwargs)

    def predict_proba(self, x: Any, batch_size: int = 32, verbose: int = 1) -> Any:
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

    def predict_classes(self, x: Any, batch_size: int = 32, verbose: int = 1) -> Any:
        """Returns the index of the most likely class for each sample.

        With one output, it is 1 if the output exceeds 0.5.
        """
        outputs = self.predict(x, batch_size, verbose)
        if outputs.shape[-1] > 1:
            return outputs.argmax(axis=-1)
        return (outputs > 0.5).astype("int32")


def _holds(layer: Any, model: Layer) -> bool:
    return layer is model or any(
        _holds(part, model) for part in getattr(layer, "layers", None) or ()
    )


def _layer(entry: dict[str, Any], cache: dict[str, Layer]) -> Any:
    """Builds a layer, or returns the one made before under that name."""
    arguments = entry.get("config", entry)
    if entry.get("class_name") == "Sequential":
        return Sequential.from_config(arguments, cache)
    name = arguments.get("name" if "class_name" in entry else "custom_name")
    layer = cache.get(name) or configs.layer_from_config(entry)
    return cache.setdefault(layer.name, layer)
