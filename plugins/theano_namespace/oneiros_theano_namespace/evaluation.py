"""`x.eval({y: 3})` by the Theano backend.

PyTensor's own would compile with numba, and can't read variables that JAX wrote.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytensor.graph.traversal import graph_inputs
from pytensor.tensor.variable import TensorVariable

from oneiros_theano_namespace.functions import function


def evaluate(
    tensor: Any,
    inputs_to_values: Mapping[Any, Any] | None = None,
    **options: Any,
) -> Any:
    """Computes a tensor.

    # Arguments
        tensor: the tensor.
        inputs_to_values: values by variable, or by name.
        options: not used.
    """
    values = inputs_to_values or {}
    by_name = {x.name: x for x in graph_inputs([tensor]) if x.name}
    inputs = [by_name[key] if isinstance(key, str) else key for key in values]
    return function(inputs, tensor)(*values.values())


def install() -> None:
    """Gives tensors this method `eval`."""
    TensorVariable.eval = evaluate
