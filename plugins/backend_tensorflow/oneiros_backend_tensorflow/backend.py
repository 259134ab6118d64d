"""The TensorFlow backend: Keras 1's `K` on lazy tensors.

They run as graph functions of TensorFlow 2.
"""

from __future__ import annotations

import functools
from typing import Any, ClassVar

from oneiros.backend import common
from oneiros.backend.contract import FLAGS
from oneiros.errors import ArgumentError
from oneiros_backend_toolkit.convolutions import Convolutions
from oneiros_backend_toolkit.ctc import Ctc
from oneiros_backend_toolkit.function import Function
from oneiros_backend_toolkit.rnn import Rnn
from oneiros_lazy_graph.backend import RecordedBackend
from oneiros_lazy_graph.function import RecordedFunction
from oneiros_lazy_graph.nodes import Node
from oneiros_lazy_graph.pinning import pinned
from oneiros_lazy_graph.recorder import Recorder

from oneiros_backend_tensorflow import native_functions
from oneiros_backend_tensorflow.allocator import share_arenas
from oneiros_backend_tensorflow.beam_search import beam_search
from oneiros_backend_tensorflow.engine import TensorFlowEngine
from oneiros_backend_tensorflow.normalization import normalize, normalize_by
from oneiros_backend_tensorflow.operations import Operations
from oneiros_backend_tensorflow.random_functions import RandomFunctions
from oneiros_backend_tensorflow.recurrence import RecurrentLayers
from oneiros_backend_tensorflow.spatial import PRIMITIVES
from oneiros_backend_tensorflow.storage import Storage
from oneiros_backend_tensorflow.tensorflow_import import tf
from oneiros_backend_tensorflow.xla import xla_setting

T = Any


class Tensor(Node):
    """A lazy tensor that answers like one of TensorFlow 1."""

    def get_shape(self) -> Any:
        """Returns the static shape as a `tf.TensorShape`."""
        return tf.TensorShape(self.shape)


class TensorFlowBackend(
    RecordedBackend, Convolutions, Rnn, Ctc, RecurrentLayers, primitives=PRIMITIVES
):
    """Keras 1's `K` on TensorFlow 2."""

    name: ClassVar[str] = "tensorflow"
    capabilities: ClassVar[frozenset[str]] = frozenset(FLAGS)
    operations = Operations
    random_functions = RandomFunctions
    storage = Storage

    def __init__(self) -> None:
        super().__init__()
        share_arenas()
        self.recorder = Recorder(TensorFlowEngine(), Tensor)
        self._phase = self.recorder.phase
        native_functions.register(self.recorder)

    def _dtype(self, dtype: Any) -> str:
        return str(tf.as_dtype(dtype or common.floatx()).name)

    def int_shape(self, x: T) -> tuple[int | None, ...]:
        shape = getattr(x, "_keras_shape", x.shape)
        if shape is None or (not isinstance(x, Node) and x.shape.rank is None):
            raise ArgumentError(
                f"Not even the rank of {x!r} is known. K.reshape gives it a shape."
            )
        return tuple(shape)

    def eval(self, x: T) -> T:
        if self.recorder.owns(x) and x.kind == "variable":
            return self.get_value(x)
        return self.function([], [x], jit_compile=False)([])[0]

    def normalize_batch_in_training(
        self,
        x: T,
        gamma: T,
        beta: T,
        reduction_axes: T,
        epsilon: T = 0.001,
    ) -> tuple[T, T, T]:
        images = self.ndim(x) == 4 and sorted(axis % 4 for axis in reduction_axes) == [
            0,
            1,
            2,
        ]
        if not images or {self.dtype(part) for part in (x, gamma, beta)} != {"float32"}:
            return super().normalize_batch_in_training(
                x,
                gamma,
                beta,
                reduction_axes,
                epsilon,
            )
        label = "K.normalize_batch_in_training"
        return tuple(
            self.recorder.record(
                pinned(normalize), (x, gamma, beta, epsilon), label=label
            )
        )

    def batch_normalization(
        self,
        x: T,
        mean: T,
        var: T,
        beta: T,
        gamma: T,
        epsilon: T = 0.001,
    ) -> T:
        given = mean, var, beta, gamma
        if not (isinstance(epsilon, float) and self._are_of_channels(x, given)):
            return super().batch_normalization(
                x,
                mean,
                var,
                beta,
                gamma,
                epsilon,
            )
        return self.recorder.record(
            pinned(normalize_by), (x, *given, epsilon), label="K.batch_normalization"
        )

    def _are_of_channels(self, x: T, given: tuple[T, ...]) -> bool:
        """Tells whether `x` is images and `given` are values per channel.

        All of them are float32.
        """
        if not all(
            self.recorder.owns(part) and self.dtype(part) == "float32"
            for part in (x, *given)
        ):
            return False
        channels = self.int_shape(x)[-1:]
        shapes = {self.int_shape(part) for part in given}
        return (
            self.ndim(x) == 4
            and None not in channels
            and shapes <= {channels, (1, 1, 1, *channels)}
        )

    def _beam_search(
        self,
        logits: T,
        lengths: T,
        beam_width: int,
        top_paths: int,
    ) -> T:
        search = functools.partial(
            beam_search, beam_width=beam_width, top_paths=top_paths
        )
        return self.recorder.record(search, (logits, lengths), label="K.ctc_decode")

    def function(
        self,
        inputs: T,
        outputs: T,
        updates: T = (),
        **kwargs: T,
    ) -> Function:
        xla = kwargs.pop("jit_compile", None)
        if kwargs:
            raise ArgumentError(
                f"K.function received {min(kwargs)!r}; on TensorFlow it takes only "
                f"jit_compile."
            )
        xla = xla_setting() if xla is None else xla
        return RecordedFunction(
            self,
            self.recorder,
            inputs,
            outputs,
            updates,
            xla=xla,
        )
