"""The JAX backend: Keras 1's `K` on lazy tensors.

JAX compiles and runs the functions.
"""

from collections.abc import Callable
from typing import Any, ClassVar

from oneiros.backend.contract import FLAGS
from oneiros_backend_toolkit.convolutions import Convolutions
from oneiros_backend_toolkit.ctc import Ctc
from oneiros_backend_toolkit.lazy_graph.backend import RecordedBackend
from oneiros_backend_toolkit.lazy_graph.pinning import floatx, pinned
from oneiros_backend_toolkit.lazy_graph.recorder import Recorder
from oneiros_backend_toolkit.rnn import Rnn
from oneiros_backend_toolkit.tensors import Tensor
from oneiros_jax_support.jax_import import jax

from oneiros_backend_jax import beam_search, random_functions, spatial
from oneiros_backend_jax.engine import JaxEngine, JaxFunction
from oneiros_backend_jax.functions import FUNCTIONS
from oneiros_backend_jax.recurrence import RecurrentLayers
from oneiros_backend_jax.storage import Storage


class JaxBackend(
    RecordedBackend,
    Convolutions,
    Rnn,
    Ctc,
    RecurrentLayers,
    primitives=(spatial, beam_search),
):
    """Keras 1's `K` on JAX."""

    name: ClassVar[str] = "jax"
    capabilities: ClassVar[frozenset[str]] = frozenset(FLAGS)
    functions = FUNCTIONS
    random_functions: Any = random_functions
    storage = Storage
    function_class = JaxFunction

    def __init__(self) -> None:
        super().__init__()
        self.recorder = Recorder(JaxEngine())
        self._phase = self.recorder.phase

    def apply(self, fn: Callable[..., Any], *tensors) -> Tensor:
        def run(*values):
            with jax.enable_x64(floatx() == "float64"):
                return fn(*values)

        run.__name__ = getattr(fn, "__name__", "function")
        function = pinned(run)
        return self.recorder.record(function, tensors, wrap=False)
