"""The contract of `K`: changing the shape of tensors."""

# mypy: allow-untyped-defs, allow-incomplete-defs
from __future__ import annotations


class Shapes:
    """Reshaping, reordering, joining and repeating."""

    def reshape(self, x, shape):
        """Returns the same elements in another shape.

        # Arguments
            x: tensor.
            shape: tuple of ints, scalar tensors and None. One size may be -1: it is
                computed from the others. None keeps the corresponding size of `x`; a
                single None means -1.

        # Returns
            A tensor of that shape and of the type of `x`.

        # Raises
            ArgumentError: if `x` isn't a tensor or array.
            ShapeError: if the number of elements differs.
        """

    def permute_dimensions(self, x, pattern):
        """Reorders the axes.

        # Arguments
            x: tensor.
            pattern: tuple of ints, the axes of `x` in their new order.

        # Returns
            A tensor of the type of `x`, with its axes in that order.

        # Raises
            ArgumentError: if `x` has no such axes.

        # Example
            ```python
            from oneiros import backend as K

            K.int_shape(K.permute_dimensions(K.ones((2, 3, 4)), (0, 2, 1)))  # (2, 4, 3)
            ```
        """

    def concatenate(self, tensors, axis=-1):
        """Joins tensors along an axis.

        # Arguments
            tensors: list of tensors whose sizes are equal except along that axis.
            axis: int.

        # Returns
            A tensor of their common type; its size along `axis` is the sum of their
            sizes.

        # Raises
            ArgumentError: if the axis doesn't exist, or if `tensors` isn't a list of
                tensors.
            ShapeError: if other sizes differ.
        """

    def stack(self, x):
        """Joins tensors along a new first axis.

        # Arguments
            x: list of tensors of the same shape.

        # Returns
            A tensor of their common type, with a new first axis.

        # Raises
            ArgumentError: if `x` isn't a list of tensors, for example a single tensor.
            ShapeError: if the shapes differ, or if the list is empty.
        """

    def repeat_elements(self, x, rep, axis):
        """Repeats each element along an axis, as `np.repeat` does.

        # Arguments
            x: tensor.
            rep: int, the number of repetitions.
            axis: int.

        # Returns
            A tensor whose size along `axis` is `rep` times that of `x`.

        # Raises
            ArgumentError: if `x` has no such axis, or `rep` isn't an int.
        """

    def repeat(self, x, n):
        """Repeats each sample along a new axis of steps.

        # Arguments
            x: tensor `(batch, features)`.
            n: int, the number of repetitions.

        # Returns
            A tensor `(batch, n, features)`.

        # Raises
            ArgumentError: for any other rank, or if `n` isn't an int.
        """

    def tile(self, x, n):
        """Repeats the whole tensor, as `np.tile` does.

        # Arguments
            x: tensor.
            n: int for the last axis, or one int per axis.

        # Returns
            A tensor of the type of `x`, with each size multiplied by its number.

        # Raises
            ArgumentError: if `x` isn't a tensor or array, or `n` doesn't consist of
                ints.
        """

    def expand_dims(self, x, dim=-1):
        """Inserts an axis of size 1.

        # Arguments
            x: tensor.
            dim: int, the position of the new axis in the result.

        # Returns
            A tensor with one more axis.

        # Raises
            ArgumentError: if the result would have no such axis.
        """

    def squeeze(self, x, axis):
        """Removes an axis of size 1.

        # Arguments
            x: tensor.
            axis: int.

        # Returns
            A tensor without that axis.

        # Raises
            ArgumentError: if `x` has no such axis.
            ShapeError: if the size of the axis isn't 1.
        """

    def reverse(self, x, axes):
        """Reverses the order of elements along axes.

        # Arguments
            x: tensor.
            axes: int or list of ints.

        # Returns
            A tensor of the same shape and type.

        # Raises
            ArgumentError: if `x` has no such axis.
        """

    def flatten(self, x):
        """Flattens a tensor into one axis.

        # Arguments
            x: tensor.

        # Returns
            A vector of the type of `x`, with the same number of elements.

        # Raises
            ArgumentError: if `x` isn't a tensor, array or number.
        """

    def batch_flatten(self, x):
        """Flattens each sample into one axis.

        # Arguments
            x: tensor `(batch, ...)` of rank 1 or more.

        # Returns
            A tensor `(batch, features)`; a vector has one feature.

        # Raises
            ArgumentError: if `x` isn't a tensor.
            ShapeError: if `x` has no axes.
        """
