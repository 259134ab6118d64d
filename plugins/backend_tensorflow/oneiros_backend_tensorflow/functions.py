"""The functions of `K` on TensorFlow's own tensors."""

from collections.abc import Sequence

import numpy as np
from oneiros_backend_toolkit.lazy_graph.array_functions import ArrayFunctions
from oneiros_backend_toolkit.lazy_graph.pinning import floatx
from oneiros_backend_toolkit.lazy_graph.tensors import LazyTensor
from oneiros_backend_toolkit.operands import (
    batch_dot_axes,
    batch_dot_equation,
    pair_of_axes,
)
from oneiros_backend_toolkit.tensors import Array, Tensor

from oneiros_backend_tensorflow.namespace import Namespace, widened
from oneiros_backend_tensorflow.tensorflow_import import tf

NEVER_TENSORS = (LazyTensor, np.ndarray, np.generic, int, float, str, type(None))
"""A faster `tf.is_tensor`, which takes 10 microseconds and is called several times per
operation."""


class TensorFlowFunctions(ArrayFunctions):
    """Functions of TensorFlow's tensors, by their names in the contract."""

    namespace = Namespace()
    activations = namespace

    # Types

    def is_tensor(self, x) -> bool:
        if isinstance(x, NEVER_TENSORS):
            return False
        return bool(tf.is_tensor(x))

    def dtype_of(self, x) -> np.dtype:
        dtype: np.dtype = np.dtype(x.dtype.as_numpy_dtype)
        return dtype

    def constant(self, array: Array):
        return tf.convert_to_tensor(array)

    def as_type(self, x, dtype):
        return tf.cast(x, dtype)

    def stacked(self, tensors: Sequence[Tensor]):
        return tf.stack(tensors)

    def tensor(self, x):
        if self.is_tensor(x):
            return tf.convert_to_tensor(x)
        return super().tensor(x)

    # Shapes

    def rank(self, x) -> int | None:
        rank: int | None = x.shape.rank
        return rank

    def count(self, n):
        return n if n is None or self.is_tensor(n) else super().count(n)

    def sizes(self, shape):
        if tf.is_tensor(shape):
            return shape
        return [self.count(size) for size in shape]

    def shape(self, x):
        return tf.shape(self.tensor(x))

    def reshape(self, x, shape):
        x = self.tensor(x)
        sizes = self.sizes(shape)
        if tf.is_tensor(sizes) or None not in sizes:
            return tf.reshape(x, sizes)
        plain = [n for n in sizes if isinstance(n, int)]
        if sizes.count(None) == 1 and -1 not in plain:
            return tf.reshape(x, [-1 if n is None else n for n in sizes])
        # Several open sizes are those of the same axes of x
        current_sizes = tf.shape(x)
        new_sizes = []
        for axis, size in enumerate(sizes):
            is_open = size is None
            new_sizes.append(current_sizes[axis] if is_open else size)
        return tf.reshape(x, new_sizes)

    # Values

    def to_dense(self, tensor):
        return tf.identity(self.tensor(tensor))

    def stop_gradient(self, variables):
        return tf.stop_gradient(self.tensor(variables))

    def print_tensor(self, x, message: str = ""):
        x = self.tensor(x)
        printed = tf.print(message, x, summarize=-1)
        with tf.control_dependencies([printed]):
            return tf.identity(x)

    def indexed(self, x, index):
        if isinstance(index, tuple):
            return x[tuple(map(self._index, index))]
        return x[self._index(index)]

    def _index(self, part):
        """Converts a part of an index to TensorFlow's form."""
        if isinstance(part, slice):
            bounds = (part.start, part.stop, part.step)
            return slice(*map(self._index, bounds))
        if tf.is_tensor(part) and part.dtype.is_integer:
            return self.places(part)
        return part

    def abs(self, x):
        x = self.countable(x)
        if x.dtype.is_unsigned:
            return x
        return tf.abs(x)

    def clipped(self, x, low, high):
        return tf.clip_by_value(x, low, tf.maximum(low, high))

    def one_hot(self, indices, nb_classes):
        classes = self.cast(indices, tf.int32)
        return tf.one_hot(classes, self.count(nb_classes), dtype=floatx())

    # Linear algebra and lookup

    def dot(self, x, y):
        return widened(_dot)(*self.paired(x, y))

    def batch_dot(self, x, y, axes=None):
        return widened(_batch_dot)(*self.paired(x, y), axes)

    def gather(self, reference, indices):
        reference = self.tensor(reference)
        indices = self.places(indices)
        rows = tf.gather(reference, indices)
        if not rows.dtype.is_floating:
            return rows
        # An index out of range is an error on the CPU, but XLA would silently take the
        # nearest row.
        sizes = tf.shape(reference, indices.dtype)
        is_in_range = (indices >= 0) & (indices < sizes[0])
        for _ in range(reference.shape.rank - 1):
            is_in_range = is_in_range[..., None]
        missing = tf.constant(np.nan, rows.dtype)
        return tf.where(is_in_range, rows, missing)

    def in_top_k(self, predictions, targets, k):
        scores = self.cast(predictions, tf.float32)
        classes = self.cast(targets, tf.int32)
        k = k if self.is_tensor(k) else int(k)
        return tf.math.in_top_k(classes, scores, k)


def _dot(x, y):
    if x.shape.rank == 2 and y.shape.rank == 2:
        return tf.matmul(x, y)
    x_axis = x.shape.rank - 1
    y_axis = max(y.shape.rank - 2, 0)
    axes = [[x_axis], [y_axis]]
    return tf.tensordot(x, y, axes)


def _batch_dot(x, y, axes):
    x_axis, y_axis = pair_of_axes(x.shape, y.shape, axes)
    x_rank = x.shape.rank
    y_rank = y.shape.rank
    if x_rank == y_rank and (x_rank > 3 or 0 in (x_axis, y_axis)):
        return _product_of_matrices(x, y, x_axis, y_axis)
    x_axis, y_axis = batch_dot_axes(x.shape, y.shape, axes)
    equation = batch_dot_equation(x_rank, x_axis, y_rank, y_axis)
    result = tf.einsum(equation, x, y)
    if result.shape.rank > 1:
        return result
    return tf.expand_dims(result, 1)


def _product_of_matrices(x, y, x_axis: int, y_axis: int):
    """Returns what Keras 1.2.2 gave on TensorFlow where an axis is the batch's, or
    where there are more than three.

    Two matrices are multiplied element by element and summed. Of other tensors those in
    the last two axes are multiplied: all axes before them are of the batch, and any
    axis but the last means the last but one.
    """
    if x.shape.rank == 2:
        x = x if x_axis == y_axis else tf.transpose(x)
        return tf.expand_dims(tf.reduce_sum(x * y, y_axis), 1)
    last = x.shape.rank - 1
    return tf.matmul(x, y, transpose_a=x_axis != last, transpose_b=y_axis == last)


FUNCTIONS = TensorFlowFunctions()
"""They have no state: one object is enough."""
