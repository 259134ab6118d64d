"""Products of matrices."""

from __future__ import annotations

from typing import Any

import numpy as np
from oneiros_jax_support.products import transposed_product
from pytensor.tensor.blockwise import Blockwise
from pytensor.tensor.elemwise import DimShuffle
from pytensor.tensor.math import Dot

from oneiros_backend_theano.conversions.kinds import Conversion, Maker


def _dot(op: Any, node: Any) -> Conversion:
    if _is_transposed(node.inputs[0]):
        return _transposed_dot
    return lambda xp, x, y: xp.dot(x, y)


def _transposed_dot(xp: Any, x: Any, y: Any) -> Any:
    if xp is np or y.ndim != 2:
        return xp.dot(x, y)
    return transposed_product(x.T, y)


def _is_transposed(variable: Any) -> bool:
    """Returns whether a variable is another matrix, transposed."""
    node = variable.owner
    if node is None or not isinstance(node.op, DimShuffle):
        return False
    return bool(node.op.new_order == (1, 0))


def _blockwise(op: Any, node: Any) -> Conversion | None:
    if not isinstance(op.core_op, Dot):
        return None
    return lambda xp, x, y: xp.matmul(x, y)


MAKERS: dict[type, Maker] = {Dot: _dot, Blockwise: _blockwise}
