"""Layers that only rearrange values: Flatten, Reshape, Permute, RepeatVector."""

import math
from collections.abc import Iterable, Sequence
from typing import Unpack

from oneiros import backend as K
from oneiros.arguments import check_int, is_int, label, refusal
from oneiros.engine.layer import InputSpec, Layer
from oneiros.errors import ShapeError
from oneiros.typing import LayerOptions, Shape, Tensor


class Flatten(Layer):
    """Flattens all axes except the batch into one.

    # Example
        ```python
        from oneiros.layers import Flatten
        from oneiros.models import Sequential

        model = Sequential([Flatten(input_shape=(3, 4, 5))])
        model.output_shape  # (None, 60)
        ```

    # Input shape
        `(samples, …)`, two axes or more; all sizes except the batch must be known.

    # Output shape
        2D, `(samples, features)`.

    # Raises
        ShapeError: if a size is unknown.
    """

    loadable = True

    def __init__(self, **kwargs: Unpack[LayerOptions]):
        super().__init__(**kwargs)
        self.input_spec = [InputSpec(ndim="2+")]

    def get_output_shape_for(self, input_shape: Shape) -> Shape:
        """Returns the batch and the number of values per sample."""
        sizes = [size for size in input_shape[1:] if size is not None]
        if len(sizes) < len(input_shape) - 1:
            raise ShapeError(
                f"{label(self)} received an input of shape {tuple(input_shape)}; it "
                "needs all sizes except the batch. Pass a complete `input_shape` "
                "or `batch_input_shape` to the model's first layer."
            )
        return (input_shape[0], math.prod(sizes))

    def call(self, x, mask=None) -> Tensor:
        """Returns `x` with two axes."""
        return K.batch_flatten(x)


class Reshape(Layer):
    """Gives each sample another shape of the same size.

    # Example
        ```python
        from oneiros.layers import Reshape
        from oneiros.models import Sequential

        model = Sequential([Reshape((3, 4), input_shape=(12,)), Reshape((-1, 2, 2))])
        model.output_shape  # (None, 3, 2, 2)
        ```

    # Arguments
        target_shape: tuple of ints without the batch; one of them may be -1, which is
            then computed.

    # Input shape
        Any with the same number of values per sample as `target_shape`.

    # Output shape
        `(samples,) + target_shape`.

    # Raises
        ShapeError: if the sizes differ.
    """

    loadable = True

    def __init__(self, target_shape: Sequence[int], **kwargs: Unpack[LayerOptions]):
        super().__init__(**kwargs)
        self.target_shape = self._checked(target_shape)

    def _checked(self, target_shape) -> tuple[int, ...]:
        sizes = tuple(target_shape) if isinstance(target_shape, Iterable) else (0,)
        fits = all(is_int(size) and (size > 0 or size == -1) for size in sizes)
        if not fits or sizes.count(-1) > 1:
            expected = (
                "a tuple of positive ints without the batch, of which one may be -1"
            )
            raise refusal(self, "target_shape", target_shape, expected)
        return tuple(int(size) for size in sizes)

    def get_output_shape_for(self, input_shape: Shape) -> Shape:
        """Returns the batch and the target shape, with -1 replaced."""
        known_sizes = [size for size in input_shape[1:] if size is not None]
        if len(known_sizes) < len(input_shape) - 1:
            sizes = (None if size == -1 else size for size in self.target_shape)
            return (input_shape[0], *sizes)
        values = math.prod(known_sizes)
        fixed = math.prod(size for size in self.target_shape if size != -1)
        inferred_size = values // fixed
        shape = tuple(
            inferred_size if size == -1 else size for size in self.target_shape
        )
        if math.prod(shape) != values:
            expected = f"a multiple of {fixed}" if -1 in self.target_shape else fixed
            raise ShapeError(
                f"{label(self)} received an input of shape {tuple(input_shape)}, "
                f"{values} values per sample; target_shape={self.target_shape} needs "
                f"{expected}."
            )
        return (input_shape[0], *shape)

    def call(self, x, mask=None) -> Tensor:
        """Returns `x` in the target shape."""
        shape = self.get_output_shape_for(K.int_shape(x))[1:]
        if None in shape:
            return K.reshape(x, (K.shape(x)[0], *self.target_shape))
        return K.reshape(x, (-1, *shape))


class Permute(Layer):
    """Reorders the axes of each sample.

    # Example
        ```python
        from oneiros.layers import Permute
        from oneiros.models import Sequential

        model = Sequential([Permute((2, 1), input_shape=(10, 64))])
        model.output_shape  # (None, 64, 10)
        ```

    # Arguments
        dims: tuple of ints: for each axis of the output, the corresponding axis of the
            input, counted from 1. The batch, axis 0, doesn't move.

    # Input shape
        `(samples, …)`, with as many more axes as `dims` has entries.

    # Output shape
        The same sizes, reordered.
    """

    loadable = True

    def __init__(self, dims: Sequence[int], **kwargs: Unpack[LayerOptions]):
        super().__init__(**kwargs)
        axes = tuple(dims) if isinstance(dims, Iterable) else (0,)
        counted = all(is_int(axis) for axis in axes)
        if not counted or sorted(axes) != list(range(1, len(axes) + 1)):
            expected = (
                "each axis from 1 on once, such as (2, 1); axis 0, the batch, is not "
                "listed"
            )
            raise refusal(self, "dims", dims, expected)
        self.dims = tuple(int(axis) for axis in axes)
        self.input_spec = [InputSpec(ndim=len(self.dims) + 1)]

    def get_output_shape_for(self, input_shape: Shape) -> Shape:
        """Returns the sizes in the new order."""
        return (input_shape[0], *(input_shape[axis] for axis in self.dims))

    def call(self, x, mask=None) -> Tensor:
        """Returns `x` with its axes reordered."""
        return K.permute_dimensions(x, (0, *self.dims))


class RepeatVector(Layer):
    """Repeats a vector as the steps of a sequence.

    # Example
        ```python
        from oneiros.layers import Dense, RepeatVector
        from oneiros.models import Sequential

        model = Sequential([Dense(32, input_dim=16), RepeatVector(3)])
        model.output_shape  # (None, 3, 32)
        ```

    # Arguments
        n: int, number of steps.

    # Input shape
        2D, `(samples, features)`.

    # Output shape
        3D, `(samples, n, features)`.
    """

    loadable = True

    def __init__(self, n: int, **kwargs: Unpack[LayerOptions]):
        super().__init__(**kwargs)
        self.n = check_int(self, "n", n)
        self.input_spec = [InputSpec(ndim=2)]

    def get_output_shape_for(self, input_shape: Shape) -> Shape:
        """Returns `(samples, n, features)`."""
        return (input_shape[0], self.n, input_shape[1])

    def call(self, x, mask=None) -> Tensor:
        """Returns the vector, `n` times."""
        return K.repeat(x, self.n)
