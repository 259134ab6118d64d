"""`theano.function`, compiled by the Theano backend of Oneiros."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pytensor
import pytensor.tensor as pt
from oneiros import backend as K
from oneiros_backend_theano.evaluation import is_for_pytensor
from pytensor.compile.sharedvalue import SharedVariable
from pytensor.graph.basic import Variable
from pytensor.graph.replace import clone_replace
from pytensor.graph.traversal import ancestors

from oneiros_theano_namespace.data_choices import fetcher, is_choice
from oneiros_theano_namespace.theano_backend import on_theano
from oneiros_theano_namespace.theano_function import (
    Compute,
    Function,
    In,
    Outputs,
    as_input,
)

OF_THEANO = {"DEBUG_MODE", "DEBUGMODE", "FAST_COMPILE", "FAST_RUN", "PROFILEMODE"}
"""Names of Theano's modes: all of them mean the linker of the backend."""

Pairs = list[tuple[Any, Any]]


def function(
    inputs: Sequence[Any],
    outputs: Any = None,
    mode: Any = None,
    updates: Any = None,
    givens: Any = None,
    no_default_updates: Any = False,
    accept_inplace: bool = False,
    name: str | None = None,
    rebuild_strict: bool = True,
    allow_input_downcast: bool | None = None,
    profile: Any = None,
    on_unused_input: str | None = None,
) -> Function:
    """Compiles a graph.

    # Arguments
        inputs: list of variables, or of `In`.
        outputs: None, a tensor, a list or a dict of them.
        mode: None, a name of Theano's, which all mean the linker of the backend, or a
            mode of PyTensor.
        updates: pairs of shared variables and new values, or a dict.
        givens: pairs of variables and what stands for them in the graph, or a dict.
        no_default_updates: whether to leave out `default_update` of shared variables,
            or a list of those whose to leave out.
        name: str, for messages.
        allow_input_downcast: whether fractions may be dropped where integers are taken.
        accept_inplace, rebuild_strict, profile, on_unused_input: not used.

    # Returns
        A function that takes the inputs' values, by place or by name.
    """
    arguments = [as_input(x, allow_input_downcast) for x in inputs]
    results = Outputs(outputs)
    new_values = _pairs(updates)
    roots = [*results.variables, *(new for _, new in new_values)]
    new_values += _default_updates(roots, dict(new_values), no_default_updates)
    graph = _FunctionGraph(arguments, results.variables, new_values, _pairs(givens))
    return Function(arguments, results, graph.compiled(_mode(mode)), name)


def clone(
    output: Any,
    replace: Any = None,
    strict: bool = True,
    share_inputs: bool = True,
) -> Any:
    """Copies a graph, with other variables in the place of some.

    # Arguments
        output: tensor, or list of them.
        replace: pairs of variables and what stands for them, or a dict.
        strict: whether that must have the same types.
        share_inputs: not used: inputs stay the same.
    """
    return clone_replace(output, dict(_pairs(replace)), rebuild_strict=strict)


class _FunctionGraph:
    """What a function computes, before it is compiled."""

    def __init__(
        self,
        arguments: list[In],
        outputs: list[Any],
        updates: Pairs,
        givens: Pairs,
    ) -> None:
        self.inputs = [argument.variable for argument in arguments]
        self.outputs = outputs
        self.updates = updates
        self.givens = [(old, _like(old, new)) for old, new in givens]

    def compiled(self, mode: Any) -> Compute:
        """Returns the function from the values of the inputs to the outputs'."""
        if self._is_for_pytensor():
            return self._by_pytensor(mode)
        chosen = [(old, new) for old, new in self.givens if is_choice(new)]
        if not chosen:
            compiled: Compute = self._by_backend([], mode)
            return compiled
        fetch = fetcher(self.inputs, [new for _, new in chosen])
        compute = self._by_backend([old for old, _ in chosen], mode)
        return lambda values: compute([*values, *fetch(values)])

    def _is_for_pytensor(self) -> bool:
        variables = [*self.outputs, *(new for _, new in [*self.updates, *self.givens])]
        tensors = [x for x in variables if hasattr(x, "type")]
        return is_for_pytensor([*self.inputs, *tensors])

    def _by_pytensor(self, mode: Any) -> Compute:
        compiled = pytensor.function(
            self.inputs,
            self.outputs,
            updates=self.updates,
            givens=self.givens,
            mode=mode,
            allow_input_downcast=True,
            on_unused_input="ignore",
        )
        return lambda values: list(compiled(*values))

    @on_theano
    def _by_backend(self, fetched: list[Any], mode: Any) -> Any:
        """Compiles by the Theano backend.

        # Arguments
            fetched: variables that are inputs besides those of the function.
        """
        replaced = {old: new for old, new in self.givens if old not in fetched}
        outputs = list(self.outputs)
        new_values = [new for _, new in self.updates]
        if replaced:
            tensors = [pt.as_tensor_variable(x) for x in [*outputs, *new_values]]
            copies = clone_replace(tensors, replaced, rebuild_strict=False)
            outputs = copies[: len(outputs)]
            new_values = copies[len(outputs) :]
        updated = [variable for variable, _ in self.updates]
        return K.function(
            [*self.inputs, *fetched],
            outputs,
            list(zip(updated, new_values, strict=True)),
            mode=mode,
        )


def _like(variable: Any, value: Any) -> Any:
    """Returns what stands for a variable as a tensor."""
    if isinstance(value, Variable):
        return value
    return pt.constant(value, dtype=variable.type.dtype)


def _pairs(pairs: Any) -> Pairs:
    if pairs is None:
        return []
    items: Iterable[Any] = pairs.items() if hasattr(pairs, "items") else pairs
    return [(old, new) for old, new in items]


def _default_updates(roots: list[Any], updated: dict[Any, Any], left_out: Any) -> Pairs:
    """Returns the `default_update` of shared variables that a graph reads."""
    if left_out is True:
        return []
    skipped = {*updated, *(left_out or [])}
    tensors = [x for x in roots if hasattr(x, "owner")]
    return [
        (x, x.default_update)
        for x in dict.fromkeys(ancestors(tensors))
        if isinstance(x, SharedVariable)
        and x.default_update is not None
        and x not in skipped
    ]


def _mode(mode: Any) -> Any:
    """Returns a mode for `K.function`; None for Theano's own."""
    is_theanos = isinstance(mode, str) and mode.upper() in OF_THEANO
    return None if is_theanos else mode
