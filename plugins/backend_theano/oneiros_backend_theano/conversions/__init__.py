"""From PyTensor's Ops to JAX.

Covers the Ops that `K` builds, without PyTensor's own dispatch module; that module is
only used for other Ops. With it for all Ops, the first step of case d of
`benchmarks/compare.py`, compiling included, takes 1.3 times as long: 1.7 seconds of
processor time instead of 1.3 (`benchmarks/mechanisms.py conversions`).

Each module of this package has a table `MAKERS`: by the class of an Op, the function
that makes the conversion of a node. See `kinds` for what a conversion is.
"""

from __future__ import annotations

from typing import Any

from oneiros_backend_theano.conversions import (
    elementwise,
    indexing,
    products,
    reductions,
    scan,
    shapes,
)
from oneiros_backend_theano.conversions.kinds import Conversion, Maker

MAKERS: dict[type, Maker] = {
    **elementwise.MAKERS,
    **reductions.MAKERS,
    **products.MAKERS,
    **shapes.MAKERS,
    **indexing.MAKERS,
    **scan.MAKERS,
}


def conversion(node: Any) -> Conversion:
    """Returns the function that computes a node's outputs from a namespace and its
    inputs."""
    for op_class in type(node.op).__mro__:
        make = MAKERS.get(op_class)
        compute = make(node.op, node) if make else None
        if compute is not None:
            return compute
    from oneiros_backend_theano.fallback import dispatched

    fallback: Conversion = dispatched(node)
    return fallback
