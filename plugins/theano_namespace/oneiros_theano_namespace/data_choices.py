"""Inputs of a compiled function that its arguments select from data in memory.

`givens={x: data[index * 20 : (index + 1) * 20]}` has a shape that depends on the value
of `index`. Such a choice is made before the compiled function runs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytensor
from pytensor.compile.mode import Mode
from pytensor.graph.basic import Constant
from pytensor.graph.traversal import apply_ancestors, graph_inputs
from pytensor.tensor import subtensor

CHOOSING = tuple(
    getattr(subtensor, name)
    for name in ("Subtensor", "AdvancedSubtensor", "AdvancedSubtensor1")
    if hasattr(subtensor, name)
)
"""PyTensor 3.2 no longer has a separate operation for a vector of indices."""

Fetch = Callable[[Sequence[Any]], list[Any]]


def is_choice(value: Any) -> bool:
    """Returns whether a tensor is a part of data in memory that the arguments
    select."""
    nodes = list(apply_ancestors([value]))
    chooses = any(_has_variable_index(node) for node in nodes)
    return chooses and all(map(_is_of_pytensor, nodes))


def _is_of_pytensor(node: Any) -> bool:
    """Returns whether PyTensor itself computes a node, which excludes random draws."""
    return type(node.op).__module__.startswith("pytensor.")


def _has_variable_index(node: Any) -> bool:
    if not isinstance(node.op, CHOOSING):
        return False
    return any(not isinstance(index, Constant) for index in node.inputs[1:])


def fetcher(inputs: Sequence[Any], values: Sequence[Any]) -> Fetch:
    """Returns the function from the arguments to the data that they select.

    # Arguments
        inputs: variables, the arguments.
        values: tensors for which `is_choice` holds.
    """
    used = set(graph_inputs(values))
    places = [place for place, x in enumerate(inputs) if x in used]
    choose = pytensor.function(
        [inputs[place] for place in places],
        list(values),
        mode=Mode(linker="py", optimizer=None),
    )

    def fetch(arguments: Sequence[Any]) -> list[Any]:
        chosen = choose(*[arguments[place] for place in places])
        return [np.asarray(array) for array in chosen]

    return fetch
