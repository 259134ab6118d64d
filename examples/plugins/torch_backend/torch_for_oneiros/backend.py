"""The PyTorch backend: Keras 1's `K` on lazy tensors."""

from typing import Any

from oneiros.backend.contract import FLAGS
from oneiros_backend_toolkit.convolutions import Convolutions
from oneiros_backend_toolkit.ctc import Ctc
from oneiros_backend_toolkit.lazy_graph.backend import RecordedBackend
from oneiros_backend_toolkit.rnn import Rnn

from torch_for_oneiros import beam_search, compiling, random_functions, spatial
from torch_for_oneiros.engine import TorchEngine
from torch_for_oneiros.function import TorchFunction
from torch_for_oneiros.recurrence import RecurrentLayers
from torch_for_oneiros.storage import Storage


class TorchBackend(
    RecordedBackend,
    Convolutions,
    Rnn,
    Ctc,
    RecurrentLayers,
    primitives=(spatial, beam_search),
):
    """Keras 1's `K` on PyTorch."""

    name = "torch"
    capabilities = frozenset(FLAGS)
    engine = TorchEngine
    random_functions: Any = random_functions
    storage = Storage
    function_class = TorchFunction
    function_arguments = frozenset({"torch_compile"})

    def function(self, inputs, outputs, updates=(), **kwargs):
        """Compiles as the argument `torch_compile` says, or ONEIROS_TORCH_COMPILE."""
        options = self.own_arguments(kwargs)
        choice = compiling.chosen(options.get("torch_compile"))
        return TorchFunction(self, inputs, outputs, updates, torch_compile=choice)
