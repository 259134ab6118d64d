"""The ONNX backend: Keras 1's `K` as graphs of ONNX, computed by ONNX Runtime."""

from oneiros.user_warnings import warn
from oneiros_backend_toolkit.convolutions import Convolutions
from oneiros_backend_toolkit.ctc import Ctc
from oneiros_backend_toolkit.lazy_graph.backend import RecordedBackend
from oneiros_backend_toolkit.rnn import Rnn

from oneiros_backend_onnx import spatial
from oneiros_backend_onnx.engine import OnnxEngine, OnnxFunction
from oneiros_backend_onnx.random_functions import RandomFunctions
from oneiros_backend_onnx.recurrence import RecurrentLayers
from oneiros_backend_onnx.refusals import refuse_engine_code
from oneiros_backend_onnx.storage import Storage


class OnnxBackend(
    RecordedBackend, Convolutions, Rnn, Ctc, RecurrentLayers, primitives=(spatial,)
):
    """Keras 1's `K` in ONNX, for predictions."""

    name = "onnx"
    capabilities = frozenset({"loop", "sparse"})
    engine = OnnxEngine
    random_functions = RandomFunctions
    storage = Storage
    function_class = OnnxFunction

    def _elementwise(self, x) -> None:
        """Returns nothing: in ONNX channels are first, so they needn't move."""
        return None

    def print_tensor(self, x, message: str = ""):
        warn(
            "The backend 'onnx' can't print while it computes: K.print_tensor does "
            "nothing there."
        )
        return x

    def apply(self, fn, *tensors):
        refuse_engine_code()
