"""The contract of `K`: linear algebra and row lookup."""

# mypy: allow-untyped-defs, allow-incomplete-defs
from __future__ import annotations


class Algebra:
    """Products of tensors, and rows of them."""

    def dot(self, x, y):
        """Multiplies tensors, summing over the last axis of `x` and the second to last
        axis of `y` (the only axis if `y` is a vector).

        # Arguments
            x: tensor `(..., n)`.
            y: tensor `(..., n, m)`, or a vector `(n,)`.

        # Returns
            A tensor with all axes of `x` except the last, followed by all axes of `y`
            except the one summed over.

        # Raises
            ShapeError: if the two sizes differ.
            ArgumentError: if an argument isn't a tensor or array.

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
            axes: int or pair of ints, the axes of `x` and `y` to sum over; None means
                the last one of `x` and the second to last one of `y`.

        # Returns
            A tensor with the batch axis, the other axes of `x`, then those of `y`. For
            two matrices, `(batch, 1)`.

        On TensorFlow, the result for two tensors with four or more axes, and for an
        axis 0, is the same as in Keras 1.2.2. With an axis 0, two matrices are
        multiplied element by element and summed over `axes`; if the axes differ, the
        first matrix is transposed. For other tensors of equal rank, the matrices in
        their last two axes are multiplied.

        # Raises
            ArgumentError: for a rank below 2, an axis that doesn't exist, or (except on
                TensorFlow) axis 0, which is the batch.
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
            A tensor of the type of `x`, with its axes reversed.

        # Raises
            ArgumentError: if `x` isn't a tensor, array or number.
        """

    def gather(self, reference, indices):
        """Looks up rows by their indices.

        For an index out of range, including a negative one, a row of floats is NaN. For
        a row of integers, TensorFlow and JAX return the nearest row; on Theano a
        negative index counts from the end, and an index that is too large gives the
        smallest value of the type. TensorFlow without XLA, and so `K.eval`, raises a
        DataError; PyTensor's own modes raise an IndexError or count from the end.

        # Arguments
            reference: tensor `(rows, ...)`.
            indices: tensor of integers of any shape; floats are truncated to int32.

        # Returns
            A tensor of shape `indices.shape + reference.shape[1:]`.

        # Raises
            ArgumentError: if an argument isn't a tensor or array.
        """

    def in_top_k(self, predictions, targets, k):
        """Returns for each sample whether its class is among the `k` most likely ones.

        # Arguments
            predictions: tensor `(batch, classes)` of floats.
            targets: tensor `(batch,)` of integers, the true classes.
            k: int, how many of the largest predictions count; a tie counts as a hit.

        # Returns
            A tensor `(batch,)` of booleans.

        # Raises
            ArgumentError: if an argument isn't a tensor or array.
            ShapeError: if the ranks or the batches don't fit.
        """
