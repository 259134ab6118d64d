"""The functions of `K` on TensorFlow's own tensors."""

from collections.abc import Sequence

import numpy as np
from oneiros.typing import Array, Tensor
from oneiros_backend_toolkit.lazy_graph.array_functions import ArrayFunctions
from oneiros_backend_toolkit.lazy_graph.pinning import floatx
from oneiros_backend_toolkit.lazy_graph.tensors import LazyTensor
from oneiros_backend_toolkit.operands import pair_of_axes

from oneiros_backend_tensorflow.namespace import Namespace, widened
from oneiros_backend_tensorflow.tensorflow_import import tf

NEVER_TENSORS = (LazyTensor, np.ndarray, np.generic, int, float, str, type(None))
"""Not passed to `tf.is_tensor`, which takes 10 microseconds: if it decides, building
and differentiating 21 dense layers with batch normalization takes 1.6 times as long
(`benchmarks/mechanisms.py is_tensor`)."""


class TensorFlowFunctions(ArrayFunctions):
    """Functions of TensorFlow's tensors, by their names in the contract."""

    namespace = Namespace()
    activations = namespace

    # Types

    def is_tensor(self, x) -> bool:
        if isinstance(x, NEVER_TENSORS):
            return False
        return bool(tf.is_tensor(x))

    def dtype_of(self, x):
        return np.dtype(x.dtype.as_numpy_dtype)

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

    def rank(self, x):
        return x.shape.rank

    def count(self, n):
        if n is None or self.is_tensor(n):
            return n
        return super().count(n)

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
        known = [n for n in sizes if isinstance(n, int)]
        if sizes.count(None) == 1 and -1 not in known:
            place = sizes.index(None)
            sizes[place] = -1
            return tf.reshape(x, sizes)
        # Several open sizes are those of the same axes of x
        own_sizes = tf.shape(x)
        for axis, size in enumerate(sizes):
            if size is None:
                sizes[axis] = own_sizes[axis]
        return tf.reshape(x, sizes)

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
        own_index = self._index(index)
        return x[own_index]

    def _index(self, part):
        """Converts an index, or a part of one, to TensorFlow's form."""
        if isinstance(part, tuple):
            return tuple(map(self._index, part))
        if isinstance(part, slice):
            start = self._index(part.start)
            stop = self._index(part.stop)
            step = self._index(part.step)
            return slice(start, stop, step)
        if tf.is_tensor(part) and part.dtype.is_integer:
            return self.places(part)
        return part

    def abs(self, x):
        x = self.countable(x)
        if x.dtype.is_unsigned:
            return x
        return tf.abs(x)

    def clipped(self, x, low, high):
        highest = tf.maximum(low, high)
        return tf.clip_by_value(x, low, highest)

    def one_hot(self, indices, nb_classes):
        classes = self.cast(indices, tf.int32)
        count = self.count(nb_classes)
        return tf.one_hot(classes, count, dtype=floatx())

    # Linear algebra and lookup

    def batch_dot(self, x, y, axes=None):
        x, y = self.paired(x, y)
        rank = x.shape.rank
        chosen = pair_of_axes(rank, y.shape.rank, axes)
        is_of_batch = 0 in chosen
        if rank == y.shape.rank and (rank > 3 or is_of_batch):
            return _product_of_matrices(x, y, *chosen)
        return super().batch_dot(x, y, axes)

    def gather(self, reference, indices):
        reference = self.tensor(reference)
        indices = self.places(indices)
        rows = tf.gather(reference, indices)
        if not rows.dtype.is_floating:
            return rows
        # An index out of range is an error on the CPU, but XLA would silently take the
        # nearest row.
        sizes = tf.shape(reference, indices.dtype)
        is_after_start = indices >= 0
        is_before_end = indices < sizes[0]
        is_in_range = is_after_start & is_before_end
        for _ in range(reference.shape.rank - 1):
            is_in_range = is_in_range[..., None]
        missing = tf.constant(np.nan, rows.dtype)
        return tf.where(is_in_range, rows, missing)

    def in_top_k(self, predictions, targets, k):
        scores = self.cast(predictions, tf.float32)
        classes = self.cast(targets, tf.int32)
        if not self.is_tensor(k):
            k = int(k)
        return tf.math.in_top_k(classes, scores, k)


@widened
def _product_of_matrices(x, y, x_axis: int, y_axis: int):
    """Returns what Keras 1.2.2 gave on TensorFlow where an axis is the batch's, or
    where there are more than three.

    Two matrices are multiplied element by element and summed. Of other tensors those in
    the last two axes are multiplied: all axes before them are of the batch, and any
    axis but the last means the last but one.
    """
    rank = x.shape.rank
    if rank == 2:
        if x_axis != y_axis:
            x = tf.transpose(x)
        total = tf.reduce_sum(x * y, y_axis)
        return tf.expand_dims(total, 1)
    last = rank - 1
    is_x_turned = x_axis != last
    is_y_turned = y_axis == last
    return tf.matmul(x, y, is_x_turned, is_y_turned)


FUNCTIONS = TensorFlowFunctions()
"""They have no state: one object is enough."""
