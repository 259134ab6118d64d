"""Graph functions bound to variables, run by XLA or by plain TensorFlow."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np
from oneiros.errors import DataError
from oneiros_backend_toolkit.lazy_graph.program import Program
from oneiros_backend_toolkit.stored_values import LOCK

from oneiros_backend_tensorflow.allocator import give_back
from oneiros_backend_tensorflow.compiled_programs import compiled_once
from oneiros_backend_tensorflow.devices import on_device
from oneiros_backend_tensorflow.failures import BAD_INPUT, reason
from oneiros_backend_tensorflow.runnable import TRACING, Runnable
from oneiros_backend_tensorflow.tensorflow_import import tf
from oneiros_backend_tensorflow.xla import kinds_in, only_computes, suits_xla

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Outside:
    """The computation that runs before XLA's compiled code.

    # Properties
        prepare: function of tensors that returns the arguments of the compiled code.
        signature: its tensors' `tf.TensorSpec`s.
    """

    prepare: Callable[..., list[Any]]
    signature: list[Any]


class Compiled:
    """A graph function bound to its variables.

    XLA runs it if it can, and if that is faster.

    # Arguments
        fn: function of a list of `tf.Variable`s, and of tensors. TensorFlow would trace
            it twice if it captured the variables instead.
        program: the Program that has these variables.
        signature: the tensors' `tf.TensorSpec`s.
        outside: the computation that makes these tensors from others.
        plain: function of the same tensors to run if XLA isn't chosen; by default the
            graph function.
    """

    def __init__(
        self,
        fn: Callable[..., Any],
        program: Program,
        signature: list[Any],
        outside: Outside | None = None,
        plain: Callable[..., list[Any]] | None = None,
    ) -> None:
        self._variables = [node.source.storage.variable for node in program.variables]
        self._outside = outside
        self._runnables: list[Runnable] = []
        self._inner: Callable[..., list[Any]] | None = None
        self._plain: Callable[..., list[Any]] | None = None
        self._has_run = False
        self._guard = LOCK if program.written else nullcontext()
        with TRACING, tf.init_scope():
            graph = self._traced(fn, signature)
            kinds = kinds_in(graph.graph)
            self._only_computes = not program.written and only_computes(
                graph.graph, kinds
            )
            self._run = plain or self._bound(self._with_outside(Runnable(graph)))
            by_xla = program.options["xla"]
            if suits_xla(kinds) if by_xla is None else by_xla:
                self._choose_xla(graph, signature)

    @property
    def by_xla(self) -> bool:
        """Whether XLA compiles it."""
        return self._inner is not None

    @property
    def keeps_nothing(self) -> bool:
        """Whether arguments may lie in memory that changes after the call.

        That is so for what XLA compiled.

        Other functions may keep them, as the value of a variable that is assigned one,
        say.
        """
        return self._has_run and (self.by_xla or self._only_computes)

    def __call__(self, *tensors: Any) -> list[Array]:
        """Returns the outputs as arrays.

        # Arguments
            tensors: the arguments of `outside` if there is one, otherwise of `fn`.
        """
        return self._result(self._run, tensors, tensors)

    def call_prepared(self, prepared: list[Any], *tensors: Any) -> list[Array]:
        """Does the same if the results of `outside` are already known.

        # Arguments
            prepared: the results of `outside`.
            tensors: its arguments.
        """
        if self._inner is None:
            return self(*tensors)
        return self._result(self._inner, prepared, tensors)

    def _result(
        self, function: Callable[..., list[Any]], arguments: Any, tensors: Any
    ) -> list[Array]:
        try:
            with self._guard:
                outputs = function(*arguments)
        except tf.errors.OpError as error:
            if self._plain is not None:
                self._run = self._plain
                self._inner = self._plain = None
                return self(*tensors)
            if isinstance(error, BAD_INPUT):
                raise DataError(
                    f"The function can't compute with its inputs: {reason(error)}"
                ) from None
            raise
        self._has_run = True
        if self._plain is not None:
            self._forget()
        return [np.asarray(output.numpy()) for output in outputs]

    def _forget(self) -> None:
        """Frees what isn't needed any more, now that XLA's code runs.

        That is the graphs, and memory of the compiler.
        """
        self._plain = None
        for runnable in self._runnables:
            runnable.forget_graphs()
        give_back()

    # Tracing

    def _traced(
        self, fn: Callable[..., Any], signature: list[Any], **options: Any
    ) -> Any:
        graph_function = tf.function(on_device(fn), autograph=False, **options)
        return graph_function.get_concrete_function(self._variables, *signature)

    def _bound(self, runnable: Runnable) -> Callable[..., list[Any]]:
        return runnable.bound(self._variables)

    def _choose_xla(self, graph: Any, signature: list[Any]) -> None:
        """Has XLA compile a graph; what ran until now stays for the first call."""

        def by_xla() -> Any:
            def call(*arguments: Any) -> Any:
                return graph(*arguments)

            return self._traced(call, signature, jit_compile=True)

        inner = compiled_once(graph, self._variables, by_xla)
        outer = self._with_outside(inner)
        self._runnables = [inner, outer]
        self._plain = self._run
        self._inner = self._bound(inner)
        self._run = self._bound(outer)

    def _with_outside(self, inner: Runnable) -> Runnable:
        """Returns a function that prepares the tensors of another one."""
        if self._outside is None:
            return inner
        prepare = self._outside.prepare

        def prepare_and_run(variables: list[Any], *tensors: Any) -> Any:
            return inner.bound(variables)(*prepare(*tensors))

        graph = self._traced(prepare_and_run, self._outside.signature)
        return compiled_once(graph, self._variables, lambda: graph)
