"""Layers that multiply by a kernel and add a bias: Highway, MaxoutDense."""

from keras import ops

from oneiros_keras3.registration import DescribedLayer, Shape, ShapedLikeInput, register


class AffineLayer(DescribedLayer):
    """Base of the layers with a kernel and a bias, which begins with zeros.

    # Arguments
        use_bias: bool, whether to add a bias.
        kernel_initializer: initializer of the kernel.
        kernel_regularizer, bias_regularizer: penalties on kernel and bias.
        kernel_constraint, bias_constraint: constraints of kernel and bias.
        **kwargs: `activity_regularizer`, and as for `keras.layers.Layer`.
    """

    arguments = {
        "use_bias": True,
        "kernel_initializer": "glorot_uniform",
        "kernel_regularizer": None,
        "bias_regularizer": None,
        "kernel_constraint": None,
        "bias_constraint": None,
    }
    bias_initializer = "zeros"

    def add_weights(self, kernel_shape: Shape, bias_shape: Shape) -> None:
        """Makes the kernel and the bias."""
        self.kernel = self.add_parameter("kernel", kernel_shape)
        if self.use_bias:
            self.bias = self.add_parameter("bias", bias_shape)


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

    arguments = {**AffineLayer.arguments, "activation": None}
    carry_bias_initializer = "ones"

    def build(self, input_shape: Shape) -> None:
        """Makes `kernel`, `carry_kernel`, and with a bias `bias` and `carry_bias`."""
        *_, size = input_shape
        shape = (size, size)
        self.kernel = self.add_parameter("kernel", shape)
        self.carry_kernel_initializer = self.kernel_initializer.clone()
        self.carry_kernel = self.add_parameter("carry_kernel", shape)
        if self.use_bias:
            self.bias = self.add_parameter("bias", (size,))
            self.carry_bias = self.add_parameter("carry_bias", (size,))

    def call(self, inputs):
        """Returns the mixture of the transformed and the carried input."""
        output = ops.matmul(inputs, self.kernel)
        carry = ops.matmul(inputs, self.carry_kernel)
        if self.use_bias:
            output = output + self.bias
            carry = carry + self.carry_bias
        transform = ops.sigmoid(carry)
        activated = self.activation(output)
        carried = (1.0 - transform) * inputs
        return activated * transform + carried


@register
class MaxoutDense(AffineLayer):
    """The largest of several linear maps of the input, element by element.

    # Arguments
        units: int, number of outputs.
        maps: int, number of linear maps.
        **kwargs: as for `AffineLayer`.
    """

    arguments = {**AffineLayer.arguments, "units": 1, "maps": 4}

    def build(self, input_shape: Shape) -> None:
        """Makes `kernel` and `bias`, with `maps` matrices and rows."""
        kernel_shape = (self.maps, input_shape[-1], self.units)
        self.add_weights(kernel_shape, (self.maps, self.units))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """Returns `(samples, units)`."""
        return (*input_shape[:-1], self.units)

    def call(self, inputs):
        """Returns the largest of `dot(x, kernel[k]) + bias[k]` over `k`."""
        output = ops.einsum("si,kio->sko", inputs, self.kernel)
        if self.use_bias:
            output = output + self.bias
        return ops.max(output, axis=1)
