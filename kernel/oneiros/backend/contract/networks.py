"""The contract of `K`: dropout, normalization and crossentropies."""

# mypy: allow-untyped-defs, allow-incomplete-defs
from __future__ import annotations


class Networks:
    """Functions that the layers and losses of most networks use."""

    def dropout(self, x, level, noise_shape=None, seed=None):
        """Sets a random fraction of the elements to zero and scales up the others.

        # Arguments
            x: tensor of floats.
            level: float in [0, 1), the fraction.
            noise_shape: shape of the mask, which is broadcast to `x`; None in it means
                the corresponding size of `x`.
            seed: int; if None, one is drawn.

        # Returns
            A tensor of the shape of `x`.

        # Raises
            ArgumentError: for any other `level`.
            ShapeError: if `noise_shape` doesn't broadcast with `x`.
        """

    def l2_normalize(self, x, axis):
        """Divides by the L2 norm along an axis, which is taken as at least 1e-6.

        # Arguments
            x: tensor.
            axis: int or list of ints.

        # Returns
            A tensor of floats of the shape of `x`.

        # Raises
            ArgumentError: if `x` has no such axis.
        """

    def normalize_batch_in_training(
        self, x, gamma, beta, reduction_axes, epsilon=0.001
    ):
        """Normalizes by the mean and the variance of the batch, scales and shifts.

        # Arguments
            x: tensor.
            gamma: tensor, the scale; it has the axes that aren't reduced.
            beta: tensor, the shift; it has the axes that aren't reduced.
            reduction_axes: list of ints, the axes over which mean and variance are
                computed.
            epsilon: float, added to the variance.

        # Returns
            The result, with the shape of `x`, and the mean and the variance, without
            the reduced axes.

        # Raises
            ArgumentError: if an argument isn't a tensor or array.
            ShapeError: if `gamma` or `beta` don't have the sizes of the remaining axes.
        """

    def batch_normalization(self, x, mean, var, beta, gamma, epsilon=0.001):
        """Returns `(x - mean) / sqrt(var + epsilon) * gamma + beta`.

        # Arguments
            x: tensor.
            mean: tensor that broadcasts with `x`.
            var: tensor that broadcasts with `x`, the variance.
            beta: tensor that broadcasts with `x`, the shift.
            gamma: tensor that broadcasts with `x`, the scale.
            epsilon: float, added to the variance.

        # Returns
            A tensor of the shape of `x`.

        # Raises
            ArgumentError: if an argument isn't a tensor, array or number.
            ShapeError: if the shapes don't broadcast.
        """

    def categorical_crossentropy(self, output, target, from_logits=False):
        """Returns the crossentropies of distributions over the last axis.

        # Arguments
            output: tensor `(..., classes)` of probabilities, which are scaled to sum to
                1 and clipped away from 0 and 1, or of scores.
            target: tensor of the same shape, distributions.
            from_logits: whether `output` holds scores, the input of a softmax.

        # Returns
            A tensor without the last axis.

        # Raises
            ArgumentError: if an argument isn't a tensor or array.
            ShapeError: if the shapes don't broadcast.
        """

    def sparse_categorical_crossentropy(self, output, target, from_logits=False):
        """Returns the crossentropies of distributions with given classes.

        # Arguments
            output: tensor `(..., classes)` of probabilities, which are clipped away
                from 0 and 1, or of scores.
            target: tensor of integers, the classes, without the last axis of `output`
                or with a last axis of size 1.
            from_logits: whether `output` holds scores, the input of a softmax.

        # Returns
            A tensor without the last axis.

        # Raises
            ArgumentError: if an argument isn't a tensor or array.
            ShapeError: if the sizes of `target` differ from those of `output`.
        """

    def binary_crossentropy(self, output, target, from_logits=False):
        """Returns the crossentropies of probabilities, element by element.

        # Arguments
            output: tensor of probabilities, which are clipped away from 0 and 1, or of
                scores.
            target: tensor of the same shape, probabilities.
            from_logits: whether `output` holds scores, the input of a sigmoid.

        # Returns
            A tensor of the shape of `output`.

        # Raises
            ArgumentError: if an argument isn't a tensor or array.
            ShapeError: if the shapes don't broadcast.
        """
