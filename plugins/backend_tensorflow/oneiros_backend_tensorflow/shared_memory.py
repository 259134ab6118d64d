"""Memory shared with TensorFlow: tensors in NumPy's own memory instead of copies.

Without it, `predict` of one row takes 35 % longer on the small network (case d of the
comparison), in real time and in processor time (`benchmarks/mechanisms.py
shared_memory`).
"""

import numpy as np
from oneiros.typing import Array, Tensors
from oneiros_backend_toolkit.batches import aligned, aligned_copy
from oneiros_backend_toolkit.tensors import AnyFunction

from oneiros_backend_tensorflow.devices import in_host_memory
from oneiros_backend_tensorflow.tensorflow_import import tf

REFUSALS = (BufferError, TypeError, ValueError, RuntimeError, tf.errors.OpError)
"""The error that TensorFlow raises if it can't compute in an array's memory."""


def shared(array: Array):
    """Returns a tensor in an array's own memory.

    If TensorFlow can't compute there, it is a copy.
    """
    try:
        memory = aligned(array)
        return tf.experimental.dlpack.from_dlpack(memory.__dlpack__())
    except REFUSALS:
        return tf.constant(array)


class Staging:
    """Tensors that are reused as the arguments of a function.

    Arrays are copied into their memory. That takes half the time of making tensors.
    Each running call has its own set.
    """

    def __init__(self) -> None:
        self._spare: list[tuple[list[Array], Tensors]] = []
        self._works = in_host_memory()

    def run(self, function: AnyFunction, random_state, arrays: list[Array]):
        """Calls a function that keeps nothing of its arguments.

        # Arguments
            function: function of tensors.
            random_state: its first argument, the counter and the seeds.
            arrays: its others; their shapes are always the same.
        """
        if not self._works:
            copies = map(tf.constant, arrays)
            return function(random_state, *copies)
        try:
            memories, tensors = self._spare.pop()
        except IndexError:
            memories, tensors = self._shared_copies(arrays)
        for memory, array in zip(memories, arrays):
            np.copyto(memory, array)
        outputs = function(random_state, *tensors)
        self._spare.append((memories, tensors))
        return outputs

    def _shared_copies(self, arrays: list[Array]) -> tuple[list[Array], Tensors]:
        """Returns copies of arrays, and tensors in the copies' memory.

        If TensorFlow doesn't take that, these are copies too.
        """
        memories = [aligned_copy(array) for array in arrays]
        tensors = [shared(memory) for memory in memories]
        if all(map(_share, memories, tensors)):
            return memories, tensors
        self._works = False
        return memories, [tf.constant(array) for array in arrays]


def _share(memory: Array, tensor) -> bool:
    """Returns whether a tensor shows what is written to memory."""
    for value in (0, 1):
        memory.fill(value)
        is_shown = tensor.numpy() == value
        if not is_shown.all():
            return False
    return True
