"""JAX as an engine of the lazy graph."""

# mypy: allow-untyped-defs, allow-incomplete-defs
from collections.abc import Callable
from typing import Any

import numpy as np
from oneiros_backend_toolkit.compiled_on_demand import CompiledLoop, CompiledStep
from oneiros_backend_toolkit.lazy_graph.engine import Engine
from oneiros_backend_toolkit.lazy_graph.function import RecordedFunction
from oneiros_backend_toolkit.lazy_graph.tensors import Spec
from oneiros_jax_support.compiled import compile_loop, compile_step
from oneiros_jax_support.devices import scope
from oneiros_jax_support.jax_import import jax, jnp
from oneiros_jax_support.loops import scan
from oneiros_jax_support.random_numbers import nested
from oneiros_jax_support.runs import rows_for, uploaded
from oneiros_jax_support.traced_graphs import convolves

from oneiros_backend_jax.compiled import step_of
from oneiros_backend_jax.functions import FUNCTIONS, is_known
from oneiros_backend_jax.shape_inference import ERRORS, infer

Array = np.ndarray[Any, Any]


class JaxEngine(Engine):
    """See `oneiros_backend_toolkit.lazy_graph.engine.Engine`."""

    name = "jax"
    errors = ERRORS
    key_spec = Spec((2,), "uint32")
    functions = FUNCTIONS
    infer = staticmethod(infer)

    def convert(self, value, dtype: str | None):
        """Returns a tensor; values never share a derivative here."""
        return jnp.asarray(value, dtype or getattr(value, "dtype", None))

    def key(self, seed: int, counter):
        """Returns seed and counter, as the random functions take them."""
        number = jnp.asarray(counter).astype(np.uint32)
        return jnp.stack([jnp.uint32(seed), number])

    def fold(self, key, number):
        """Returns a key like `key`, another one for each number."""
        seed = key[0]
        counter = key[1]
        inner = jnp.asarray(number).astype(np.uint32)
        return jnp.stack([seed, nested(counter, inner)])

    def gradients(
        self, forward: Callable[..., Any], values: list[Any]
    ) -> tuple[list[Any], list[Any]]:
        """Differentiates the replay, which runs once.

        Values that are known while tracing stay known.
        """
        known: dict[int, Any] = {}
        structure: Any = None

        def total(values: list[Any]) -> tuple[Any, list[Any]]:
            nonlocal structure
            loss, computed = forward(values)
            leaves, structure = jax.tree.flatten(computed)
            places = dict(enumerate(leaves))
            known.update({i: x for i, x in places.items() if is_known(x)})
            traced = [None if i in known else x for i, x in places.items()]
            return jnp.sum(loss), traced

        gradients, leaves = jax.grad(total, has_aux=True)(values)
        restored = [known.get(i, x) for i, x in enumerate(leaves)]
        return gradients, jax.tree.unflatten(structure, restored)

    def loop(
        self,
        step: Callable[..., Any],
        sequences: list[Any],
        states: list[Any],
        captured: list[Any],
        types: list[str],
        backwards: bool,
    ):
        """Takes a step for each place of the first axis of `sequences`."""
        states = [jnp.asarray(x, x.dtype) for x in states]

        def body(states, numbered_slices):
            place, slices = numbered_slices
            return step(place, slices, states, captured)

        def holds_convolution(*shapes) -> bool:
            return convolves(jax.make_jaxpr(body)(*shapes).jaxpr)

        return scan(
            body,
            states,
            [jnp.asarray(x) for x in sequences],
            convolves=holds_convolution,
            reverse=backwards,
        )


class JaxFunction(RecordedFunction):
    """A function that JAX compiles."""

    def put(self, array: Array, dtype):
        """Copies an array to the device, as one of a type."""
        with scope("jax")():
            return uploaded(array, dtype)

    def rows(self, arrays: list[Any], index: Array) -> list[Any]:
        """Returns the rows that an index names, of each array."""
        with scope("jax")():
            return rows_for(index, arrays)

    def compile_step(self, phase: int, arrays: list[Any]) -> CompiledStep:
        """Returns one step, compiled."""
        return compile_step(step_of(self.program, phase), arrays)

    def compile_loop(
        self, phase: int, arrays: list[Any], index: Array
    ) -> CompiledLoop | None:
        """Returns many steps in one call; None for convolutions on a CPU."""
        return compile_loop(step_of(self.program, phase), arrays, index)
