"""The contract of `K`: reductions over axes."""

# mypy: allow-untyped-defs, allow-incomplete-defs
from __future__ import annotations


class Reductions:
    """Sums, means, extremes, `any` and `all` over some axes or over all."""

    def max(self, x, axis=None, keepdims=False):
        """Returns the largest values.

        # Arguments
            x: tensor with at least one element along the reduced axes.
            axis: int or list of ints, the axes to reduce; None means all.
            keepdims: whether to keep the reduced axes, with size 1.

        # Returns
            A tensor of the type of `x`, without the reduced axes, or with size 1 there
            if `keepdims`.

        # Raises
            ArgumentError: if `x` has no such axis, or if a reduced axis is known to be
                empty.
        """

    def min(self, x, axis=None, keepdims=False):
        """Returns the smallest values.

        # Arguments
            x: tensor with at least one element along the reduced axes.
            axis: int or list of ints, the axes to reduce; None means all.
            keepdims: whether to keep the reduced axes, with size 1.

        # Returns
            A tensor of the type of `x`, without the reduced axes, or with size 1 there
            if `keepdims`.

        # Raises
            ArgumentError: if `x` has no such axis, or if a reduced axis is known to be
                empty.
        """

    def sum(self, x, axis=None, keepdims=False):
        """Adds up the values.

        # Arguments
            x: tensor; booleans are counted as int32.
            axis: int or list of ints, the axes to reduce; None means all.
            keepdims: whether to keep the reduced axes, with size 1.

        # Returns
            A tensor of the type of `x`, without the reduced axes, or with size 1 there
            if `keepdims`.

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
            axis: int or list of ints, the axes to reduce; None means all.
            keepdims: whether to keep the reduced axes, with size 1.

        # Returns
            A tensor of the type of `x`, without the reduced axes, or with size 1 there
            if `keepdims`.

        # Raises
            ArgumentError: if `x` has no such axis.
        """

    def mean(self, x, axis=None, keepdims=False):
        """Returns the means.

        # Arguments
            x: tensor.
            axis: int or list of ints, the axes to reduce; None means all.
            keepdims: whether to keep the reduced axes, with size 1.

        # Returns
            A tensor of the type of `x`, or of the default float type if `x` isn't made
            of floats; without the reduced axes, or with size 1 there if `keepdims`.

        # Raises
            ArgumentError: if `x` has no such axis.
        """

    def var(self, x, axis=None, keepdims=False):
        """Returns the variances: the means of the squared deviations from the mean.

        # Arguments
            x: tensor.
            axis: int or list of ints, the axes to reduce; None means all.
            keepdims: whether to keep the reduced axes, with size 1.

        # Returns
            A tensor of floats, without the reduced axes, or with size 1 there if
            `keepdims`.

        # Raises
            ArgumentError: if `x` has no such axis.
        """

    def std(self, x, axis=None, keepdims=False):
        """Returns the standard deviations, the square roots of `var`.

        # Arguments
            x: tensor.
            axis: int or list of ints, the axes to reduce; None means all.
            keepdims: whether to keep the reduced axes, with size 1.

        # Returns
            A tensor of floats, without the reduced axes, or with size 1 there if
            `keepdims`.

        # Raises
            ArgumentError: if `x` has no such axis.
        """

    def any(self, x, axis=None, keepdims=False):
        """Returns whether any value isn't zero.

        # Arguments
            x: tensor of any type.
            axis: int or list of ints, the axes to reduce; None means all.
            keepdims: whether to keep the reduced axes, with size 1.

        # Returns
            A tensor of booleans, without the reduced axes, or with size 1 there if
            `keepdims`.

        # Raises
            ArgumentError: if `x` has no such axis.
        """

    def all(self, x, axis=None, keepdims=False):
        """Returns whether no value is zero.

        # Arguments
            x: tensor of any type.
            axis: int or list of ints, the axes to reduce; None means all.
            keepdims: whether to keep the reduced axes, with size 1.

        # Returns
            A tensor of booleans, without the reduced axes, or with size 1 there if
            `keepdims`.

        # Raises
            ArgumentError: if `x` has no such axis.
        """

    def argmax(self, x, axis=-1):
        """Returns the indices of the largest values; if there are several, the first
        one.

        # Arguments
            x: tensor with at least one element along that axis.
            axis: int, the axis to search.

        # Returns
            A tensor of integers, without that axis.

        # Raises
            ArgumentError: if `x` has no such axis, or if that axis is known to
                be empty.
        """

    def argmin(self, x, axis=-1):
        """Returns the indices of the smallest values; if there are several, the first
        one.

        # Arguments
            x: tensor with at least one element along that axis.
            axis: int, the axis to search.

        # Returns
            A tensor of integers, without that axis.

        # Raises
            ArgumentError: if `x` has no such axis, or if that axis is known to
                be empty.
        """
