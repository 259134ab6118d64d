"""TimeDistributed: the same layer at each step of a sequence."""

from typing import Any, Unpack

from oneiros import backend as K
from oneiros.arguments import label
from oneiros.engine.layer import InputSpec, Layer
from oneiros.errors import GraphError
from oneiros.typing import LayerOptions, Shape, Tensor

from oneiros_layers_wrappers.base import Wrapper


class TimeDistributed(Wrapper):
    """Applies a layer or a model to each step of a sequence; passes on the mask.

    # Example
        ```python
        from oneiros.layers import LSTM, Dense, TimeDistributed
        from oneiros.models import Sequential

        model = Sequential()
        model.add(TimeDistributed(Dense(8), input_shape=(10, 16)))
        model.output_shape  # (None, 10, 8)
        image = Sequential([Dense(4, input_shape=(5, 3)), LSTM(2)])
        film = Sequential([TimeDistributed(image, input_shape=(10, 5, 3))])
        film.output_shape  # (None, 10, 2)
        ```

    # Arguments
        layer: layer or model with one input and one output.

    # Input shape
        `(samples, steps, …)`, three axes or more; the layer receives `(samples · steps,
        …)`.

    # Output shape
        `(samples, steps, …)`, the layer's output shape with the steps inserted.

    The steps of a batch go through the layer as one larger batch. So a stateful
    recurrent layer inside has a state for each sample and step.

    # Raises
        GraphError: if the layer has several outputs.
    """

    loadable = True
    supports_masking = True

    def __init__(self, layer: Layer, **kwargs: Unpack[LayerOptions]):
        super().__init__(layer=layer, **kwargs)
        self.input_spec = [InputSpec(ndim="3+")]

    # One shape, never a list.
    def build(self, input_shape: Shape) -> None:  # type: ignore[override]
        """Builds the layer inside for the input of a step."""
        shape = _flat(input_shape)
        if not self.layer.built:
            with self.naming(input_shape):
                self.layer.assert_input_compatibility(K.placeholder(shape=shape))
                self.layer.build(shape)
        super().build()

    def get_output_shape_for(self, input_shape: Shape) -> Shape:
        """Returns the layer's output shape with the steps inserted."""
        with self.naming(input_shape):
            shape_of_steps = self.layer.get_output_shape_for(_flat(input_shape))
        return (*input_shape[:2], *shape_of_steps[1:])

    def call(self, inputs, mask=None) -> Tensor:
        """Returns the layer's output for each step."""
        shape = K.int_shape(inputs)
        rows = _flat(shape)[0]
        step_sizes = _sizes(inputs, shape, 2)
        flat = K.reshape(inputs, (rows or -1, *step_sizes))
        with self.naming(shape):
            y = self.layer(flat)
        if isinstance(y, list):
            raise GraphError(
                f"{label(self)} applies {label(self.layer)}, which has {len(y)} "
                "outputs; it needs a layer with one. Make a model for each output: "
                "TimeDistributed(Model(input=x, output=y))."
            )
        self._note(flat, y, inputs)
        samples = shape[0] or -1
        steps = _sizes(inputs, shape, 1)[0]
        inner_shape = self._inside(y, shape)
        sizes = _sizes(y, inner_shape, 1)
        return K.reshape(y, (samples, steps, *sizes))

    def _inside(self, y, shape: Shape) -> Shape:
        """Returns the shape of the layer's output, as far as it or the layer tells."""
        declared = self.layer.get_output_shape_for(_flat(shape))
        found = list(K.int_shape(y))
        for axis, size in enumerate(found):
            if size is None:
                found[axis] = declared[axis]
        return tuple(found)

    def _note(self, flat, y, inputs) -> None:
        """Makes what the layer adds to a model depend on the wrapper's input."""
        regularizer = getattr(self.layer, "activity_regularizer", None)
        if regularizer is not None:
            self.layer.add_loss(regularizer(y), flat)
        self.add_loss(self.layer.get_losses_for(flat), inputs)
        self.add_update(self.layer.get_updates_for(flat), inputs)


def _flat(shape: Shape) -> Shape:
    """Returns the shape of a sequence's steps as one batch."""
    samples, steps, *sizes = shape
    if samples and steps:
        return (samples * steps, *sizes)
    return (None, *sizes)


def _sizes(x, shape: Shape, start: int) -> tuple[Any, ...]:
    """Returns the sizes of a tensor from an axis on: ints where they are known."""
    sizes: list[Any] = list(shape)
    for axis, size in enumerate(shape):
        if size is None:
            sizes[axis] = K.shape(x)[axis]
    return tuple(sizes[start:])
