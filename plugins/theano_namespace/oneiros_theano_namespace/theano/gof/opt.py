"""Rewriting of graphs, which PyTensor's own modes do; the linker of the backend leaves
it to XLA."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from pytensor.graph.rewriting import basic
from pytensor.graph.rewriting.basic import (
    EquilibriumGraphRewriter,
    GraphRewriter,
    MergeOptimizer,
    NodeRewriter,
    PatternNodeRewriter,
    SequentialGraphRewriter,
    SequentialNodeRewriter,
    SubstitutionNodeRewriter,
    node_rewriter,
)

__all__ = [
    "EquilibriumOptimizer",
    "LocalOptGroup",
    "LocalOptimizer",
    "MergeOptimizer",
    "OpSub",
    "Optimizer",
    "PatternSub",
    "SeqOptimizer",
    "local_optimizer",
]

EquilibriumOptimizer = EquilibriumGraphRewriter
LocalOptGroup = SequentialNodeRewriter
LocalOptimizer = NodeRewriter
OpSub = SubstitutionNodeRewriter
Optimizer = GraphRewriter
PatternSub = PatternNodeRewriter
SeqOptimizer = SequentialGraphRewriter


def local_optimizer(
    tracks: Sequence[Any] | None,
    inplace: bool = False,
    requirements: tuple[type, ...] = (),
) -> Callable[[Callable[[Any], Any]], Any]:
    """Makes a rewriter of a function of a node.

    # Arguments
        tracks: operations, or classes of them, whose nodes it is called with; None has
            it called with all.
        inplace: whether it makes operations that overwrite their inputs.
        requirements: features that the graph needs.

    # Returns
        A decorator. The function returns False, or new variables for the node's
        outputs.
    """

    def decorate(function: Callable[[Any], Any]) -> Any:
        @functools.wraps(function)
        def rewrite(fgraph: Any, node: Any) -> Any:
            return function(node)

        return node_rewriter(tracks, inplace, requirements)(rewrite)

    return decorate


def __getattr__(name: str) -> Any:
    return getattr(basic, name)
