"""Storage for the values of variables."""

import threading
from typing import Any

import numpy as np
from oneiros.typing import Array

from oneiros_backend_tensorflow.devices import at_once, scope
from oneiros_backend_tensorflow.tensorflow_import import tf


class Storage:
    """A variable's value: an array until a function needs it, then a `tf.Variable`.

    So building a model neither touches a GPU nor allocates its memory.

    # Arguments
        array: the first value, which is the storage's from now on.
    """

    _lock = threading.Lock()

    def __init__(self, array: Array) -> None:
        self._array: Array | None = array
        self._variable: Any = None

    @property
    def variable(self):
        """The `tf.Variable`."""
        with self._lock:
            if self._variable is None:
                with at_once(), scope():
                    self._variable = tf.Variable(self._array)
                self._array = None
        return self._variable

    def get(self) -> Array:
        """Returns a copy of the value."""
        array = self._array
        if array is None:
            with at_once():
                array = self._variable.numpy()
        return np.array(array)

    def set(self, array: Array) -> None:
        """Stores an array, which is the storage's from now on."""
        with self._lock:
            if self._variable is None:
                self._array = array
                return
        with at_once():
            self._variable.assign(array)
