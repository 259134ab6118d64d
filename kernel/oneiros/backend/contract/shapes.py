"""The contract of `K`: the same elements in other shapes."""

# mypy: allow-untyped-defs, allow-incomplete-defs
from __future__ import annotations


class Shapes:
    """Reshaping, reordering, joining and repeating."""

    def reshape(self, x, shape):
        """Returns the same elements in another shape.

        # Arguments
            x: tensor.
            shape: tuple of ints, scalar tensors and None. One size may be -1: it
                follows from the others. None keeps the size of `x` at its place; a
                single None is taken as -1.

        # Returns
            A tensor of that shape and of the type of `x`.

        # Raises
            ArgumentError: if `x` is no tensor or array.
            ShapeError: if `x` hasn't as many elements.
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
            tensors: list of tensors of equal sizes but for that axis.
            axis: int.

        # Returns
            A tensor of the type that all have in common, whose size along `axis` is the
            sum of theirs.

        # Raises
            ArgumentError: if there is no such axis, or for what is no list of tensors.
            ShapeError: if other sizes differ.
        """

    def stack(self, x):
        """Joins tensors along a new first axis.

        # Arguments
            x: list of tensors of one shape.

        # Returns
            A tensor of the type that all have in common, with a new first axis.

        # Raises
            ArgumentError: for what is no list of tensors, such as one tensor.
            ShapeError: if the shapes differ, or if there are none.
        """

    def repeat_elements(self, x, rep, axis):
        """Repeats each element along an axis, as `np.repeat` does.

        # Arguments
            x: tensor.
            rep: int, how often.
            axis: int.

        # Returns
            A tensor whose size along `axis` is `rep` times that of `x`.

        # Raises
            ArgumentError: if `x` has no such axis, or `rep` is no int.
        """

    def repeat(self, x, n):
        """Repeats each sample along a new axis of steps.

        # Arguments
            x: tensor `(batch, features)`.
            n: int, how often.

        # Returns
            A tensor `(batch, n, features)`.

        # Raises
            ArgumentError: for any other rank, or if `n` is no int.
        """

    def tile(self, x, n):
        """Repeats the whole tensor, as `np.tile` does.

        # Arguments
            x: tensor.
            n: int, for the last axis, or one int per axis.

        # Returns
            A tensor of the type of `x`, with each size times its number.

        # Raises
            ArgumentError: if `x` is no tensor or array, or `n` no ints.
        """

    def expand_dims(self, x, dim=-1):
        """Inserts an axis of size 1.

        # Arguments
            x: tensor.
            dim: int, the place of the new axis in the result.

        # Returns
            A tensor with one axis more.

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
            ShapeError: if its size is another.
        """

    def reverse(self, x, axes):
        """Reverses the order along axes.

        # Arguments
            x: tensor.
            axes: int or list of ints.

        # Returns
            A tensor of the same shape and type.

        # Raises
            ArgumentError: if `x` has no such axis.
        """

    def flatten(self, x):
        """Puts all elements into one axis.

        # Arguments
            x: tensor.

        # Returns
            A vector of the type of `x`, with as many elements.

        # Raises
            ArgumentError: if `x` is no tensor, array or number.
        """

    def batch_flatten(self, x):
        """Puts the elements of each sample into one axis.

        # Arguments
            x: tensor `(batch, ...)` of rank 1 or more.

        # Returns
            A tensor `(batch, features)`; a vector has one feature.

        # Raises
            ArgumentError: if `x` is no tensor.
            ShapeError: if `x` has no axes.
        """
