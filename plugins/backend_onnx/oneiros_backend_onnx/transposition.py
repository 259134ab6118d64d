"""Transpositions: as few of them as possible.

Two in a row become one, or none. What works element by element comes before a
transposition, so that the next one may cancel it.
"""

from collections.abc import Sequence

import numpy as np

from oneiros_backend_onnx.graphs import emit, graph_in_work
from oneiros_backend_onnx.tensors import Tensor

Order = tuple[int, ...]


def transposed(x, order: Sequence[int]):
    """Puts a tensor's axes into another order."""
    order = tuple(order)
    if x.moved is not None:
        source, first = x.moved
        x = source
        order = tuple(first[axis] for axis in order)
    if order == tuple(range(len(order))):
        return x
    result = emit("Transpose", x, perm=list(order))
    if result.value is None:
        result.moved = (x, order)
    return result


def pointwise(op: str, *inputs: Tensor, **attributes):
    """Adds a node that works element by element, with broadcasting.

    # Arguments
        op: str, the operator.
        *inputs: tensors.
        **attributes: the node's attributes.
    """
    order = _order_of_all(inputs)
    if order is None:
        return emit(op, *inputs, **attributes)
    sources = [_before(x, order) for x in inputs]
    result = emit(op, *sources, **attributes)
    return transposed(result, order)


def _order_of_all(inputs: Sequence[Tensor]) -> Order | None:
    """Returns the order into which all inputs but constants were brought, None if there
    isn't one."""
    orders = set()
    others = []
    for x in inputs:
        if x.moved is None:
            others.append(x)
        else:
            _, order = x.moved
            orders.add(order)
    if len(orders) != 1:
        return None
    (order,) = orders
    rank = len(order)
    for x in others:
        if x.value is None or x.ndim > rank:
            return None
    return order


def _before(x, order: Order):
    """Returns a tensor as it is before a transposition."""
    if x.moved is not None:
        source, _ = x.moved
        return source
    if not x.ndim:
        return x
    rank = len(order)
    missing = (1,) * (rank - x.ndim)
    sizes = np.array([*missing, *x.shape], np.int64)
    target = graph_in_work().constant(sizes)
    full = emit("Reshape", x, target)
    places = [order.index(axis) for axis in range(rank)]
    return transposed(full, places)
