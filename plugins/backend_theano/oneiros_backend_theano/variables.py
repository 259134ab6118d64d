"""Variables of the Theano backend."""

import numpy as np
from oneiros.backend.contract import LOCK
from pytensor.tensor.sharedvar import TensorSharedVariable


def host_copy(value):
    """Returns the value of a variable as a copy in NumPy, from whichever devices."""
    if isinstance(value, np.ndarray):
        return value.copy()
    from oneiros_jax_support.placement import fetched

    return fetched(value)


# PyTensor's class is Any to mypy.
class SharedTensor(TensorSharedVariable):  # type: ignore[misc]
    """A shared variable whose value is handed out as a NumPy array, wherever it is
    kept."""

    def get_value(self, borrow: bool = False, return_internal_type: bool = False):
        """Returns a copy of the value."""
        with LOCK:
            return host_copy(self.container.storage[0])
