"""Layers that multiply by a kernel and add a bias: Highway, MaxoutDense."""

from typing import Any

import keras
from keras import ops

from oneiros_keras3.registration import Described, Shape, ShapedLikeInput, register


class AffineLayer(Described, keras.layers.Layer):
    """Base of the layers with a kernel and a bias.

    # Arguments
        use_bias: bool, whether to add a bias.
        kernel_initializer: initializer of the kernel.
        kernel_regularizer, bias_regularizer: penalties on kernel and bias.
        kernel_constraint, bias_constraint: constraints of kernel and bias.
        **kwargs: `activity_regularizer`, and as for `keras.layers.Layer`.
    """

    def __init__(
        self,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.keep(
            use_bias=use_bias,
            kernel_initializer=kernel_initializer,
            kernel_regularizer=kernel_regularizer,
            bias_regularizer=bias_regularizer,
            kernel_constraint=kernel_constraint,
            bias_constraint=bias_constraint,
        )

    def add_kernel(self, shape: Shape) -> Any:
        """Makes the kernel."""
        return self.add_weight(
            shape=shape,
            initializer=self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
            name="kernel",
        )

    def add_bias(self, shape: Shape) -> Any:
        """Makes the bias, initially zeros; None for a layer without bias."""
        if not self.use_bias:
            return None
        return self.add_weight(
            shape=shape,
            initializer="zeros",
            regularizer=self.bias_regularizer,
            constraint=self.bias_constraint,
            name="bias",
        )


@register
class Highway(AffineLayer, ShapedLikeInput):
    """Mixes the output of a Dense layer with its input, in learned proportions.

    `y = T * activation(dot(x, kernel) + bias) + (1 - T) * x`, where
    `T = sigmoid(dot(x, carry_kernel) + carry_bias)`. Regularizers and constraints apply
    to `kernel` and `bias` alone.

    # Arguments
        activation: name or function applied to the transformed part.
        **kwargs: as for `AffineLayer`.
    """

    def __init__(self, activation: Any = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.keep(activation=activation)

    def build(self, input_shape: Shape) -> None:
        """Makes `kernel`, `carry_kernel`, and with a bias `bias` and `carry_bias`."""
        size = input_shape[-1]
        self.kernel = self.add_kernel((size, size))
        self.carry_kernel = self.add_weight(
            shape=(size, size),
            initializer=self.kernel_initializer.clone(),
            name="carry_kernel",
        )
        self.bias = self.add_bias((size,))
        self.carry_bias = None
        if self.use_bias:
            self.carry_bias = self.add_weight(
                shape=(size,), initializer="ones", name="carry_bias"
            )

    def call(self, inputs: Any) -> Any:
        """Returns the mixture of the transformed and the carried input."""
        output = ops.matmul(inputs, self.kernel)
        carry = ops.matmul(inputs, self.carry_kernel)
        if self.use_bias:
            output = output + self.bias
            carry = carry + self.carry_bias
        transform = ops.sigmoid(carry)
        transformed = self.activation(output) * transform
        carried = (1.0 - transform) * inputs
        return transformed + carried


@register
class MaxoutDense(AffineLayer):
    """The largest of several linear maps of the input, element by element.

    # Arguments
        units: int, number of outputs.
        maps: int, number of linear maps.
        **kwargs: as for `AffineLayer`.
    """

    def __init__(self, units: int, maps: int = 4, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.keep(units=units, maps=maps)

    def build(self, input_shape: Shape) -> None:
        """Makes `kernel` and `bias`, with `maps` matrices and rows."""
        shape = (self.maps, input_shape[-1], self.units)
        self.kernel = self.add_kernel(shape)
        self.bias = self.add_bias((self.maps, self.units))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """Returns `(samples, units)`."""
        return (*input_shape[:-1], self.units)

    def call(self, inputs: Any) -> Any:
        """Returns the largest of `dot(x, kernel[k]) + bias[k]` over `k`."""
        output = ops.einsum("si,kio->sko", inputs, self.kernel)
        if self.use_bias:
            output = output + self.bias
        return ops.max(output, axis=1)
