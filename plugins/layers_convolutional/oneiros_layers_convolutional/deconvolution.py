"""Deconvolution2D: the transposed convolution."""

from collections.abc import Iterable, Sequence
from typing import Any, Unpack

from oneiros import backend as K
from oneiros.arguments import is_int, label, refusal
from oneiros.errors import ShapeError
from oneiros.typing import (
    Activation,
    Array,
    ConstraintLike,
    Initialization,
    LayerOptions,
    RegularizerLike,
    Shape,
)
from oneiros_layers_core.spatial import length_after, spatial_sizes, with_sizes

from oneiros_layers_convolutional.convolution import Convolution2D


class Deconvolution2D(Convolution2D):
    """Transposed convolution: from a `Convolution2D`'s output back to its input.

    With `subsample` above 1, inputs of several sizes have an output of the same size:
    `output_shape` selects one. With `border_mode="valid"`, the smallest is
    `subsample * (size - 1) + kernel`, the largest `subsample - 1` more.

    # Example
        ```python
        from oneiros.layers import Deconvolution2D
        from oneiros.models import Sequential

        up = Deconvolution2D(
            3,
            3,
            3,
            output_shape=(None, 25, 25, 3),
            subsample=(2, 2),
            dim_ordering="tf",
            input_shape=(12, 12, 8),
        )
        Sequential([up]).output_shape  # (None, 25, 25, 3)
        ```

    # Arguments
        output_shape: tuple of four in the order of `dim_ordering`; the batch size is
            ignored. None for the size of Keras 2: `subsample * size`, which
            `"valid"` increases by `kernel - subsample` if that is above 0.
        border_mode: `"valid"`, `"same"` or `"full"`: that of the convolution.
        subsample: pair of ints, the steps of the convolution: the output is larger by
            these factors.
        the others: as for `Convolution2D`.

    # Input shape
        4D, `(samples, rows, columns, channels)` for `"tf"`,
        `(samples, channels, rows, columns)` for `"th"`.

    # Output shape
        4D, `output_shape` with the input's batch size. The kernel has the same shape as
        for `Convolution2D`.

    # Raises
        ArgumentError: if `output_shape` isn't a shape of `nb_filter` channels.
        ShapeError: if no convolution leads from `output_shape` to the input's shape.

    # References
        - Dumoulin, Visin: A guide to convolution arithmetic for deep learning,
          arXiv:1603.07285
        - Zeiler, Krishnan, Taylor, Fergus: Deconvolutional Networks, CVPR 2010
    """

    loadable = True
    conformance = {
        "arguments": {"output_shape": (None, 12, 10, 2), "subsample": (2, 2)},
        "input_shape": (6, 5, 3),
        "unused": ("nb_filter", "border_mode"),  # output_shape settles them
    }

    def __init__(
        self,
        nb_filter: int,
        nb_row: int,
        nb_col: int,
        output_shape: Sequence[int | None],
        init: Initialization = "glorot_uniform",
        activation: Activation = None,
        weights: list[Array] | None = None,
        border_mode: str = "valid",
        subsample: Sequence[int] = (1, 1),
        dim_ordering: str = "default",
        W_regularizer: RegularizerLike = None,
        b_regularizer: RegularizerLike = None,
        activity_regularizer: RegularizerLike = None,
        W_constraint: ConstraintLike = None,
        b_constraint: ConstraintLike = None,
        bias: bool = True,
        **kwargs: Unpack[LayerOptions],
    ):
        super().__init__(
            nb_filter,
            nb_row,
            nb_col,
            init,
            activation,
            weights,
            border_mode,
            subsample,
            dim_ordering,
            W_regularizer,
            b_regularizer,
            activity_regularizer,
            W_constraint,
            b_constraint,
            bias,
            **kwargs,
        )
        self.output_shape_: Shape | None = None
        if output_shape is not None:
            self.output_shape_ = self._checked_output_shape(output_shape)

    def _checked_output_shape(self, output_shape) -> Shape:
        channels = 3 if self.dim_ordering == "tf" else 1
        shape = tuple(output_shape) if isinstance(output_shape, Iterable) else ()
        are_sizes = all(is_int(size) and size > 0 for size in shape[1:])
        if not are_sizes or len(shape) != 4 or shape[channels] != self.nb_filter:
            example = with_sizes(
                (None,) * 4, (25, 25), self.dim_ordering, self.nb_filter
            )
            expected = (
                f"the output's shape with nb_filter={self.nb_filter} channels, for "
                f"dim_ordering={self.dim_ordering!r} such as {example}"
            )
            raise refusal(self, "output_shape", output_shape, expected)
        return (shape[0], *(int(size) for size in shape[1:]))

    def get_output_shape_for(self, input_shape: Shape) -> Shape:
        """Returns `output_shape` with the input's batch size."""
        sizes = spatial_sizes(self, input_shape, 2, self.dim_ordering)
        if self.output_shape_ is None:
            enlarged = self._enlarged(sizes)
            return with_sizes(input_shape, enlarged, self.dim_ordering, self.nb_filter)
        output_sizes = spatial_sizes(self, self.output_shape_, 2, self.dim_ordering)
        moves = zip(output_sizes, self._window, self._strides, strict=True)
        expected_sizes = tuple(
            length_after(size, width, self.border_mode, step)
            for size, width, step in moves
        )
        pairs = zip(sizes, expected_sizes, strict=True)
        if any(None not in pair and pair[0] != pair[1] for pair in pairs):
            raise ShapeError(
                f"{label(self)} received an input of shape {tuple(input_shape)} and "
                f"output_shape={self.output_shape_}; with the kernel {self._window}, "
                f"subsample={self._strides} and border_mode={self.border_mode!r} that "
                f"output comes from rows and columns {expected_sizes}, and the input "
                f"has {sizes}. Give rows and columns that fit, such as "
                f"{self._enlarged(sizes)}, in output_shape."
            )
        return (input_shape[0], *self.output_shape_[1:])

    def _enlarged(self, sizes: Shape) -> Shape:
        """Returns rows and columns of an output for those of an input."""
        enlarged: list[int | None] = []
        for size, width, step in zip(sizes, self._window, self._strides, strict=True):
            added = {"valid": max(width - step, 0), "same": 0, "full": 2 - step - width}
            if size is not None:
                size = size * step + added[self.border_mode]
            enlarged.append(size)
        return tuple(enlarged)

    def _convolve(self, x):
        shape = K.int_shape(x)
        if self.output_shape_ is None:
            sizes = K.shape(x)
            shape = tuple(
                sizes[axis] if axis and size is None else size
                for axis, size in enumerate(shape)
            )
        return K.deconv2d(
            x,
            self.W,
            self.get_output_shape_for(shape),
            strides=self.subsample,
            border_mode=self.border_mode,
            dim_ordering=self.dim_ordering,
        )

    def argument_config(self, argument: str) -> dict[str, Any]:
        """Returns an argument, `output_shape` as given or as found."""
        if argument != "output_shape":
            return super().argument_config(argument)
        shape = self.output_shape_
        found = {node.output_shapes[0] for node in self.inbound_nodes}
        if shape is None and len(found) == 1:
            (only,) = found
            shape = None if None in only[1:] else only
        return {"output_shape": shape}
