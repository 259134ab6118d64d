"""The contract of `K`: linear algebra, and looking rows up."""

# mypy: allow-untyped-defs, allow-incomplete-defs
from __future__ import annotations


class Algebra:
    """Products of tensors, and rows of them."""

    def dot(self, x, y):
        """Multiplies tensors: the sum over the last axis of `x` and the last but one of
        `y` (its only one if `y` is a vector).

        # Arguments
            x: tensor `(..., n)`.
            y: tensor `(..., n, m)`, or a vector `(n,)`.

        # Returns
            A tensor: the axes of `x` but the last, then those of `y` but the one summed
            over.

        # Raises
            ShapeError: if the two sizes differ.
            ArgumentError: for what is no tensor or array.

        # Example
            ```python
            from oneiros import backend as K

            K.int_shape(K.dot(K.ones((32, 28, 3)), K.ones((3, 4))))  # (32, 28, 4)
            ```
        """

    def batch_dot(self, x, y, axes=None):
        """Multiplies tensors sample by sample, summing over one axis of each.

        # Arguments
            x: tensor `(batch, ...)` of rank 2 or more.
            y: tensor `(batch, ...)` of rank 2 or more.
            axes: int or pair of ints, the axes of `x` and `y` summed over; None takes
                the last one of `x` and the last but one of `y`.

        # Returns
            A tensor: the batch, the other axes of `x`, then those of `y`. Two matrices
            give `(batch, 1)`.

        On TensorFlow it is what Keras 1.2.2 gave there for two tensors of four axes or
        more, and for an axis 0: two matrices are multiplied element by element and
        summed over `axes`, the first one transposed if these differ; of other tensors
        of one rank the matrices in the last two axes are multiplied.

        # Raises
            ArgumentError: for a rank below 2, an axis that there isn't, or, but on
                TensorFlow, an axis 0, which is the batch.
            ShapeError: if the two sizes differ.

        # Example
            ```python
            from oneiros import backend as K

            K.int_shape(K.batch_dot(K.ones((8, 5)), K.ones((8, 5)), axes=1))  # (8, 1)
            ```
        """

    def transpose(self, x):
        """Reverses the order of the axes.

        # Arguments
            x: tensor of any rank.

        # Returns
            A tensor of the type of `x`, with its axes in reverse.

        # Raises
            ArgumentError: if `x` is no tensor, array or number.
        """

    def gather(self, reference, indices):
        """Looks rows up by their numbers.

        For a number out of range, negative ones too, a row of floats is NaN. One of
        integers is the nearest row on TensorFlow and JAX; on Theano a negative number
        counts from the end, and one too large gives the least value of the type.
        TensorFlow without XLA, so `K.eval`, says in a DataError that there is no such
        row, and PyTensor's own modes in an IndexError, unless they count from the end.

        # Arguments
            reference: tensor `(rows, ...)`.
            indices: tensor of integers of any shape; floats are cut off to int32.

        # Returns
            A tensor of shape `indices.shape + reference.shape[1:]`.

        # Raises
            ArgumentError: for what is no tensor or array.
        """

    def in_top_k(self, predictions, targets, k):
        """Tells for each sample whether its class is among the `k` likeliest.

        # Arguments
            predictions: tensor `(batch, classes)` of floats.
            targets: tensor `(batch,)` of integers, the right classes.
            k: int, how many of the largest predictions count; a tie counts as a hit.

        # Returns
            A tensor `(batch,)` of booleans.

        # Raises
            ArgumentError: for what is no tensor or array.
            ShapeError: if the ranks or the batches don't fit.
        """
