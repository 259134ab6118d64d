"""JAX as an engine of the lazy graph, and `K.function` compiled by it."""

from typing import Any

import numpy as np
from oneiros.typing import Tensors
from oneiros_backend_toolkit.lazy_graph.engine import Engine
from oneiros_backend_toolkit.lazy_graph.function import RecordedFunction, check_update
from oneiros_backend_toolkit.lazy_graph.tensors import Spec
from oneiros_backend_toolkit.tensors import AnyFunction
from oneiros_jax_support.compiled import CompiledByJax
from oneiros_jax_support.jax_import import jax, jnp
from oneiros_jax_support.loops import scan
from oneiros_jax_support.random_numbers import nested
from oneiros_jax_support.storing import Slot, TracedStep, slots_of_seeds
from oneiros_jax_support.traced_graphs import convolves

from oneiros_backend_jax.functions import FUNCTIONS, is_known
from oneiros_backend_jax.shape_inference import ERRORS, infer


class JaxEngine(Engine):
    """See `oneiros_backend_toolkit.lazy_graph.engine.Engine`."""

    name = "jax"
    errors = ERRORS
    key_spec = Spec((2,), "uint32")
    functions = FUNCTIONS
    infer = staticmethod(infer)

    def traced_once(self, fn: AnyFunction) -> AnyFunction:
        """Returns a function that XLA takes apart again when it compiles."""
        traced: AnyFunction = jax.jit(fn)
        return traced

    def convert(self, value, dtype: str | None):
        """Returns a tensor; values never share a derivative here."""
        own_dtype = getattr(value, "dtype", None)
        wanted_dtype = dtype or own_dtype
        return jnp.asarray(value, wanted_dtype)

    def key(self, seed: int, counter):
        """Returns seed and counter, as the random functions take them."""
        first = jnp.uint32(seed)
        number = jnp.asarray(counter)
        second = number.astype(np.uint32)
        return jnp.stack([first, second])

    def fold(self, key, number):
        """Returns a key like `key`, another one for each number."""
        seed, counter = key
        place = jnp.asarray(number)
        index = place.astype(np.uint32)
        inner_counter = nested(counter, index)
        return jnp.stack([seed, inner_counter])

    def gradients(
        self, forward: AnyFunction, values: Tensors
    ) -> tuple[Tensors, Tensors]:
        """Differentiates the program, which runs once.

        Values that are known while tracing stay known.
        """
        known: dict[int, Any] = {}
        structure: Any = None

        def summed_loss(values: Tensors) -> tuple[Any, Tensors]:
            nonlocal structure
            loss, computed = forward(values)
            leaves, structure = jax.tree.flatten(computed)
            for place, leaf in enumerate(leaves):
                if is_known(leaf):
                    known[place] = leaf
                    leaves[place] = None
            total = jnp.sum(loss)
            return total, leaves

        differentiated = jax.grad(summed_loss, has_aux=True)
        gradients, leaves = differentiated(values)
        for place, leaf in known.items():
            leaves[place] = leaf
        computed = jax.tree.unflatten(structure, leaves)
        return gradients, computed

    def loop(
        self,
        step: AnyFunction,
        sequences: Tensors,
        states: Tensors,
        captured: Tensors,
        types: list[str],
        backwards: bool,
    ):
        """Takes a step for each place of the first axis of `sequences`."""
        states = [jnp.asarray(x, x.dtype) for x in states]
        tensors = list(map(jnp.asarray, sequences))

        def body(states, numbered_slices):
            place, slices = numbered_slices
            return step(place, slices, states, captured)

        # Whoever asks for its graph, it is traced once
        traceable = jax.jit(body, inline=True)

        def holds_convolution(*shapes) -> bool:
            traced = traceable.trace(*shapes)
            return convolves(traced.jaxpr)

        return scan(
            traceable, states, tensors, convolves=holds_convolution, reverse=backwards
        )


class JaxFunction(RecordedFunction, CompiledByJax):
    """A recorded program whose steps JAX compiles."""

    def step(self, phase: int) -> TracedStep:
        """Returns what a step of the program computes.

        The seeds are read like variables, so that later processes with other seeds can
        use what was compiled.
        """
        program = self.program
        seed_slots = slots_of_seeds([node.source.seed for node in program.streams])
        written = program.written
        variables = program.variables
        read = [node for node in variables if node not in written]
        nodes = [*written, *read]
        places = list(map(nodes.index, variables))

        def step(old, read, counter, *feeds) -> list[Any]:
            values = [*old, *read]
            seeds = None
            if seed_slots:
                seeds = read[-1]
            state = [values[place] for place in places]
            outputs, new = program(feeds, state, phase, counter, seeds)
            for node, value in zip(written, new, strict=True):
                check_update(node, value.shape)
            return [*new, *outputs]

        counter = np.uint32(0) if program.streams else None
        return TracedStep(
            backend="jax",
            function=step,
            written=_slots(written),
            read=_slots(read) + seed_slots,
            outputs=len(program.outputs),
            counter=counter,
        )


def _slots(nodes) -> list[Slot]:
    return [node.source.storage.slot for node in nodes]
