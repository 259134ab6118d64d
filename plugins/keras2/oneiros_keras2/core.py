"""Layers of single inputs: EinsumDense, Flatten and AlphaDropout."""

import math
from collections.abc import Sequence
from typing import Any, Unpack

from oneiros import backend as K
from oneiros.arguments import check_choice, label
from oneiros.errors import ShapeError
from oneiros.layers import Flatten
from oneiros.typing import Activation, LayerOptions, Shape, Tensor

from oneiros_keras2.activations import SELU_ALPHA, SELU_SCALE
from oneiros_keras2.base import Fraction, Keras2Layer, KernelLayer
from oneiros_keras2.options import KernelOptions
from oneiros_keras2.products import einsum, labels_of
from oneiros_keras2.tensors import moved

DATA_FORMATS = ("channels_last", "channels_first")
MISSING = -SELU_ALPHA * SELU_SCALE
"""What selu approaches for very negative values."""


class AlphaDropout(Keras2Layer):
    """Dropout that keeps the mean and the variance of what `selu` returns.

    # Example
        ```python
        from oneiros.layers import AlphaDropout, Dense
        from oneiros.models import Sequential

        model = Sequential([Dense(8, activation="selu", input_dim=4)])
        model.add(AlphaDropout(0.1))
        model.uses_learning_phase  # True
        ```

    # Arguments
        rate: float, the fraction of the values to drop in training.
        noise_shape: tuple, the shape of the mask, as for `Dropout`; None for that of
            the input.
        seed: int, for the same draws in every run.

    # Input shape
        Any.

    # Output shape
        The same.

    # References
        - Klambauer et al.: Self-Normalizing Neural Networks, arXiv:1706.02515
    """

    loadable = True
    conformance = {"tags": ("changes_mean",)}
    supports_masking = True
    rate: float
    seed: int | None

    def __init__(
        self,
        rate: Fraction,
        noise_shape: Sequence[int | None] | None = None,
        seed: int | None = None,
        **kwargs: Unpack[LayerOptions],
    ):
        super().__init__(**kwargs)
        self.set_arguments(rate=rate, seed=seed)
        self.noise_shape = noise_shape
        self.uses_learning_phase = 0 < rate < 1

    def call(self, x, mask=None) -> Tensor:
        """Returns the input; in training, with values dropped."""
        if not self.uses_learning_phase:
            return x
        kept_rate = 1 - self.rate
        shape = self.noise_shape or K.shape(x)
        dtype = K.dtype(x)
        is_kept = K.random_binomial(shape, kept_rate, dtype, self.seed)
        is_dropped = 1 - is_kept
        dropped = x * is_kept + MISSING * is_dropped
        square = MISSING**2
        variance = kept_rate * (1 + self.rate * square)
        mean = MISSING * self.rate
        standardised = (dropped - mean) / math.sqrt(variance)
        return K.in_train_phase(standardised, x)


class Keras2Flatten(Flatten):
    """Flattens all axes except the batch; with channels first, it moves them to the end
    before.

    # Example
        ```python
        from oneiros.layers import Keras2Flatten
        from oneiros.models import Sequential

        layer = Keras2Flatten("channels_first", input_shape=(3, 4, 5))
        model = Sequential([layer])
        model.output_shape  # (None, 60)
        ```

    # Arguments
        data_format: `"channels_first"` or `"channels_last"`, where the channels are.

    # Input shape
        As for `Flatten`.

    # Output shape
        2D, `(samples, features)`.
    """

    loadable = True

    def __init__(
        self, data_format: str = "channels_last", **kwargs: Unpack[LayerOptions]
    ):
        super().__init__(**kwargs)
        self.data_format = check_choice(self, "data_format", data_format, DATA_FORMATS)

    def call(self, x, mask=None) -> Tensor:
        """Returns `x` with two axes."""
        if self.data_format == "channels_first":
            x = moved(x, 1, -1)
        return super().call(x)


class EinsumDense(KernelLayer):
    """Multiplies the input by a kernel and sums, as `np.einsum(equation, x, kernel)`.

    # Example
        ```python
        from oneiros.layers import EinsumDense, Input

        layer = EinsumDense("abc,cde->abde", output_shape=(None, 2, 8), bias_axes="de")
        layer(Input(shape=(10, 16)))._keras_shape  # (None, 10, 2, 8)
        ```

    # Arguments
        equation: str, a letter for each axis of input, kernel and output, such as
            `"abc,cd->abd"`; `...` stands for any axes.
        output_shape: int or tuple, the sizes of the output's last axes; None for one
            that the input has, too.
        activation: name or function.
        bias_axes: str, the letters of the output's axes that the bias has; None for no
            bias.
        kernel_initializer, bias_initializer, kernel_regularizer, bias_regularizer,
            kernel_constraint, bias_constraint: of kernel and bias.

    # Input shape
        The axes in the equation; the sizes of those that the kernel shares must be
        known.

    # Output shape
        The axes in the equation.
    """

    loadable = True
    conformance = {
        "arguments": {
            "equation": "abc,cd->abd",
            "output_shape": (None, 3),
            "bias_axes": "d",
        },
        "input_shape": (5, 4),
    }
    activation: Any

    def __init__(
        self,
        equation: str,
        output_shape: Any,
        activation: Activation = None,
        bias_axes: str | None = None,
        **kwargs: Unpack[KernelOptions],
    ):
        super().__init__(**kwargs)
        self.equation = equation
        self.sizes = output_shape
        self.bias_axes = bias_axes
        self.set_arguments(activation=activation)

    def build(self, input_shape: Shape) -> None:
        """Makes the kernel and the bias."""
        of_input, of_kernel = self._read_equation(len(input_shape))
        self.known = self._known_sizes(of_input, input_shape)
        unknown = [axis for axis in of_kernel if self.known.get(axis) is None]
        if unknown:
            raise ShapeError(
                f"{label(self)} received an input of shape {input_shape}. The sizes of "
                f"{', '.join(unknown)} in {self.equation!r} must be known."
            )
        shape = tuple(self.known[axis] for axis in of_kernel)
        self.kernel = self.add_parameter("kernel", shape)
        self.bias: Any = None
        if self.bias_axes:
            bias_shape = self._bias_shape(self.bias_axes)
            self.bias = self.add_parameter("bias", bias_shape)

    def _read_equation(self, rank: int) -> list[str]:
        """Returns the labels of the axes of input and kernel, and sets those of the
        output."""
        _, _, of_kernel = self.equation.partition(",")
        of_kernel, _, _ = of_kernel.partition("->")
        kernel_rank = len(of_kernel.strip())
        ranks = [rank, kernel_rank]
        inputs, self.of_output = labels_of(self.equation, ranks)
        return inputs

    def _known_sizes(self, of_input: str, input_shape: Shape) -> dict[str, int | None]:
        """Returns the sizes of the axes by their labels."""
        sizes = self.sizes
        if not isinstance(sizes, (list, tuple)):
            sizes = [sizes]
        known = dict(zip(of_input, input_shape))
        inner_axes = self.of_output[-len(sizes) :]
        for axis, size in zip(inner_axes, sizes):
            known.setdefault(axis, size)
        return known

    def _bias_shape(self, bias_axes: str) -> tuple[Any, ...]:
        """Returns the sizes of the output's axes from the bias's first one on."""
        places = map(self.of_output.index, bias_axes)
        first = min(places)
        shape = []
        for axis in self.of_output[first:]:
            size = self.known[axis] if axis in bias_axes else 1
            shape.append(size)
        return tuple(shape)

    def call(self, x, mask=None) -> Tensor:
        """Returns the product with the kernel, plus the bias."""
        output = einsum(self.equation, x, self.kernel)
        if self.bias is not None:
            output = output + self.bias
        return self.activation(output)

    def get_output_shape_for(self, input_shape: Shape) -> Shape:
        """Returns the sizes of the output's axes."""
        of_input, _ = self._read_equation(len(input_shape))
        known = self._known_sizes(of_input, input_shape)
        return tuple(known[axis] for axis in self.of_output)

    def argument_config(self, argument) -> Tensor:
        """Returns an argument; a layer's `output_shape` is another thing."""
        if argument == "output_shape":
            return {"output_shape": self.sizes}
        return super().argument_config(argument)
