"""Graph functions bound to variables, run by XLA or by plain TensorFlow."""

from collections.abc import Callable
from contextlib import nullcontext

import numpy as np
from oneiros.backend.contract import LOCK
from oneiros.errors import DataError
from oneiros.typing import Array, Tensors
from oneiros_backend_toolkit.lazy_graph.array_functions import Function
from oneiros_backend_toolkit.lazy_graph.program import Program

from oneiros_backend_tensorflow.compiled_programs import compiled_once
from oneiros_backend_tensorflow.devices import on_device
from oneiros_backend_tensorflow.failures import BAD_INPUT, reason
from oneiros_backend_tensorflow.runnable import Runnable
from oneiros_backend_tensorflow.tensorflow_import import tf
from oneiros_backend_tensorflow.xla import kinds_in, only_computes, suits_xla

Run = Callable[..., Tensors]
"""A function of tensors that returns a list of tensors."""


class Compiled:
    """A graph function bound to its variables.

    XLA runs it if it can, and if that is faster.

    # Arguments
        fn: function of a list of `tf.Variable`s, and of tensors. TensorFlow would trace
            it twice if it captured the variables instead.
        program: the Program that has these variables.
        signature: the tensors' `tf.TensorSpec`s.
        plain: function of the same tensors to run if XLA isn't chosen; by default the
            graph function.

    # Properties
        by_xla: whether XLA compiles it.
    """

    def __init__(
        self,
        fn: Function,
        program: Program,
        signature: Tensors,
        plain: Run | None = None,
    ):
        self._variables = [node.source.storage.variable for node in program.variables]
        self._instead: Run | None = None
        self._has_run = False
        self._guard = LOCK if program.written else nullcontext()
        with tf.init_scope():
            traced = self._traced(fn, signature)
            graph = traced.graph
            kinds = kinds_in(graph)
            self._only_computes = False
            if not program.written:
                self._only_computes = only_computes(graph, kinds)
            runnable = Runnable(traced)
            self._run = plain or runnable.bound(self._variables)
            self.by_xla = program.options["xla"]
            if self.by_xla is None:
                self.by_xla = suits_xla(kinds)
            if self.by_xla:
                self._choose_xla(traced, signature)

    @property
    def keeps_nothing(self) -> bool:
        """Whether arguments may lie in memory that changes after the call.

        That is so for what XLA compiled.

        Other functions may keep them, as the value of a variable that is assigned one,
        say.
        """
        if not self._has_run:
            return False
        return self.by_xla or self._only_computes

    def __call__(self, *tensors) -> list[Array]:
        """Returns the outputs as arrays.

        # Arguments
            tensors: the arguments of `fn`.
        """
        try:
            with self._guard:
                outputs = self._run(*tensors)
        except tf.errors.OpError as error:
            if self._instead is not None:
                self._run = self._instead
                self._instead = None
                self.by_xla = False
                return self(*tensors)
            if isinstance(error, BAD_INPUT):
                raise DataError(
                    f"The function can't compute with its inputs: {reason(error)}"
                ) from None
            raise
        self._has_run = True
        self._instead = None
        arrays = []
        for output in outputs:
            array = output.numpy()
            arrays.append(np.asarray(array))
        return arrays

    def _traced(self, fn: Function, signature: Tensors, **options):
        placed = on_device(fn)
        graph_function = tf.function(placed, autograph=False, **options)
        return graph_function.get_concrete_function(self._variables, *signature)

    def _choose_xla(self, traced, signature: Tensors) -> None:
        """Has XLA compile a graph; what ran until now stays for the first call."""

        def call(*tensors):
            return traced(*tensors)

        def by_xla():
            return self._traced(call, signature, jit_compile=True)

        runnable = compiled_once(traced, self._variables, by_xla)
        self._instead = self._run
        self._run = runnable.bound(self._variables)
