"""The TensorFlow backend: Keras 1's `K` on lazy tensors.

The functions run as graph functions of TensorFlow 2.
"""

from typing import ClassVar

from oneiros.backend import common
from oneiros.backend.contract import FLAGS
from oneiros.errors import ArgumentError
from oneiros_backend_toolkit.convolutions import Convolutions
from oneiros_backend_toolkit.ctc import Ctc
from oneiros_backend_toolkit.lazy_graph.backend import RecordedBackend
from oneiros_backend_toolkit.lazy_graph.pinning import pinned
from oneiros_backend_toolkit.lazy_graph.recorder import Recorder
from oneiros_backend_toolkit.rnn import Rnn
from oneiros_backend_toolkit.tensors import Tensor

from oneiros_backend_tensorflow import (
    beam_search,
    control_flow,
    native_functions,
    old_code,
    spatial,
)
from oneiros_backend_tensorflow.engine import TensorFlowEngine, TensorFlowFunction
from oneiros_backend_tensorflow.functions import FUNCTIONS
from oneiros_backend_tensorflow.normalization import normalize, normalize_by
from oneiros_backend_tensorflow.random_functions import RandomFunctions
from oneiros_backend_tensorflow.recurrence import RecurrentLayers
from oneiros_backend_tensorflow.shape_inference import sizes_of
from oneiros_backend_tensorflow.storage import Storage
from oneiros_backend_tensorflow.tensor import Tensor as TensorFlowTensor
from oneiros_backend_tensorflow.tensorflow_import import tf
from oneiros_backend_tensorflow.xla import xla_setting

IMAGE_AXES = [0, 1, 2, 3]
"""Samples, rows, columns and channels."""


class TensorFlowBackend(
    RecordedBackend,
    Convolutions,
    Rnn,
    Ctc,
    RecurrentLayers,
    primitives=(spatial, beam_search),
):
    """Keras 1's `K` on TensorFlow 2."""

    name: ClassVar[str] = "tensorflow"
    capabilities: ClassVar[frozenset[str]] = frozenset(FLAGS)
    functions = FUNCTIONS
    random_functions = RandomFunctions
    storage = Storage
    function_class = TensorFlowFunction
    has_open_ranks = True
    function_arguments = frozenset({"jit_compile"})

    def __init__(self) -> None:
        super().__init__()
        self.recorder = Recorder(TensorFlowEngine(), TensorFlowTensor)
        self._phase = self.recorder.phase
        native_functions.register(self.recorder)
        control_flow.install(self.recorder)
        old_code.install()

    def _dtype(self, dtype) -> str:
        return str(tf.as_dtype(dtype or common.floatx()).name)

    def int_shape(self, x) -> tuple[int | None, ...]:
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
        return self.function([], [x], jit_compile=False)([])[0]

    def normalize_batch_in_training(
        self, x, gamma, beta, reduction_axes, epsilon=0.001
    ) -> tuple[Tensor, Tensor, Tensor]:
        types = {self.dtype(part) for part in (x, gamma, beta)}
        if types != {"float32"} or not self._keeps_channels(x, reduction_axes):
            return super().normalize_batch_in_training(
                x, gamma, beta, reduction_axes, epsilon
            )
        label = "K.normalize_batch_in_training"
        arguments = (x, gamma, beta, epsilon)
        return tuple(self.recorder.record(pinned(normalize), arguments, label=label))

    def batch_normalization(self, x, mean, var, beta, gamma, epsilon=0.001):
        by_channel = (mean, var, beta, gamma)
        if not isinstance(epsilon, float) or not self._suits_kernel(x, by_channel):
            return super().batch_normalization(x, mean, var, beta, gamma, epsilon)
        arguments = (x, *by_channel, epsilon)
        label = "K.batch_normalization"
        return self.recorder.record(pinned(normalize_by), arguments, label=label)

    def _keeps_channels(self, x, axes) -> bool:
        """Returns whether `x` holds images, and these axes are all but the channels."""
        if self.ndim(x) != len(IMAGE_AXES):
            return False
        return sorted(axis % len(IMAGE_AXES) for axis in axes) == IMAGE_AXES[:-1]

    def _suits_kernel(self, x, by_channel: tuple[Tensor, ...]) -> bool:
        """Returns whether TensorFlow's kernel can normalise `x` by these tensors.

        The kernel needs float32 images, and one value per channel.
        """
        for part in (x, *by_channel):
            if not self.recorder.owns(part) or self.dtype(part) != "float32":
                return False
        channels = self.int_shape(x)[-1:]
        if self.ndim(x) != len(IMAGE_AXES) or None in channels:
            return False
        fitting = {channels, (1, 1, 1, *channels)}
        return all(self.int_shape(part) in fitting for part in by_channel)

    def function(self, inputs, outputs, updates=(), **kwargs) -> TensorFlowFunction:
        xla = self.own_arguments(kwargs).get("jit_compile")
        xla = xla_setting() if xla is None else xla
        return TensorFlowFunction(self, inputs, outputs, updates, xla=xla)
