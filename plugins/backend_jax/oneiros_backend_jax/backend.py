"""The JAX backend: Keras 1's `K` on lazy tensors.

JAX compiles and runs the functions.
"""

from collections.abc import Callable
from typing import Any

from oneiros.backend.contract import FLAGS, LOCK
from oneiros.typing import Array
from oneiros_backend_toolkit.convolutions import Convolutions
from oneiros_backend_toolkit.ctc import Ctc
from oneiros_backend_toolkit.lazy_graph.backend import RecordedBackend
from oneiros_backend_toolkit.lazy_graph.pinning import floatx, pinned
from oneiros_backend_toolkit.rnn import Rnn
from oneiros_jax_support.devices import available
from oneiros_jax_support.jax_import import jax
from oneiros_jax_support.placement import fetched

from oneiros_backend_jax import beam_search, random_functions, spatial
from oneiros_backend_jax.engine import JaxEngine, JaxFunction
from oneiros_backend_jax.recurrence import RecurrentLayers


class Storage:
    """A variable's value: a NumPy array until a function needs it, then a JAX array.

    So building a model neither uses a GPU nor allocates its memory.

    # Arguments
        array: the first value; the storage owns it from now on.

    # Properties
        slot: list that holds the array.
    """

    def __init__(self, array: Array):
        self.slot: list[Any] = [array]

    def get(self) -> Array:
        """Returns a copy of the value."""
        with LOCK:
            return fetched(self.slot[0])

    def set(self, array: Array) -> None:
        """Stores an array, which is the storage's from now on."""
        with LOCK:
            self.slot[0] = array


class JaxBackend(
    RecordedBackend,
    Convolutions,
    Rnn,
    Ctc,
    RecurrentLayers,
    primitives=(spatial, beam_search),
):
    """Keras 1's `K` on JAX."""

    name = "jax"
    capabilities = frozenset(FLAGS)
    engine = JaxEngine
    random_functions: Any = random_functions
    storage = Storage
    function_class = JaxFunction
    devices = staticmethod(available)

    def apply(self, fn: Callable[..., Any], *tensors):
        def run(*values):
            with jax.enable_x64(floatx() == "float64"):
                return fn(*values)

        run.__name__ = getattr(fn, "__name__", "function")
        function = pinned(run)
        return self.recorder.record(function, tensors, wrap=False)
