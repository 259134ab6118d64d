"""The contract of `K`: reductions over axes."""

# mypy: allow-untyped-defs, allow-incomplete-defs
from __future__ import annotations


class Reductions:
    """Sums, means, extremes and truths over some axes or over all."""

    def max(self, x, axis=None, keepdims=False):
        """Returns the largest values.

        # Arguments
            x: tensor with at least one element along the axes reduced.
            axis: int or list of ints, the axes reduced; None means all.
            keepdims: whether the axes reduced stay, of size 1.

        # Returns
            A tensor of the type of `x`, without the axes reduced, or with size 1 there
            for `keepdims`.

        # Raises
            ArgumentError: if `x` has no such axis, or if an axis reduced is known to
                be empty.
        """

    def min(self, x, axis=None, keepdims=False):
        """Returns the smallest values.

        # Arguments
            x: tensor with at least one element along the axes reduced.
            axis: int or list of ints, the axes reduced; None means all.
            keepdims: whether the axes reduced stay, of size 1.

        # Returns
            A tensor of the type of `x`, without the axes reduced, or with size 1 there
            for `keepdims`.

        # Raises
            ArgumentError: if `x` has no such axis, or if an axis reduced is known to
                be empty.
        """

    def sum(self, x, axis=None, keepdims=False):
        """Adds up the values.

        # Arguments
            x: tensor; booleans are counted as int32.
            axis: int or list of ints, the axes reduced; None means all.
            keepdims: whether the axes reduced stay, of size 1.

        # Returns
            A tensor of the type of `x`, without the axes reduced, or with size 1 there
            for `keepdims`.

        # Raises
            ArgumentError: if `x` has no such axis.

        # Example
            ```python
            from oneiros import backend as K

            K.eval(K.sum(K.ones((2, 3)), axis=1)).tolist()  # [3.0, 3.0]
            ```
        """

    def prod(self, x, axis=None, keepdims=False):
        """Multiplies the values.

        # Arguments
            x: tensor; booleans are counted as int32.
            axis: int or list of ints, the axes reduced; None means all.
            keepdims: whether the axes reduced stay, of size 1.

        # Returns
            A tensor of the type of `x`, without the axes reduced, or with size 1 there
            for `keepdims`.

        # Raises
            ArgumentError: if `x` has no such axis.
        """

    def mean(self, x, axis=None, keepdims=False):
        """Returns the means.

        # Arguments
            x: tensor.
            axis: int or list of ints, the axes reduced; None means all.
            keepdims: whether the axes reduced stay, of size 1.

        # Returns
            A tensor of floats, of the type of `x`, or of the default float type if that
            is an integer or boolean; without the axes reduced, or with size 1 there for
            `keepdims`.

        # Raises
            ArgumentError: if `x` has no such axis.
        """

    def var(self, x, axis=None, keepdims=False):
        """Returns the variances: the means of the squared distances from the mean.

        # Arguments
            x: tensor.
            axis: int or list of ints, the axes reduced; None means all.
            keepdims: whether the axes reduced stay, of size 1.

        # Returns
            A tensor of floats, without the axes reduced, or with size 1 there for
            `keepdims`.

        # Raises
            ArgumentError: if `x` has no such axis.
        """

    def std(self, x, axis=None, keepdims=False):
        """Returns the standard deviations, the roots of `var`.

        # Arguments
            x: tensor.
            axis: int or list of ints, the axes reduced; None means all.
            keepdims: whether the axes reduced stay, of size 1.

        # Returns
            A tensor of floats, without the axes reduced, or with size 1 there for
            `keepdims`.

        # Raises
            ArgumentError: if `x` has no such axis.
        """

    def any(self, x, axis=None, keepdims=False):
        """Tells whether any value isn't zero.

        # Arguments
            x: tensor of any type.
            axis: int or list of ints, the axes reduced; None means all.
            keepdims: whether the axes reduced stay, of size 1.

        # Returns
            A tensor of booleans, without the axes reduced, or with size 1 there for
            `keepdims`.

        # Raises
            ArgumentError: if `x` has no such axis.
        """

    def all(self, x, axis=None, keepdims=False):
        """Tells whether no value is zero.

        # Arguments
            x: tensor of any type.
            axis: int or list of ints, the axes reduced; None means all.
            keepdims: whether the axes reduced stay, of size 1.

        # Returns
            A tensor of booleans, without the axes reduced, or with size 1 there for
            `keepdims`.

        # Raises
            ArgumentError: if `x` has no such axis.
        """

    def argmax(self, x, axis=-1):
        """Returns the indices of the largest values, the first one of equals.

        # Arguments
            x: tensor with at least one element along that axis.
            axis: int, the axis searched.

        # Returns
            A tensor of integers, without that axis.

        # Raises
            ArgumentError: if `x` has no such axis, or if that axis is known to
                be empty.
        """

    def argmin(self, x, axis=-1):
        """Returns the indices of the smallest values, the first one of equals.

        # Arguments
            x: tensor with at least one element along that axis.
            axis: int, the axis searched.

        # Returns
            A tensor of integers, without that axis.

        # Raises
            ArgumentError: if `x` has no such axis, or if that axis is known to
                be empty.
        """
