"""Lambda: any function of tensors as a layer."""

from collections.abc import Callable
from typing import Any, Unpack

from oneiros import backend as K
from oneiros.arguments import label
from oneiros.config import custom_object_scope
from oneiros.engine.layer import Layer
from oneiros.typing import LayerOptions, Shape, Tensor
from oneiros_activations.functions import check_engine

from oneiros_layers_core.function_arguments import (
    call_function,
    function_config,
    function_shape,
    plain_shape,
    takes_mask,
    with_functions,
)


class Lambda(Layer):
    """Applies a function made of backend operations to its input.

    # Example
        ```python
        from oneiros import backend as K
        from oneiros.layers import Dense, Lambda
        from oneiros.models import Sequential

        def both_signs(x):
            return K.concatenate([K.relu(x), K.relu(-x)], axis=1)

        model = Sequential([Dense(8, input_dim=4), Lambda(both_signs)])
        model.output_shape  # (None, 16)
        ```

    # Arguments
        function: function `(x, **arguments)` that returns a tensor; `x` is a list if
            you call the layer on a list. If it has an argument `mask`, it receives the
            input's mask, which isn't passed on then.
        output_shape: tuple without the batch, or function from the input shape to the
            output shape, both with the batch. If you omit it, it is found by applying
            the function to a placeholder of the input's shape.
        arguments: dict, additional arguments of the function.

    # Input shape
        Any that the function accepts.

    # Output shape
        `output_shape`, or the shape that was found.

    A saved model holds the function's name, not its code: load it with
    `load_model(path, functions={name: function})`, where `name` is the name of the
    layer.
    """

    loadable = True

    def __init__(
        self,
        function: Callable[..., Any],
        output_shape: Shape | list[int | None] | Callable[..., Any] | None = None,
        arguments: dict[str, Any] | None = None,
        **kwargs: Unpack[LayerOptions],
    ):
        super().__init__(**kwargs)
        if not callable(function):
            raise TypeError(
                f"{label(self)} received function={function!r}. Expected a function of "
                "a tensor."
            )
        is_shape = output_shape is None or isinstance(output_shape, (tuple, list))
        if not is_shape and not callable(output_shape):
            raise TypeError(
                f"{label(self)} received output_shape={output_shape!r}. Expected a "
                "tuple without the batch, or a function from the input's shape to the "
                "output's."
            )
        self.function = function
        self.arguments = dict(arguments or {})
        self._output_shape = plain_shape(output_shape)
        self._input_dtypes: list[str] = []

    def get_output_shape_for(self, input_shape) -> Any:
        """Returns `output_shape`, or the shape of the result for a placeholder."""
        return function_shape(self, self.function, input_shape)

    def compute_mask(self, x, mask=None) -> Tensor:
        """Returns the mask with `supports_masking`; None if the function uses it."""
        if not self.supports_masking and takes_mask(self.function):
            return None
        return super().compute_mask(x, mask)

    def call(self, x, mask=None) -> Tensor:
        """Returns `function(x)`."""
        check_engine(self.function, "Lambda({})")
        self._input_dtypes = [
            K.dtype(part) for part in (x if isinstance(x, list) else [x])
        ]
        return call_function(self.function, x, self.arguments, mask)

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments; functions are the live objects."""
        return {
            **super().get_config(),
            **function_config("function", self.function),
            **function_config("output_shape", self._output_shape),
            "arguments": self.arguments,
            **self.argument_config("arguments"),
        }

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None
    ):
        """Builds the layer.

        # Arguments
            config: the result of `get_config()`, or its form in a file.
            custom_objects: dict from names to functions.

        # Raises
            UnsafeFileError: if the function isn't available; the message says how to
                supply it.
        """
        with custom_object_scope(custom_objects or {}):
            return cls(**with_functions(config, "function", "output_shape"))
