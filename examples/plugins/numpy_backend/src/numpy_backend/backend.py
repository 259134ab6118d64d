"""The NumPy backend: Keras 1's `K` for predictions."""

from typing import Any

from oneiros_backend_toolkit.convolutions import Convolutions
from oneiros_backend_toolkit.ctc import Ctc
from oneiros_backend_toolkit.lazy_graph.backend import RecordedBackend
from oneiros_backend_toolkit.rnn import Rnn

from numpy_backend import images, random
from numpy_backend.engine import NumpyEngine, NumpyFunction


class Storage:
    """Where the value of a variable is.

    # Arguments
        array: the first value, the storage's own from now on.
    """

    def __init__(self, array: Any):
        self.array = array

    def get(self) -> Any:
        """Returns a copy of the value."""
        return self.array.copy()

    def set(self, array: Any) -> None:
        """Stores an array, which is the storage's from now on."""
        self.array = array


class NumpyBackend(RecordedBackend, Convolutions, Rnn, Ctc, primitives=(images,)):
    """Keras 1's `K` on NumPy. It predicts; its engine has no gradients."""

    name = "numpy"
    capabilities = frozenset({"float16", "sparse"})
    engine = NumpyEngine
    random_functions = random
    storage = Storage
    function_class = NumpyFunction
