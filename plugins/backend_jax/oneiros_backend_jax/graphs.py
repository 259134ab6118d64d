"""What graphs of JAX hold."""

from __future__ import annotations

from typing import Any

from jax.extend.core import jaxprs_in_params

CONVOLUTION = "conv_general_dilated"


def convolves(graph: Any) -> bool:
    """Tells whether a graph holds a convolution, in a loop or a branch possibly."""
    return any(
        equation.primitive.name == CONVOLUTION or any(map(convolves, jaxprs_in_params(equation.params)))
        for equation in graph.eqns
    )
