"""Ops made of pure JAX functions. Their gradients, of any order, are JAX's.

Under the JAX linker a function and its gradient share one forward pass, see `evaluate`.
Other linkers call JAX for the function as a whole.
"""

import functools
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import pytensor.tensor as pt
from oneiros.typing import Tensor, Tensors
from pytensor.gradient import DisconnectedType, disconnected_type
from pytensor.graph.basic import Apply
from pytensor.graph.op import Op
from pytensor.tensor.type import TensorType

Places = list[int]
Sizes = tuple[int | None, ...]
"""The sizes of a tensor; None for those that aren't known."""


def convolve(nodes: Iterable[Apply]) -> bool:
    """Returns whether nodes contain a convolution."""
    return any(getattr(node.op, "convolves", False) for node in nodes)


def _floats(variables) -> Places:
    """Returns the places of the variables that can have derivatives."""
    places = []
    for place, x in enumerate(variables):
        dtype = np.dtype(x.type.dtype)
        if dtype.kind == "f":
            places.append(place)
    return places


class JaxOp(Op):  # type: ignore[misc]  # PyTensor's class is Any to mypy
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
        name: str, its name in messages.
        function: function of arrays that returns a sequence of arrays. Integers that
            are known while tracing, such as sizes, reach it as NumPy values.
        types: function of the input variables that returns the types of the outputs.
        convolves: whether the function contains a convolution.
    """

    def __init__(
        self,
        name: str,
        function: Callable[..., Sequence[Tensor]],
        types: Callable[[Tensors], list[TensorType]],
        convolves: bool = False,
    ):
        self.name = name
        self.function = function
        self.types = types
        self.convolves = convolves

    def __str__(self) -> str:
        return self.name

    def make_node(self, *inputs):
        """Builds the node."""
        variables = list(map(pt.as_tensor_variable, inputs))
        types = self.types(variables)
        results = [kind() for kind in types]
        return Apply(self, variables, results)

    def linearized(
        self, values, floats: Places, outputs: Places
    ) -> tuple[Tensors, Any]:
        """Returns the outputs, and the function from their cotangents to those of the
        inputs.

        # Arguments
            values: the inputs' values.
            floats: places of the inputs to differentiate by.
            outputs: places of the outputs that have cotangents.
        """
        from oneiros_jax_support.jax_import import jax, jnp

        def differentiated(float_values):
            arguments = list(values)
            pairs = zip(floats, float_values, strict=True)
            for place, value in pairs:
                arguments[place] = value
            results = self.function(*arguments)
            arrays = list(map(jnp.asarray, results))
            chosen = [arrays[place] for place in outputs]
            return chosen, arrays

        float_values = []
        for place in floats:
            value = jnp.asarray(values[place])
            float_values.append(value)
        _, pullback, results = jax.vjp(differentiated, float_values, has_aux=True)
        return results, pullback

    def perform(self, node, inputs, output_storage) -> None:
        """Computes with JAX, at once."""
        from oneiros_jax_support.devices import scope

        with scope("theano")():
            results = self.function(*inputs)
        pairs = zip(node.outputs, results, strict=True)
        for place, (variable, result) in enumerate(pairs):
            array = np.array(result, variable.type.dtype)
            output_storage[place][0] = array

    def connection_pattern(self, node):
        """Derivatives pass from floats to floats."""
        to_none = [False] * len(node.outputs)
        to_floats = list(to_none)
        for place in _floats(node.outputs):
            to_floats[place] = True
        pattern = [to_none] * len(node.inputs)
        for place in _floats(node.inputs):
            pattern[place] = to_floats
        return pattern

    def pullback(self, inputs, outputs, cotangents):
        """Returns the inputs' cotangents."""
        floats = _floats(inputs)
        places = _floats(outputs)
        arguments = list(inputs)
        for place in places:
            cotangent = _connected(cotangents[place], outputs[place])
            arguments.append(cotangent)
        pullback_op = Pullback(self, floats, places)
        results = pullback_op(*arguments, return_list=True)
        all_results = [disconnected_type() for _ in inputs]
        pairs = zip(floats, results, strict=True)
        for place, result in pairs:
            all_results[place] = result
        return all_results


def array_op(
    name: str,
    function: Callable[..., Tensor],
    shape: Callable[..., Sizes],
    convolves: bool = False,
) -> JaxOp:
    """Returns the Op of a function of arrays that returns one array, of the type of the
    first.

    # Arguments
        name, convolves: see `JaxOp`.
        function: the function.
        shape: function of the input variables that returns the output's sizes.
    """

    def compute(*arrays):
        result = function(*arrays)
        return [result]

    def types(inputs):
        dtype = inputs[0].dtype
        sizes = shape(*inputs)
        kind = TensorType(dtype, shape=sizes)
        return [kind]

    return JaxOp(name, compute, types, convolves)


def _connected(cotangent, output):
    """Returns zeros for the cotangent of an output that nothing depends on."""
    if isinstance(cotangent.type, DisconnectedType):
        return pt.zeros_like(output)
    return cotangent


class Pullback(JaxOp):
    """The gradient of a JaxOp: from its inputs and its outputs' cotangents to its
    inputs' cotangents.

    # Properties
        forward: the JaxOp.
        floats: places of the inputs it differentiates by.
        places: places of the outputs that have cotangents.
    """

    def __init__(self, forward: JaxOp, floats: Places, places: Places):
        self.forward = forward
        self.floats = floats
        self.places = places
        name = f"gradient of {forward.name}"
        super().__init__(name, self._pulled, self._types, forward.convolves)

    def split(self, arguments: Sequence[Tensor]) -> tuple[Tensors, Tensors]:
        """Returns the inputs of the forward Op, and the cotangents."""
        count = len(arguments) - len(self.places)
        inputs = list(arguments[:count])
        cotangents = list(arguments[count:])
        return inputs, cotangents

    def _pulled(self, *arguments):
        values, cotangents = self.split(arguments)
        _, pullback = self.forward.linearized(values, self.floats, self.places)
        return self.pull(pullback, cotangents)

    def pull(self, pullback, cotangents):
        """Returns the inputs' cotangents, given what `linearized` returned."""
        from oneiros_jax_support.jax_import import jnp

        arrays = list(map(jnp.asarray, cotangents))
        (results,) = pullback(arrays)
        return list(results)

    def _types(self, arguments):
        return [arguments[place].type for place in self.floats]


@functools.cache
def register_with_numba() -> None:
    """Lets PyTensor's numba linker call these Ops, without the warning that it leaves
    numba for them."""
    import warnings

    from pytensor.link.numba.dispatch import basic

    @basic.numba_funcify.register(JaxOp)
    def call_python(op, node=None, **kwargs):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return basic.generate_fallback_impl(op, node=node, **kwargs)
