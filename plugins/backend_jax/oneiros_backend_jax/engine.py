"""JAX as an engine of the lazy graph."""

from typing import Any

import numpy as np
from oneiros_backend_toolkit.lazy_graph.engine import Engine
from oneiros_backend_toolkit.lazy_graph.tensors import Spec
from oneiros_backend_toolkit.tensors import AnyFunction, Tensors
from oneiros_jax_support.jax_import import jax, jnp
from oneiros_jax_support.loops import scan
from oneiros_jax_support.random_numbers import nested
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

    def convert(self, value, dtype: str | None):
        """Returns a tensor; values never share a derivative here."""
        own_dtype = getattr(value, "dtype", None)
        return jnp.asarray(value, dtype or own_dtype)

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
        """Differentiates the replay, which runs once.

        Values that are known while tracing stay known.
        """
        known: dict[int, Any] = {}
        structure: Any = None

        def total(values: Tensors) -> tuple[Any, Tensors]:
            nonlocal structure
            loss, computed = forward(values)
            leaves, structure = jax.tree.flatten(computed)
            for place, leaf in enumerate(leaves):
                if is_known(leaf):
                    known[place] = leaf
                    leaves[place] = None
            return jnp.sum(loss), leaves

        differentiated = jax.grad(total, has_aux=True)
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

        def holds_convolution(*shapes) -> bool:
            trace = jax.make_jaxpr(body)
            traced = trace(*shapes)
            return convolves(traced.jaxpr)

        return scan(
            body, states, tensors, convolves=holds_convolution, reverse=backwards
        )
