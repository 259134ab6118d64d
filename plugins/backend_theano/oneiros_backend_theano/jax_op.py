"""Ops made of pure JAX functions. Their gradients, of any order, are JAX's.

Under the JAX linker a function and its gradient share one forward pass, see `evaluate`.
Other linkers call JAX for the function as a whole.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytensor.tensor as pt
from pytensor.gradient import DisconnectedType, disconnected_type
from pytensor.graph.basic import Apply
from pytensor.graph.op import Op

Arrays = tuple[Any, ...]


def _floats(variables: Sequence[Any]) -> list[int]:
    """Returns the places of the variables that can have derivatives."""
    return [i for i, x in enumerate(variables) if np.dtype(x.type.dtype).kind == "f"]


class JaxOp(Op):  # type: ignore[misc]
    """A pure function of JAX arrays as an Op.

    # Example
        ```python
        from oneiros import backend as K
        from oneiros_backend_theano.jax_op import JaxOp

        x = K.placeholder((3,))
        double = JaxOp("double", lambda x: (2 * x,), lambda inputs: [inputs[0].type])
        y = double(x)
        ```

    # Arguments
        name: str, what messages call it.
        function: function of arrays that returns a tuple of arrays. Integers that are
            known while tracing, such as sizes, reach it as NumPy values.
        types: function of the input variables that returns the types of the outputs.
        convolves: whether the function holds a convolution.
    """

    def __init__(
        self,
        name: str,
        function: Callable[..., Arrays],
        types: Callable[[list[Any]], list[Any]],
        convolves: bool = False,
    ) -> None:
        self.name, self.function, self.types, self.convolves = (
            name,
            function,
            types,
            convolves,
        )

    def __str__(self) -> str:
        return self.name

    def make_node(self, *inputs: Any) -> Any:
        """Builds the node."""
        variables = [pt.as_tensor_variable(x) for x in inputs]
        return Apply(self, variables, [kind() for kind in self.types(variables)])

    def linearized(
        self,
        values: Sequence[Any],
        floats: list[int],
        outputs: list[int],
    ) -> tuple[Arrays, Any]:
        """Returns the outputs, and the function from their cotangents to those of the
        inputs.

        # Arguments
            values: the inputs' values.
            floats: places of the inputs to differentiate by.
            outputs: places of the outputs that have cotangents.
        """
        import jax.numpy as jnp
        from oneiros_jax_support.jax_import import jax

        def function(*moving: Any) -> tuple[Arrays, Arrays]:
            given = list(values)
            for place, value in zip(floats, moving, strict=True):
                given[place] = value
            results = tuple(jnp.asarray(x) for x in self.function(*given))
            return tuple(results[i] for i in outputs), results

        _, pull, results = jax.vjp(
            function, *(jnp.asarray(values[i]) for i in floats), has_aux=True
        )
        return results, pull

    def perform(
        self,
        node: Any,
        inputs: Any,
        output_storage: Any,
    ) -> None:
        """Computes with JAX, at once."""
        from oneiros_jax_support.devices import scope

        with scope("theano")():
            results = self.function(*inputs)
        for storage, value, variable in zip(
            output_storage, results, node.outputs, strict=True
        ):
            storage[0] = np.array(value, dtype=variable.type.dtype)

    def connection_pattern(self, node: Any) -> list[list[bool]]:
        """Derivatives pass from floats to floats."""
        inputs, outputs = _floats(node.inputs), _floats(node.outputs)
        return [
            [i in inputs and o in outputs for o in range(len(node.outputs))]
            for i in range(len(node.inputs))
        ]

    def pullback(
        self,
        inputs: Any,
        outputs: Any,
        cotangents: Any,
    ) -> list[Any]:
        """Returns the inputs' cotangents."""
        floats, places = _floats(inputs), _floats(outputs)
        given = [
            pt.zeros_like(outputs[i])
            if isinstance(cotangents[i].type, DisconnectedType)
            else cotangents[i]
            for i in places
        ]
        found = Pullback(self, floats, places)(*inputs, *given, return_list=True)
        by_place = dict(zip(floats, found, strict=True))
        return [by_place.get(i, disconnected_type()) for i in range(len(inputs))]


class Pullback(JaxOp):
    """The gradient of a JaxOp: from its inputs and its outputs' cotangents to its
    inputs' cotangents.

    # Properties
        forward: the JaxOp.
        floats: places of the inputs it differentiates by.
        places: places of the outputs that have cotangents.
    """

    def __init__(
        self,
        forward: JaxOp,
        floats: list[int],
        places: list[int],
    ) -> None:
        self.forward, self.floats, self.places = forward, floats, places
        super().__init__(
            f"gradient of {forward.name}", self._pulled, self._types, forward.convolves
        )

    def split(self, arguments: Sequence[Any]) -> tuple[Sequence[Any], Sequence[Any]]:
        """Returns the inputs of the forward Op, and the cotangents."""
        count = len(arguments) - len(self.places)
        return arguments[:count], arguments[count:]

    def _pulled(self, *arguments: Any) -> Arrays:
        values, cotangents = self.split(arguments)
        return self.pull(
            self.forward.linearized(values, self.floats, self.places)[1], cotangents
        )

    def pull(
        self,
        pull: Any,
        cotangents: Sequence[Any],
    ) -> Arrays:
        """Returns the inputs' cotangents, given what `linearized` returned."""
        import jax.numpy as jnp

        return tuple(pull(tuple(jnp.asarray(x) for x in cotangents)))

    def _types(self, arguments: list[Any]) -> list[Any]:
        return [arguments[i].type for i in self.floats]


@functools.cache
def register_with_numba() -> None:
    """Lets PyTensor's numba linker call these Ops, without the warning that it leaves
    numba for them."""
    import warnings

    from pytensor.link.numba.dispatch.basic import generate_fallback_impl, numba_funcify

    @numba_funcify.register(JaxOp)  # type: ignore[untyped-decorator]
    def _(
        op: Any,
        node: Any = None,
        **kwargs: Any,
    ) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return generate_fallback_impl(op, node=node, **kwargs)
