"""Layers that prepare their input; they have no weights to train."""

from collections.abc import Sequence
from typing import Any, Unpack

import numpy as np
from oneiros import backend as K
from oneiros.arguments import check_choice, check_number, label, refusal
from oneiros.engine.node import shape_list, to_list
from oneiros.errors import ArgumentError, ConfigError
from oneiros.load_context import count_weight
from oneiros.migrations import Keras2Layer as Keras2Migration
from oneiros.migrations import Migration
from oneiros.typing import Array, LayerOptions, Shape, Tensor

from oneiros_keras2.base import Axes, Keras2Layer, axes_of, known_size, spread
from oneiros_keras2.tensors import floats, one_hot

ENCODINGS = ("multi_hot", "one_hot", "count")
"""How a layer gives integers; the first one was called `binary`."""


def encoded(x, size: int, mode: str, weights=None) -> Tensor:
    """Returns which integers each row holds, or how often.

    # Arguments
        x: tensor `(samples, …, places)`.
        size: int, the number of different integers.
        mode: one of `ENCODINGS`.
        weights: tensor of the shape of `x`, how much each place counts.
    """
    hot = one_hot(x, size)
    if keeps_places(K.int_shape(x), mode):
        return hot
    if mode == "multi_hot":
        return K.max(hot, axis=-2)
    if weights is not None:
        hot = hot * K.expand_dims(weights, -1)
    return K.sum(hot, axis=-2)


def check_numbers(owner, name: str, value):
    """Returns a number, or a list of them."""
    if np.ndim(value):
        return [check_numbers(owner, name, number) for number in value]
    return check_number(owner, name, value)


def encoded_shape(shape: Shape, size: int, mode: str) -> Shape:
    """Returns the shape of `encoded`."""
    if keeps_places(shape, mode):
        return (*shape, size)
    return (*shape[:-1], size)


def keeps_places(shape: Shape, mode: str) -> bool:
    """Returns whether each of several places has a vector of its own."""
    return mode == "one_hot" and shape[-1] != 1


class Rescaling(Keras2Layer):
    """`scale * x + offset`.

    # Example
        ```python
        from oneiros.layers import Rescaling
        from oneiros.models import Sequential

        model = Sequential([Rescaling(1 / 255, input_shape=(28, 28, 1))])
        model.output_shape  # (None, 28, 28, 1)
        ```

    # Arguments
        scale: float, or list of one per channel.
        offset: float, or list of one per channel.

    # Input shape
        Any.

    # Output shape
        The same.
    """

    loadable = True
    supports_masking = True

    def __init__(
        self,
        scale: float | Sequence[float] | Array,
        offset: float | Sequence[float] | Array = 0.0,
        **kwargs: Unpack[LayerOptions],
    ):
        super().__init__(**kwargs)
        self.scale = check_numbers(self, "scale", scale)
        self.offset = check_numbers(self, "offset", offset)

    def call(self, x, mask=None) -> Tensor:
        """Returns the scaled input."""
        scale = K.cast_to_floatx(self.scale)
        offset = K.cast_to_floatx(self.offset)
        return floats(x) * scale + offset


class Normalization(Keras2Layer):
    """Subtracts a given mean and divides by the root of a given variance.

    # Example
        ```python
        from oneiros.layers import Normalization
        from oneiros.models import Sequential

        layer = Normalization(mean=[1.0, 2.0], variance=[4.0, 1.0], input_shape=(2,))
        print(Sequential([layer]).predict([[3.0, 2.0]]))  # [[1. 0.]]
        ```

    # Arguments
        axis: int or list of int, the axes along which each index has its own mean and
            variance; None for a single mean and variance.
        mean, variance: float or array. If None, they are weights, before a third one,
            the number of values behind them, which has no effect.
        invert: bool, whether to undo the normalization: to multiply, then add.

    # Input shape
        Any; the sizes of `axis` must be known.

    # Output shape
        The same.
    """

    loadable = True
    supports_masking = True
    axis: Any
    mean: Any = None
    variance: Any = None
    invert: bool

    def __init__(
        self,
        axis: Axes | None = -1,
        mean: float | Sequence[float] | Array | None = None,
        variance: float | Sequence[float] | Array | None = None,
        invert: bool = False,
        **kwargs: Unpack[LayerOptions],
    ):
        super().__init__(**kwargs)
        if (mean is None) != (variance is None):
            raise ArgumentError(
                f"{label(self)} received mean={mean!r:.80} and variance="
                f"{variance!r:.80}. Expected both, or neither."
            )
        self.set_arguments(axis=axis, invert=invert)
        if mean is not None:
            self.mean = check_numbers(self, "mean", mean)
            self.variance = check_numbers(self, "variance", variance)

    def build(self, input_shape: Shape) -> None:
        """Makes mean, variance and count, unless they are given."""
        axes: list[int] = []
        if self.axis is not None:
            axes = axes_of(self, len(input_shape))
        self.spread = spread(input_shape, axes)
        shape = tuple(known_size(self, input_shape, axis) for axis in axes)
        if self.mean is not None:
            count_weight(shape, label(self))
            ones = np.ones(shape)
            self.moments = [
                K.variable(ones * self.mean),
                K.variable(ones * self.variance),
            ]
            return
        self.moments = [
            self._constant("mean", shape, "zero"),
            self._constant("variance", shape, "one"),
        ]
        self._constant("count", (), "zero")

    def _constant(self, kind: str, shape: tuple[int, ...], initializer: str) -> Tensor:
        """Makes a weight that training doesn't change."""
        name = f"{self.name}_{kind}"
        return self.add_weight(shape, initializer, name=name, trainable=False)

    def call(self, x, mask=None) -> Tensor:
        """Returns the normalised input."""
        x = floats(x)
        mean, variance = self.moments
        mean = K.reshape(mean, self.spread)
        variance = K.reshape(variance, self.spread)
        root = K.sqrt(variance)
        deviation = K.maximum(root, K.epsilon())
        if self.invert:
            return x * deviation + mean
        return (x - mean) / deviation


class CategoryEncoding(Keras2Layer):
    """Turns integers into vectors with an element for each integer.

    # Example
        ```python
        from oneiros.layers import CategoryEncoding
        from oneiros.models import Sequential

        model = Sequential([CategoryEncoding(4, input_shape=(3,))])
        print(model.predict([[0, 2, 2]]))  # [[1. 0. 1. 0.]]
        ```

    # Arguments
        num_tokens: int, the number of different integers, from 0.
        output_mode: `"multi_hot"` for a 1 for each integer in a row, `"count"` for how
            often it is there, `"one_hot"` for a vector per integer.

    # Input shape
        `(samples, integers)`; with `"count"`, also a list of that and of weights
        `(samples, integers)`.

    # Output shape
        `(samples, num_tokens)`; with `"one_hot"` and several integers,
        `(samples, integers, num_tokens)`.
    """

    loadable = True
    conformance = {
        "arguments": {"num_tokens": 4},
        "input_shape": (5,),
        "input_dtype": "int32",
    }
    num_tokens: int

    def __init__(
        self,
        num_tokens: int,
        output_mode: str = "multi_hot",
        **kwargs: Unpack[LayerOptions],
    ):
        super().__init__(**kwargs)
        self.set_arguments(num_tokens=num_tokens)
        mode = "multi_hot" if output_mode == "binary" else output_mode
        self.output_mode = check_choice(self, "output_mode", mode, ENCODINGS)

    def call(self, x, mask=None) -> Tensor:
        """Returns the vectors."""
        integers, *weights = to_list(x)
        return encoded(integers, self.num_tokens, self.output_mode, *weights)

    def get_output_shape_for(self, input_shape) -> Shape:
        """Returns the shape of the vectors."""
        shape, *_ = shape_list(input_shape)
        return encoded_shape(shape, self.num_tokens, self.output_mode)


class Discretization(Keras2Layer):
    """Gives the number of the interval in which each value lies.

    # Example
        ```python
        from oneiros.layers import Discretization
        from oneiros.models import Sequential

        model = Sequential([Discretization([0.0, 1.0], input_shape=(3,))])
        print(model.predict([[-5.0, 0.0, 7.0]]))  # [[0 1 2]]
        ```

    # Arguments
        bin_boundaries: list of float, increasing: the intervals' lower ends.
        output_mode: `"int"`, or as for `CategoryEncoding`.

    # Input shape
        Any.

    # Output shape
        The same; otherwise that of `CategoryEncoding`.
    """

    loadable = True
    conformance = {
        "arguments": {"bin_boundaries": [-0.5, 0.5]},
        "tags": ("not_differentiable",),
    }

    def __init__(
        self,
        bin_boundaries: Sequence[float],
        output_mode: str = "int",
        **kwargs: Unpack[LayerOptions],
    ):
        super().__init__(**kwargs)
        if bin_boundaries is None:  # as files say of a layer that was adapted
            expected = "a list of increasing numbers, layer.bin_boundaries in Keras"
            raise refusal(self, "bin_boundaries", bin_boundaries, expected)
        self.bin_boundaries = list(bin_boundaries)
        self.size = len(self.bin_boundaries) + 1
        self.output_mode = check_choice(
            self, "output_mode", output_mode, ("int", *ENCODINGS)
        )

    def call(self, x, mask=None) -> Tensor:
        """Returns the intervals' numbers, or their vectors."""
        boundaries = K.variable(self.bin_boundaries)
        values = K.expand_dims(x, -1)
        is_reached = K.greater_equal(values, boundaries)
        reached = K.cast(is_reached, "int32")
        intervals = K.sum(reached, axis=-1)
        if self.output_mode == "int":
            return K.cast(intervals, "int32")
        return encoded(intervals, self.size, self.output_mode)

    def get_output_shape_for(self, input_shape: Shape) -> Shape:
        """Returns the input's shape, or that of the vectors."""
        if self.output_mode == "int":
            return input_shape
        return encoded_shape(input_shape, self.size, self.output_mode)


class NormalizationMigration(Keras2Migration):
    """`Normalization`, whose third weight is an integer there."""

    def weights(self, config, arrays):
        """Returns the weights as floats."""
        return list(map(K.cast_to_floatx, arrays))

    def weights_there(self, config, arrays):
        """Returns the weights, the last one as an integer."""
        moments = arrays[:2]
        others = arrays[2:]
        counts = [np.asarray(array, "int32") for array in others]
        return [*moments, *counts]


class TextMigration(Migration):
    """Refuses the layers that look up text or numbers in tables."""

    def translated(self, name: str, config):
        """Raises the error that says what to do instead."""
        raise ConfigError(
            f"The {name} layer {config.get('name')!r} looks up text or numbers in a "
            "table, and models here take arrays of numbers. In the program that wrote "
            "the file, save the model behind this layer: Model(layer.output, "
            "model.output); then do the layer's step on the data."
        )
