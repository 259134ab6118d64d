"""Graph functions bound to variables, and the choice between XLA and plain
TensorFlow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from oneiros.errors import DataError
from oneiros_backend_toolkit.batches import aligned, aligned_copy
from oneiros_lazy_graph.program import Program

from oneiros_backend_tensorflow.devices import in_host_memory, on_device
from oneiros_backend_tensorflow.memory import give_back
from oneiros_backend_tensorflow.quiet import tf
from oneiros_backend_tensorflow.reuse import compiled_once
from oneiros_backend_tensorflow.runnable import TRACING, Runnable
from oneiros_backend_tensorflow.xla import kinds_in, only_computes, suits_xla

BAD_INPUT = (
    tf.errors.InvalidArgumentError,
    tf.errors.OutOfRangeError,
    tf.errors.FailedPreconditionError,
    tf.errors.UnimplementedError,
    tf.errors.NotFoundError,
)
_NOISE = ("Graph execution error", "Detected at node", "File ", "<stack traces", "[[{{")

Array = np.ndarray[Any, Any]


class Compiled:
    """A graph function bound to its variables, run through XLA where that works and
    pays.

    # Arguments
        fn: function of a list of `tf.Variable`s, and of tensors. TensorFlow would trace
            it twice if it captured the variables instead.
        program: the Program that has these variables.
        signature: the tensors' `tf.TensorSpec`s.
        outside: function of tensors that makes those of `fn`, outside of what XLA
            compiles; with the
            `tf.TensorSpec`s of its own.
        plain: function of the same tensors to run where XLA isn't chosen; by default
            the graph function.
    """

    def __init__(
        self,
        fn: Callable[..., Any],
        program: Program,
        signature: list[Any],
        outside: tuple[Callable[..., list[Any]], list[Any]] | None = None,
        plain: Callable[..., list[Any]] | None = None,
    ) -> None:
        xla, variables = (
            program.options["xla"],
            [node.data.variable for node in program.variables],
        )

        def traced(fn: Callable[..., Any], signature: list[Any], **options: Any) -> Any:
            graph = tf.function(on_device(fn), autograph=False, **options)
            return graph.get_concrete_function(variables, *signature)

        def whole(inner: Runnable) -> Runnable:
            if outside is None:
                return inner
            before, outer = outside
            graph = traced(lambda v, *tensors: inner.bound(v)(*before(*tensors)), outer)
            return compiled_once(graph, variables, lambda: graph)

        self._runnables: list[Runnable] = []
        self._inner: Callable[..., list[Any]] | None
        self._plain: Callable[..., list[Any]] | None
        with TRACING, tf.init_scope():
            graph = traced(fn, signature)
            self._run = plain or whole(Runnable(graph)).bound(variables)
            self._inner = self._plain = None
            kinds = kinds_in(graph.graph)
            self._pure = not program.written and only_computes(graph.graph, kinds)
            if suits_xla(kinds) if xla is None else xla:
                inner = compiled_once(
                    graph,
                    variables,
                    lambda: traced(
                        lambda *args: graph(*args), signature, jit_compile=True
                    ),
                )
                self._plain, self._runnables = self._run, [inner, whole(inner)]
                self._inner, self._run = (
                    part.bound(variables) for part in self._runnables
                )
        self._proven = False

    @property
    def by_xla(self) -> bool:
        """Whether XLA compiles it."""
        return self._inner is not None

    @property
    def keeps_nothing(self) -> bool:
        """Whether arguments may lie in memory that changes after the call, as is so for
        what XLA compiled.

        Other functions may keep them, as the value of a variable that is assigned one,
        say.
        """
        return self._proven and (self.by_xla or self._pure)

    def __call__(self, *tensors: Any, ready: list[Any] | None = None) -> list[Array]:
        """Returns the outputs as arrays.

        # Arguments
            tensors: what `outside` takes, if there is one, else what `fn` takes.
            ready: what `outside` would make of them, if it is known already.
        """
        try:
            outputs = (
                self._inner(*ready) if self._inner and ready else self._run(*tensors)
            )
        except tf.errors.OpError as error:
            if self._plain is not None:
                self._run, self._inner, self._plain = self._plain, None, None
                return self(*tensors)
            if isinstance(error, BAD_INPUT):
                raise DataError(
                    f"The function can't compute with its inputs: {reason(error)}"
                ) from None
            raise
        self._proven = True
        if self._plain is not None:
            self._forget()
        return [np.asarray(output.numpy()) for output in outputs]

    def _forget(self) -> None:
        """Frees what isn't needed any more, now that XLA's code runs: graphs, and what
        its compiler left."""
        self._plain = None
        for runnable in self._runnables:
            runnable.forget_graphs()
        give_back()


def lent(array: Array) -> Any:
    """Returns a tensor in an array's own memory if TensorFlow can compute there, else a
    copy."""
    try:
        return tf.experimental.dlpack.from_dlpack(aligned(array).__dlpack__())
    except (BufferError, TypeError, ValueError, RuntimeError, tf.errors.OpError):
        return tf.constant(array)


class Staging:
    """Tensors to call a function with, time and again: arrays are copied into their
    memory.

    That takes half the time of making tensors. Each call under way has a set of its
    own.
    """

    def __init__(self) -> None:
        self._spare: list[tuple[list[Array], list[Any]]] = []
        self._works = in_host_memory()

    def run(
        self, function: Callable[..., list[Array]], first: Any, arrays: list[Array]
    ) -> list[Array]:
        """Calls a function that keeps nothing of its arguments; the arrays' shapes are
        always the same."""
        if not self._works:
            return function(first, *map(tf.constant, arrays))
        try:
            held = self._spare.pop()
        except IndexError:
            held = self._made(arrays)
        places, tensors = held
        for place, array in zip(places, arrays, strict=True):
            np.copyto(place, array)
        found = function(first, *tensors)
        self._spare.append(held)
        return found

    def _made(self, arrays: list[Array]) -> tuple[list[Array], list[Any]]:
        """Returns copies of arrays, and tensors in the copies' memory if TensorFlow
        takes it."""
        places = list(map(aligned_copy, arrays))
        tensors = list(map(lent, places))
        for value in (0, 1):
            for place, tensor in zip(places, tensors, strict=True):
                place.fill(value)
                self._works = self._works and bool((tensor.numpy() == value).all())
        return places, tensors if self._works else list(map(tf.constant, arrays))


def reason(error: Exception) -> str:
    """Returns what an error says, in one line and without the names of nodes in
    graphs."""
    lines = (
        line.strip()
        for line in (getattr(error, "message", None) or str(error)).splitlines()
    )
    text = next(
        (line for line in lines if line and not line.startswith(_NOISE)), repr(error)
    )
    while text.startswith("{{"):
        text = text.partition("}}")[2].strip()
    return text.partition(" for '{{node")[0].partition(" [Op:")[0]
