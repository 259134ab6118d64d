"""Merge: several tensors into one."""

from collections.abc import Callable, Sequence
from typing import Any

from oneiros import backend as K
from oneiros.arguments import is_int, label, open_to_old_code
from oneiros.config import layer_from_config
from oneiros.engine.layer import Layer
from oneiros.errors import ArgumentError
from oneiros.typing import Shape, Tensor

from oneiros_layers_core.function_arguments import (
    function_config,
    plain_shape,
    with_functions,
)
from oneiros_layers_core.merge_modes import MODES, Custom, Rule

Mode = str | Callable[..., Any]


class Merge(Layer):
    """Combines the outputs of several layers, or several tensors, into one tensor.

    # Example
        ```python
        from oneiros.layers import Dense, Merge
        from oneiros.models import Sequential

        left = Sequential([Dense(4, input_dim=3)])
        right = Sequential([Dense(4, input_dim=5)])
        model = Sequential([Merge([left, right], mode="concat"), Dense(2)])
        model.layers[0].output_shape  # (None, 8)
        ```

    # Arguments
        layers: list of layers or models whose outputs are merged immediately. Without
            it, call the layer on a list of tensors.
        mode: one of
            - `"sum"`, `"mul"`, `"ave"`, `"max"`: element by element; all inputs have
              the same shape;
            - `"concat"`: joined along `concat_axis`;
            - `"dot"`: products of two inputs, sample by sample, summed over `dot_axes`;
            - `"cos"`: the same, divided by both lengths: the cosine. As in Keras 1.2.2,
              the tensor has an additional axis of size 1 after the batch, which its
              declared shape lacks; add `Reshape((1,))` to remove it;
            - a function `(inputs, **arguments)` of the list of tensors that returns
              one.
        concat_axis: int, the axis along which `"concat"` joins; the batch is axis 0.
        dot_axes: int or pair of ints, the axis of each input over which `"dot"` and
            `"cos"` sum.
        output_shape: for a function as mode: tuple without the batch, or function from
            the list of input shapes to the output shape, including the batch. If you
            omit it, it is found by applying the mode to placeholders.
        output_mask: for a function as mode: the mask of the output, or function that
            makes it from the list of masks.
        arguments: dict, additional arguments of a function as mode.
        node_indices: list of ints, the call of each of `layers` (the first by default).
        tensor_indices: list of ints, the output of that call (the first by default).
        name: str.

    # Input shape
        List of tensors, at least two.

    # Output shape
        `"sum"`, `"mul"`, `"ave"`, `"max"`: that of an input. `"concat"`: with the sizes
        along one axis added. `"dot"`, `"cos"`: the remaining axes, or `(samples, 1)` if
        there are none.

    # Raises
        ShapeError: if the shapes don't fit the mode.
        ArgumentError: for an unknown mode, or for `"max"` with a mask.
    """

    loadable = True
    conformance = {"unused": ("concat_axis", "dot_axes")}  # with the mode "sum"
    supports_masking = True

    def __init__(
        self,
        layers: list[Any] | None = None,
        mode: Mode = "sum",
        concat_axis: int = -1,
        dot_axes: int | Sequence[Any] = -1,
        output_shape: Shape | list[int | None] | Callable[..., Any] | None = None,
        output_mask: Tensor | Callable[..., Any] | None = None,
        arguments: dict[str, Any] | None = None,
        node_indices: list[int] | None = None,
        tensor_indices: list[int] | None = None,
        name: str | None = None,
    ):
        super().__init__(name=name)
        self.layers = layers
        self.mode = mode
        self.concat_axis = int(concat_axis) if is_int(concat_axis) else concat_axis
        self.dot_axes = dot_axes
        self.arguments = dict(arguments or {})
        self.node_indices = node_indices
        self.tensor_indices = tensor_indices
        self.keeps_declared_shape = mode == "cos"
        self._output_shape = plain_shape(output_shape)
        self._input_dtypes: list[str] = []
        self._output_mask = output_mask
        self._check_arguments()
        self._rule: Rule = Custom() if callable(mode) else MODES[mode]
        if layers:
            self._connect(layers)

    def _check_arguments(self) -> None:
        if not callable(self.mode) and self.mode not in MODES:
            raise ArgumentError(
                f"{label(self)} received mode={self.mode!r}. Expected one of "
                f"{', '.join(map(repr, MODES))}, or a function of a list of tensors."
            )
        if not is_int(self.dot_axes) and not _is_pair(self.dot_axes):
            raise TypeError(
                f"{label(self)} received dot_axes={self.dot_axes!r}. Expected an int "
                f"or a pair of ints."
            )
        if not is_int(self.concat_axis):
            raise TypeError(
                f"{label(self)} received concat_axis={self.concat_axis!r}. Expected an "
                "int."
            )
        if self.layers is not None and (
            not isinstance(self.layers, (list, tuple)) or len(self.layers) < 2
        ):
            raise TypeError(
                f"{label(self)} received layers={self.layers!r}. Expected a list of at "
                "least two layers."
            )

    def _connect(self, layers: list[Any]) -> None:
        for layer in layers:
            if not layer.inbound_nodes and hasattr(layer, "batch_input_shape"):
                dtype = getattr(layer, "input_dtype", None)
                layer.create_input_layer(layer.batch_input_shape, dtype)
            if not layer.inbound_nodes:
                raise ArgumentError(
                    f"{label(self)} received the layer {layer.name!r}, which has no "
                    "input yet. Give it an `input_shape`, or call it on a tensor first."
                )
        self.built = True
        self.add_inbound_node(list(layers), self.node_indices, self.tensor_indices)

    def __call__(self, inputs, mask=None) -> Tensor:
        """Merges a list of tensors.

        # Arguments
            inputs: list of at least two tensors.
            mask: list with a mask or None for each tensor; only for tensors that don't
                come from a layer.
        """
        self._check_inputs(inputs)
        return super().__call__(list(inputs), mask)

    def _check_inputs(self, inputs) -> None:
        if not isinstance(inputs, (list, tuple)) or len(inputs) < 2:
            raise TypeError(
                f"{label(self)} was called on {inputs!r}. Expected a list of at least "
                "two tensors: merge([a, b], …)."
            )

    def call(self, inputs, mask=None) -> Tensor:
        """Returns the merged tensor."""
        self._check_inputs(inputs)
        self._input_dtypes = [K.dtype(x) for x in inputs]
        if not callable(self.mode):
            self._rule.output_shape(self, [K.int_shape(x) for x in inputs])
        return self._rule.combine(self, inputs, mask)

    def get_output_shape_for(self, input_shape) -> Shape:
        """Returns the output's shape for a list of input shapes."""
        return self._rule.output_shape(self, input_shape)

    def compute_mask(self, inputs, mask=None) -> Tensor:
        """Returns the mask of the merged tensor, None if no input has one."""
        if mask is None or all(part is None for part in mask):
            return None
        return self._rule.mask(self, inputs, mask)

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments except `layers`, which the outer model stores.

        Functions are the live objects.
        """
        return {
            "name": self.name,
            **function_config("mode", self.mode),
            "concat_axis": self.concat_axis,
            **self.argument_config("dot_axes"),
            **function_config("output_shape", self._output_shape),
            **function_config("output_mask", self._output_mask),
            "arguments": self.arguments,
            **self.argument_config("arguments"),
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]):
        """Builds the layer.

        # Arguments
            config: the result of `get_config()`, or its form in a file; if it has
                `layers`, a list of layers or of their configurations, the layer is
                connected to them.

        # Raises
            UnsafeFileError: if a function isn't available; the message says how to
                supply it.
        """
        arguments = with_functions(config, "mode", "output_shape", "output_mask")
        layers = arguments.pop("layers", None) or []
        built = [
            layer_from_config(layer) if isinstance(layer, dict) else layer
            for layer in layers
        ]
        return cls(layers=built or None, **arguments)


def _is_pair(axes) -> bool:
    if not isinstance(axes, (list, tuple)) or len(axes) != 2:
        return False
    return all(is_int(axis) for axis in axes)


@open_to_old_code
def merge(
    inputs: list[Any],
    mode: Mode = "sum",
    concat_axis: int = -1,
    dot_axes: int | Sequence[Any] = -1,
    output_shape: Shape | list[int | None] | Callable[..., Any] | None = None,
    output_mask: Tensor | Callable[..., Any] | None = None,
    arguments: dict[str, Any] | None = None,
    name: str | None = None,
):
    """Merges a list of tensors with a new `Merge` layer and returns the result.

    # Example
        ```python
        from oneiros.layers import Dense, Input, merge
        from oneiros.models import Model

        left, right = Input(shape=(3,)), Input(shape=(5,))
        joined = merge([left, right], mode="concat", concat_axis=-1)
        model = Model(input=[left, right], output=Dense(2)(joined))
        model.layers[2].output_shape  # (None, 8)
        ```

    # Arguments
        inputs: list of tensors, at least two.
        mode, concat_axis, dot_axes, output_shape, output_mask, arguments, name: as for
            `Merge`.
    """
    layer = Merge(
        mode=mode,
        concat_axis=concat_axis,
        dot_axes=dot_axes,
        output_shape=output_shape,
        output_mask=output_mask,
        arguments=arguments,
        name=name,
    )
    return layer(inputs)
