"""`TensorOperation`: an operation on tensors by its name, as files of Keras 2 and 3
have between their layers. The names are a list; none is looked up anywhere else."""

import functools
import operator
from typing import Any, Unpack

from oneiros import backend as K
from oneiros import load_context
from oneiros.arguments import check_choice
from oneiros.engine.node import one_or_all, to_list
from oneiros.errors import ShapeError
from oneiros.load_context import count_calls
from oneiros.typing import Config, LayerOptions, Shape, Tensor

from oneiros_keras2.base import Keras2Layer
from oneiros_keras2.tensor_functions import FUNCTIONS, Function, tensor
from oneiros_keras2.tensors import sizes_of

INPUT = "input"
"""The key of a dict that stands for one of a layer's inputs."""
SLICE = "slice"
"""The key of a dict that stands for a slice: its start, stop and step."""
OPERATION, OPERANDS, SETTINGS = "operation", "operands", "settings"
"""The keys of an expression, a dict that stands for the result of an operation."""
UNSTACK = "unstack"
Expression = dict[str, Any]
PROBES = (7, 11)
"""Sizes that are tried for unknown ones; a size of the output that both give alike is
known."""
COST = 4
"""The calls as which an operation in an expression counts: each layer that gets the
result computes it again."""
OF_LISTS = ("concatenate", "stack")
"""The operations whose first operand is a list of tensors."""


# Sizes of tensors, which are numbers where they are known


def joined(sizes, axis=0) -> list[Any]:
    """Returns sizes and lists of them as one list."""
    lists = [each if isinstance(each, list) else [each] for each in sizes]
    return functools.reduce(operator.add, lists, [])


def for_each(function: Function) -> Function:
    """Returns a function of sizes, or of lists of them."""

    def computed(x1, x2):
        if isinstance(x1, list) and isinstance(x2, list):
            return list(map(computed, x1, x2))
        if isinstance(x1, list):
            return [computed(each, x2) for each in x1]
        if isinstance(x2, list):
            return [computed(x1, each) for each in x2]
        return function(tensor(x1), tensor(x2))

    return computed


OF_SIZES: dict[str, Function] = {
    "shape": sizes_of,
    "size": lambda x: functools.reduce(operator.mul, sizes_of(x)),
    "ndim": lambda x: K.ndim(x),
    "get_item": lambda x, key: x[key],
    "stack": joined,
    "concatenate": joined,
    UNSTACK: lambda x, num=None, axis=0: x,
    "prod": lambda x, axis=None: functools.reduce(operator.mul, x),
    "cast": lambda x, dtype: x if isinstance(x, (int, list)) else K.cast(x, dtype),
    "convert_to_tensor": lambda x: x,
    "add": for_each(operator.add),
    "subtract": for_each(operator.sub),
    "multiply": for_each(operator.mul),
    "true_divide": for_each(operator.truediv),
    "floor_divide": for_each(operator.floordiv),
}
"""Operations on sizes."""
FIRST = ("shape", "size", "ndim")
"""Those of them whose operand is a tensor."""
OPERATIONS = {**OF_SIZES, **FUNCTIONS}


class TensorOperation(Keras2Layer):
    """An operation on tensors by its name.

    # Example
        ```python
        from oneiros.layers import Input, TensorOperation

        x = Input(shape=(4, 6))
        TensorOperation("mean", settings={"axis": 1})(x)._keras_shape  # (None, 6)
        ```

    # Arguments
        operation: str, a name of `keras.ops`, such as `"add"`.
        operands: list, what the operation gets, with `{"input": 0}` for the first input
            of the layer, `{"slice": [start, stop, step]}` for a slice, and
            `{"operation": name, "operands": […]}` for the result of another operation;
            the inputs if None.
        settings: dict, its arguments by name.

    # Input shape
        That of the operation, or a list of them.

    # Output shape
        That of the operation.
    """

    loadable = True
    conformance = {
        "arguments": {"operation": "mean", "settings": {"axis": 1}},
        "tags": ("uses_masked_steps",),
    }
    supports_masking = True
    gives_sizes = False
    """Whether the result consists of sizes; then layers that get it compute it
    themselves."""

    def __init__(
        self,
        operation: str,
        operands: list[Any] | None = None,
        settings: Config | None = None,
        **kwargs: Unpack[LayerOptions],
    ):
        super().__init__(**kwargs)
        self.operation = check_choice(self, "operation", operation, OPERATIONS)
        self.operands = operands
        self.settings = dict(settings or {})

    def __call__(self, x, mask=None) -> Tensor:
        """Calls the layer on tensors; instead of sizes, on the tensors that have
        them."""
        tensors = to_list(x)
        sources = list(map(_source, tensors))
        is_of_sizes = self.operation in OF_SIZES and all(sources)
        self.gives_sizes = self.operation in FIRST or is_of_sizes
        if not any(sources):
            return super().__call__(x, mask)
        inputs: list[Any] = []
        standing = []
        for each, source in zip(tensors, sources):
            known, expression = source or ([each], {INPUT: 0})
            start = len(inputs)
            places = [{INPUT: start + place} for place in range(len(known))]
            standing.append(_replaced(expression, places))
            inputs += known
        self.operands = _replaced(self._operands(len(tensors)), standing)
        self.settings = _replaced(self.settings, standing)
        return super().__call__(one_or_all(inputs))

    def _operands(self, count: int) -> Any:
        """Returns the operands for a number of inputs."""
        if self.operands is not None:
            return self.operands
        inputs = [{INPUT: place} for place in range(count)]
        return [inputs] if self.operation in OF_LISTS else inputs

    def expression(self, count: int) -> Expression:
        """Returns the operation on this number of inputs, as plain data."""
        operands = self._operands(count)
        return {OPERATION: self.operation, OPERANDS: operands, SETTINGS: self.settings}

    def call(self, x, mask=None) -> Tensor:
        """Returns the result; if that is sizes, tensors that stand for them."""
        inputs = to_list(x)
        expression = self.expression(len(inputs))
        if not self.gives_sizes:
            return _result(expression, inputs, FUNCTIONS)
        sizes = _result(expression, inputs, OF_SIZES)
        count = len(sizes) if self.operation == UNSTACK else 1
        return one_or_all([K.shape(inputs[0]) for _ in range(count)])

    def get_output_shape_for(self, input_shape) -> Any:
        """Returns the shape of the result, or a list of them."""
        shapes = to_list(input_shape)
        try:
            found = [self._shapes(shapes, probe) for probe in PROBES]
        except ShapeError:  # open sizes that depend on each other
            return None
        results = [
            tuple(one if one == other else None for one, other in zip(*pair))
            for pair in zip(*found)
        ]
        return one_or_all(results)

    def _shapes(self, shapes: list[Shape], probe: int) -> list[Shape]:
        """Returns the shapes of the results if open sizes are a probe."""
        tensors = []
        for shape in shapes:
            sizes = [probe if size is None else size for size in shape]
            placeholder = K.placeholder(shape=tuple(sizes))
            tensors.append(placeholder)
        outputs = to_list(self.call(tensors))
        return list(map(K.int_shape, outputs))

    def compute_mask(self, input, mask=None) -> Tensor:
        """Returns None: masks end at operations."""
        return None

    def argument_config(self, argument: str) -> dict[str, Any]:
        """Returns an argument, which is plain data."""
        return {argument: getattr(self, argument)}


def _source(x) -> tuple[list[Any], Expression] | None:
    """Returns the tensors of which a tensor holds sizes, and the expression of those;
    None if it holds something else."""
    layer, call, place = getattr(x, "_keras_history", (None, 0, 0))
    if not isinstance(layer, TensorOperation) or not layer.gives_sizes:
        return None
    inputs = layer.inbound_nodes[call].input_tensors
    expression = layer.expression(len(inputs))
    if layer.operation == UNSTACK:
        expression = {OPERATION: "get_item", OPERANDS: [expression, place]}
    return inputs, expression


def _replaced(value, standing: list[Any]) -> Any:
    """Returns an expression with others in the place of its inputs."""
    if isinstance(value, list):
        return [_replaced(each, standing) for each in value]
    if not isinstance(value, dict):
        return value
    if INPUT in value:
        return standing[value[INPUT]]
    return {key: _replaced(each, standing) for key, each in value.items()}


def _result(
    expression: Expression, inputs: list[Any], functions: dict[str, Function]
) -> Any:
    """Returns what an expression is for the inputs."""
    operands = _value(expression[OPERANDS], inputs)
    settings = {
        name: _value(value, inputs)
        for name, value in expression.get(SETTINGS, {}).items()
    }
    return functions[expression[OPERATION]](*operands, **settings)


def _value(value, inputs: list[Any]) -> Any:
    """Returns an operand or an argument, which may hold expressions."""
    if isinstance(value, (list, tuple)):
        return [_value(each, inputs) for each in value]
    if not isinstance(value, dict):
        return value
    if INPUT in value:
        load_context.current().check_time()
        return inputs[value[INPUT]]
    if SLICE in value:
        return slice(*_value(value[SLICE], inputs))
    name = value[OPERATION]
    count_calls("an operation on sizes", COST)
    operands = _value(value[OPERANDS], inputs)
    is_of_sizes = name in OF_SIZES and _are_sizes(operands)
    if name in FIRST or is_of_sizes:
        return _result(value, inputs, OF_SIZES)
    return _result(value, inputs, FUNCTIONS)


def _are_sizes(value) -> bool:
    """Returns whether a value is a size or a list of them."""
    if isinstance(value, list):
        return all(map(_are_sizes, value))
    return value is None or isinstance(value, (int, slice)) or K.ndim(value) == 0
