"""The contract of `K`: tensors made from shapes and numbers, products, reductions,
functions that change shapes, dropout, normalization and crossentropies."""


class Creation:
    """Filled, counted and random tensors.

    Random tensors are drawn anew at each call of a function and at each step of a loop.
    `np.random.seed(n)` before the graph is built makes the draws reproducible.
    """

    def zeros_like(self, x, dtype=None, name=None):
        """Returns zeros of the shape of another tensor.

        # Arguments
            x: tensor.
            dtype: name of the type; None for that of `x`.
            name: ignored.

        # Returns
            A tensor of the shape of `x`.

        # Raises
            ArgumentError: if `x` isn't a tensor or array, or the type doesn't exist.
        """

    def ones_like(self, x, dtype=None, name=None):
        """Returns ones of the shape of another tensor.

        # Arguments
            x: tensor.
            dtype: name of the type; None for that of `x`.
            name: ignored.

        # Returns
            A tensor of the shape of `x`.

        # Raises
            ArgumentError: if `x` isn't a tensor or array, or the type doesn't exist.
        """

    def arange(self, start, stop=None, step=1, dtype="int32"):
        """Returns the numbers `start`, `start + step`, … below `stop`.

        # Arguments
            start: number or scalar tensor; without `stop`, it is the stop, and 0 the
                start.
            stop: number or scalar tensor.
            step: number other than 0.
            dtype: name of the type.

        # Returns
            A vector `(ceil((stop - start) / step),)`.

        # Raises
            ArgumentError: for what isn't a number, a `step` of 0, or an unknown type.
        """

    def one_hot(self, indices, nb_classes):
        """Turns classes into rows of zeros with a single one.

        # Arguments
            indices: tensor of integers; one out of range gives a row of zeros.
            nb_classes: int.

        # Returns
            A tensor of shape `indices.shape + (nb_classes,)`, of the default float
            type.

        # Raises
            ArgumentError: if `indices` isn't a tensor or array, or `nb_classes` isn't
                an int.
        """

    def random_uniform(self, shape, low=0.0, high=1.0, dtype=None, seed=None):
        """Draws from a uniform distribution over [low, high).

        # Arguments
            shape: tuple of ints and scalar tensors.
            low: float, the lower bound.
            high: float, the upper bound.
            dtype: name of the type; None for the default float type.
            seed: int; if None, one is drawn.

        # Returns
            A tensor of that shape and type.

        # Raises
            ArgumentError: if a size isn't known, or the type doesn't exist.
        """

    def random_normal(self, shape, mean=0.0, std=1.0, dtype=None, seed=None):
        """Draws from a normal distribution.

        # Arguments
            shape: tuple of ints and scalar tensors.
            mean: float, the mean.
            std: float, the standard deviation.
            dtype: name of the type; None for the default float type.
            seed: int; if None, one is drawn.

        # Returns
            A tensor of that shape and type.

        # Raises
            ArgumentError: if a size isn't known, or the type doesn't exist.
        """

    def random_binomial(self, shape, p=0.0, dtype=None, seed=None):
        """Draws 1 with probability `p`, else 0.

        # Arguments
            shape: tuple of ints and scalar tensors.
            p: float in [0, 1].
            dtype: name of the type; None for the default float type.
            seed: int; if None, one is drawn.

        # Returns
            A tensor of that shape and type.

        # Raises
            ArgumentError: if a size isn't known, or the type doesn't exist.
        """


class Algebra:
    """Products of tensors, and rows of them."""

    def dot(self, x, y):
        """Multiplies tensors, summing over the axis `n`.

        # Arguments
            x: tensor `(..., n)`.
            y: tensor `(..., n, m)`, or a vector `(n,)`.

        # Returns
            A tensor with the other axes of `x`, then those of `y`.

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

        On TensorFlow, an axis 0, and two tensors of four or more axes, have other
        results: see the README of `oneiros-backend-tensorflow`.

        # Arguments
            x: tensor `(batch, ...)` of rank 2 or more.
            y: tensor `(batch, ...)` of rank 2 or more.
            axes: int or pair of ints, the axes of `x` and `y` to sum over; None for the
                last of `x` and the last but one of `y`.

        # Returns
            A tensor: the batch, the other axes of `x`, then those of `y`; for two
            matrices, `(batch, 1)`.

        # Raises
            ArgumentError: for a rank below 2, an axis that doesn't exist, or (except on
                TensorFlow) axis 0.
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

        An index that is negative or too large gives a row of NaN; for rows of integers,
        it depends on the engine.

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
            k: int, how many predictions count; a tie is a hit.

        # Returns
            A tensor `(batch,)` of booleans.

        # Raises
            ArgumentError: if an argument isn't a tensor or array.
            ShapeError: if the ranks or the batches don't fit.
        """


class Reductions:
    """Sums, means, extremes, `any` and `all` over some axes or over all."""

    def max(self, x, axis=None, keepdims=False):
        """Returns the largest values.

        # Arguments
            x: tensor with at least one element along the reduced axes.
            axis: int or list of ints, the axes to reduce; None for all.
            keepdims: whether to keep these axes, with size 1.

        # Returns
            A tensor of the type of `x`, without the reduced axes.

        # Raises
            ArgumentError: if `x` has no such axis, or an axis is known to be empty.
        """

    def min(self, x, axis=None, keepdims=False):
        """Returns the smallest values.

        # Arguments
            x: tensor with at least one element along the reduced axes.
            axis: int or list of ints, the axes to reduce; None for all.
            keepdims: whether to keep these axes, with size 1.

        # Returns
            A tensor of the type of `x`, without the reduced axes.

        # Raises
            ArgumentError: if `x` has no such axis, or an axis is known to be empty.
        """

    def sum(self, x, axis=None, keepdims=False):
        """Adds up the values.

        # Arguments
            x: tensor; booleans are counted as int32.
            axis: int or list of ints, the axes to reduce; None for all.
            keepdims: whether to keep these axes, with size 1.

        # Returns
            A tensor of the type of `x`, without the reduced axes.

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
            axis: int or list of ints, the axes to reduce; None for all.
            keepdims: whether to keep these axes, with size 1.

        # Returns
            A tensor of the type of `x`, without the reduced axes.

        # Raises
            ArgumentError: if `x` has no such axis.
        """

    def mean(self, x, axis=None, keepdims=False):
        """Returns the means.

        # Arguments
            x: tensor.
            axis: int or list of ints, the axes to reduce; None for all.
            keepdims: whether to keep these axes, with size 1.

        # Returns
            A tensor without the reduced axes, of the type of `x`, or of the default
            float type if that isn't one of floats.

        # Raises
            ArgumentError: if `x` has no such axis.
        """

    def var(self, x, axis=None, keepdims=False):
        """Returns the variances: the means of the squared deviations from the mean.

        # Arguments
            x: tensor.
            axis: int or list of ints, the axes to reduce; None for all.
            keepdims: whether to keep these axes, with size 1.

        # Returns
            A tensor of floats, without the reduced axes.

        # Raises
            ArgumentError: if `x` has no such axis.
        """

    def std(self, x, axis=None, keepdims=False):
        """Returns the standard deviations, the square roots of `var`.

        # Arguments
            x: tensor.
            axis: int or list of ints, the axes to reduce; None for all.
            keepdims: whether to keep these axes, with size 1.

        # Returns
            A tensor of floats, without the reduced axes.

        # Raises
            ArgumentError: if `x` has no such axis.
        """

    def any(self, x, axis=None, keepdims=False):
        """Returns whether any value isn't zero.

        # Arguments
            x: tensor of any type.
            axis: int or list of ints, the axes to reduce; None for all.
            keepdims: whether to keep these axes, with size 1.

        # Returns
            A tensor of booleans, without the reduced axes.

        # Raises
            ArgumentError: if `x` has no such axis.
        """

    def all(self, x, axis=None, keepdims=False):
        """Returns whether no value is zero.

        # Arguments
            x: tensor of any type.
            axis: int or list of ints, the axes to reduce; None for all.
            keepdims: whether to keep these axes, with size 1.

        # Returns
            A tensor of booleans, without the reduced axes.

        # Raises
            ArgumentError: if `x` has no such axis.
        """

    def argmax(self, x, axis=-1):
        """Returns the indices of the largest values; among equal ones, the first.

        # Arguments
            x: tensor with at least one element along that axis.
            axis: int, the axis to search.

        # Returns
            A tensor of integers, without that axis.

        # Raises
            ArgumentError: if `x` has no such axis, or it is known to be empty.
        """

    def argmin(self, x, axis=-1):
        """Returns the indices of the smallest values; among equal ones, the first.

        # Arguments
            x: tensor with at least one element along that axis.
            axis: int, the axis to search.

        # Returns
            A tensor of integers, without that axis.

        # Raises
            ArgumentError: if `x` has no such axis, or it is known to be empty.
        """


class Shapes:
    """Reshaping, reordering, joining and repeating."""

    def reshape(self, x, shape):
        """Returns the same elements in another shape.

        # Arguments
            x: tensor.
            shape: tuple of ints, scalar tensors and None. One size may be -1: it
                follows from the others. None keeps the size of `x`; a single None means
                -1.

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
            A tensor of their common type, whose size along `axis` is the sum of theirs.

        # Raises
            ArgumentError: if there is no such axis, or `tensors` isn't a list of
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
            ArgumentError: if `x` isn't a list of tensors.
            ShapeError: if the shapes differ, or the list is empty.
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
            A tensor of the type of `x`, with each size times its number.

        # Raises
            ArgumentError: if `x` isn't a tensor or array, or `n` isn't made of ints.
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


class Networks:
    """Functions that the layers and losses of most networks use."""

    def dropout(self, x, level, noise_shape=None, seed=None):
        """Sets a random fraction of the elements to zero and scales up the others.

        # Arguments
            x: tensor of floats.
            level: float in [0, 1), the fraction.
            noise_shape: shape of the mask, which is broadcast to `x`; None in it stands
                for the size of `x`.
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
            gamma: tensor, the scale, with the axes that aren't reduced.
            beta: tensor, the shift, with the same axes.
            reduction_axes: list of ints, the axes of the mean and the variance.
            epsilon: float, added to the variance.

        # Returns
            The result, of the shape of `x`, the mean and the variance.

        # Raises
            ArgumentError: if an argument isn't a tensor or array.
            ShapeError: if `gamma` or `beta` has other sizes.
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
            output: tensor `(..., classes)` of scores, or of probabilities, which are
                scaled to sum to 1 and kept away from 0 and 1.
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
            output: tensor `(..., classes)` of scores, or of probabilities, which are
                kept away from 0 and 1.
            target: tensor of integers, the classes, without the last axis of `output`
                or with size 1 there.
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
            output: tensor of scores, or of probabilities, which are kept away from 0
                and 1.
            target: tensor of the same shape, probabilities.
            from_logits: whether `output` holds scores, the input of a sigmoid.

        # Returns
            A tensor of the shape of `output`.

        # Raises
            ArgumentError: if an argument isn't a tensor or array.
            ShapeError: if the shapes don't broadcast.
        """
