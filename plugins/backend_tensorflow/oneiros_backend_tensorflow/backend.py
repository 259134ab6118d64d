"""The TensorFlow backend: Keras 1's `K` on lazy tensors.

The functions run as graph functions of TensorFlow 2.
"""

from oneiros.backend import common
from oneiros.backend.contract import FLAGS
from oneiros.errors import ArgumentError
from oneiros.typing import Shape
from oneiros_backend_toolkit.convolutions import Convolutions
from oneiros_backend_toolkit.ctc import Ctc
from oneiros_backend_toolkit.lazy_graph.backend import RecordedBackend
from oneiros_backend_toolkit.lazy_graph.pinning import pinned
from oneiros_backend_toolkit.rnn import Rnn

from oneiros_backend_tensorflow import (
    beam_search,
    control_flow,
    native_functions,
    old_code,
    spatial,
)
from oneiros_backend_tensorflow.devices import available
from oneiros_backend_tensorflow.engine import TensorFlowEngine, TensorFlowFunction
from oneiros_backend_tensorflow.normalization import normalize, normalize_by
from oneiros_backend_tensorflow.random_functions import RandomFunctions
from oneiros_backend_tensorflow.recurrence import RecurrentLayers
from oneiros_backend_tensorflow.shape_inference import sizes_of
from oneiros_backend_tensorflow.storage import Storage
from oneiros_backend_tensorflow.tensor import Tensor
from oneiros_backend_tensorflow.tensorflow_import import tf
from oneiros_backend_tensorflow.xla import xla_setting

RANK = 4
"""Images have samples, rows, columns and channels."""


class TensorFlowBackend(
    RecordedBackend,
    Convolutions,
    Rnn,
    Ctc,
    RecurrentLayers,
    primitives=(spatial, beam_search),
):
    """Keras 1's `K` on TensorFlow 2."""

    name = "tensorflow"
    capabilities = frozenset(FLAGS)
    engine = TensorFlowEngine
    tensor_class = Tensor
    random_functions = RandomFunctions
    storage = Storage
    function_class = TensorFlowFunction
    devices = staticmethod(available)
    has_open_ranks = True
    function_arguments = frozenset({"jit_compile"})

    def __init__(self) -> None:
        super().__init__()
        native_functions.register(self.recorder)
        control_flow.install(self.recorder)
        old_code.install()

    def _dtype(self, dtype) -> str:
        chosen = tf.as_dtype(dtype or common.floatx())
        return str(chosen.name)

    def int_shape(self, x) -> Shape:
        if not self.owns(x):
            raise ValueError("it isn't a tensor")
        shape = getattr(x, "_keras_shape", x.shape)
        if isinstance(shape, tf.TensorShape):
            shape = sizes_of(shape)
        if shape is None:
            raise ArgumentError(
                f"Not even the rank of {x!r} is known. Set its shape with K.reshape, "
                "or with output_shape of a Lambda layer."
            )
        return tuple(shape)

    def _computed(self, x):
        if not self.recorder.owns(x):
            return super()._computed(x)
        function = self.function([], [x], jit_compile=False)
        (value,) = function([])
        return value

    def normalize_batch_in_training(
        self, x, gamma, beta, reduction_axes, epsilon=0.001
    ):
        parts = (x, gamma, beta)
        types = set(map(self.dtype, parts))
        if types != {"float32"} or not self._keeps_channels(x, reduction_axes):
            return super().normalize_batch_in_training(
                x, gamma, beta, reduction_axes, epsilon
            )
        compute = pinned(normalize)
        arguments = (x, gamma, beta, epsilon)
        label = "K.normalize_batch_in_training"
        results = self.recorder.record(compute, arguments, label=label)
        return tuple(results)

    def batch_normalization(self, x, mean, var, beta, gamma, epsilon=0.001):
        by_channel = (mean, var, beta, gamma)
        if not isinstance(epsilon, float) or not self._suits_kernel(x, by_channel):
            return super().batch_normalization(x, mean, var, beta, gamma, epsilon)
        compute = pinned(normalize_by)
        arguments = (x, *by_channel, epsilon)
        label = "K.batch_normalization"
        return self.recorder.record(compute, arguments, label=label)

    def _keeps_channels(self, x, axes) -> bool:
        """Returns whether `x` holds images, and these axes are all but the channels."""
        if self.ndim(x) != RANK:
            return False
        places = sorted(axis % RANK for axis in axes)
        return places == [0, 1, 2]

    def _suits_kernel(self, x, by_channel) -> bool:
        """Returns whether TensorFlow's kernel can normalise `x` by these tensors.

        The kernel needs float32 images, and one value per channel.
        """
        for part in (x, *by_channel):
            if not self.recorder.owns(part):
                return False
            if self.dtype(part) != "float32":
                return False
        if self.ndim(x) != RANK:
            return False
        *_, channels = self.int_shape(x)
        if channels is None:
            return False
        fitting = [(channels,), (1, 1, 1, channels)]
        shapes = map(self.int_shape, by_channel)
        return all(shape in fitting for shape in shapes)

    def function(self, inputs, outputs, updates=(), **kwargs):
        options = self.own_arguments(kwargs)
        xla = options.get("jit_compile")
        if xla is None:
            xla = xla_setting()
        return TensorFlowFunction(self, inputs, outputs, updates, xla=xla)
